import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.alertmanager.webhook import parse, verify
from integrations.errors import InvalidSignature, Rejected

RECORDED = (Path(__file__).parent / "payload.json").read_bytes()
"""What Alertmanager 0.25 sent, but for the names of machines."""


def a_payload(**fields):
    return json.dumps(json.loads(RECORDED) | fields).encode()


def an_alert(**fields):
    return json.loads(RECORDED)["alerts"][0] | fields


def basic(credentials):
    return "Basic " + base64.b64encode(credentials.encode()).decode()


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer now",
        "bearer now",
        "Bearer  now ",
        "Bearer next",
        basic("alertmanager:now"),
        basic(":now"),
    ],
)
def test_a_token_in_force_is_proof(authorization):
    verify(authorization, ["next", "now"])


@pytest.mark.parametrize(
    ("authorization", "tokens"),
    [
        ("", ["now"]),
        ("Bearer", ["now"]),
        ("Bearer ", [""]),
        ("Bearer now", []),
        ("Bearer later", ["now"]),
        ("Bearer no", ["now"]),
        ("now", ["now"]),
        ("Digest now", ["now"]),
        ("Basic now", ["now"]),
        ("Basic !!", ["now"]),
        (basic("now"), ["now"]),
        (basic("now:other"), ["now"]),
        ("Bearer \udce9é", ["now"]),  # bytes that are no text, as aiohttp passes them on
        ("Basic \udce9", ["now"]),
    ],
)
def test_anything_else_is_none(authorization, tokens):
    with pytest.raises(InvalidSignature):
        verify(authorization, tokens)


def test_a_payload_as_alertmanager_sent_it_is_read():
    notification = parse(RECORDED)
    assert notification.group_key == (
        '{}:{alertname="ApiDown", env="prod", service="credlink-api"}'
    )
    assert (notification.receiver, notification.status) == ("bot", "firing")
    assert notification.group_labels["service"] == "credlink-api"
    assert notification.notification_reason is None
    assert not notification.is_repeat
    assert notification.external_url == "http://alertmanager.example:9093"
    (alert,) = notification.alerts
    assert alert.fingerprint == "b9b64596b5b056fd"
    assert alert.labels["severity"] == "critical"
    assert alert.annotations["value"] == "0"
    assert alert.starts_at == datetime(2026, 11, 23, 20, 16, 40, 632000, tzinfo=UTC)
    assert alert.ends_at is None
    assert "g0.expr=up" in alert.generator_url


def test_a_resolved_alert_has_an_end_in_utc():
    ended = an_alert(
        status="resolved",
        startsAt="2026-11-23T20:16:40.632912345+01:00",
        endsAt="2026-11-23T21:16:40.632912345+01:00",
    )
    (alert,) = parse(a_payload(status="resolved", alerts=[ended])).alerts
    assert alert.ends_at == datetime(2026, 11, 23, 20, 16, 40, 632912, tzinfo=UTC)
    assert alert.starts_at.tzinfo is UTC


def test_fields_of_newer_alertmanagers_are_read_or_passed_over():
    notification = parse(
        a_payload(notification_reason="repeat interval elapsed", routeLabels={}, tomorrow=1)
    )
    assert notification.is_repeat


def test_maps_that_go_leaves_out_are_empty():
    notification = parse(
        a_payload(
            groupLabels=None,
            commonLabels=None,
            commonAnnotations=None,
            alerts=[an_alert(annotations=None)],
        )
    )
    assert (notification.common_labels, notification.alerts[0].annotations) == ({}, {})


def test_a_cut_payload_says_how_many_alerts_are_missing():
    assert parse(a_payload(truncatedAlerts=7)).truncated_alerts == 7


@pytest.mark.parametrize("version", ["3", "5", 4, None, "x" * 10_000])
def test_another_version_is_refused_with_what_this_bot_reads(version):
    with pytest.raises(Rejected, match="this bot reads version '4' only") as caught:
        parse(a_payload(version=version))
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "no `version`"),
        (b"null", "no `version`"),
        (b'{"hello": "there"}', "no `version`"),
        (b'{"version": "4"}', "groupKey: Field required"),
        (a_payload(alerts=[]), "alerts: Tuple should have at least 1 item"),
        (a_payload(alerts=[an_alert(startsAt="yesterday")]), r"alerts\.0\.startsAt"),
        (a_payload(alerts=[an_alert(startsAt="2026-11-23T20:16:40")]), r"alerts\.0\.startsAt"),
        (
            a_payload(alerts=[an_alert(startsAt="0001-01-01T00:00:00+14:00")]),
            "there is no such moment in UTC",
        ),
        (a_payload(alerts=[an_alert(labels={"a": 1})]), r"alerts\.0\.labels\.a"),
        (a_payload(status="pending"), "status"),
    ],
)
def test_a_broken_payload_is_refused_with_the_place_that_is_wrong(body, complaint):
    with pytest.raises(Rejected, match=complaint):
        parse(body)


def test_a_notification_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        parse(RECORDED).status = "resolved"
