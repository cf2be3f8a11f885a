"""Grafana alerting's webhook: proved by a token or a fresh signature, then read strictly."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.errors import InvalidSignature, Rejected
from integrations.grafana.webhook import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    WINDOW,
    may_be_proved,
    parse,
    verify,
)
from sandbox.grafana.alerting import Alerting, signature

OLD, NEW = "old-secret", "new-secret"
TOKEN = "contact-point-token"
BODY = b'{"any": "body"}'
NOW = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)


def payload(**said: Any) -> dict[str, Any]:
    alerting = Alerting(grafana_url="https://grafana.example", webhook_url="http://127.0.0.1:9/")
    return {**alerting.payload(has_data=True, started_at=NOW.timestamp()), **said}


def signed(secret: str = NEW, *, at: datetime = NOW, body: bytes = BODY) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    return {SIGNATURE_HEADER: signature(body, stamp, secret), TIMESTAMP_HEADER: stamp}


def proved(headers: Mapping[str, str], *, now: datetime = NOW) -> None:
    verify(headers, BODY, tokens=[TOKEN], secrets=[NEW, OLD], now=now)


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_any_secret_in_force_proves_it_while_its_time_stamp_is_fresh(secret: str):
    proved(signed(secret))
    proved(signed(secret), now=NOW + WINDOW)
    proved(signed(secret), now=NOW - WINDOW)


@pytest.mark.parametrize("late", [WINDOW + timedelta(seconds=1), -WINDOW - timedelta(seconds=1)])
def test_a_replay_is_refused(late: timedelta):
    with pytest.raises(Rejected, match="5 minutes off"):
        proved(signed(), now=NOW + late)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": TOKEN},
        signed("wrong"),
        signed(body=b"another"),
        {**signed(), TIMESTAMP_HEADER: str(int(NOW.timestamp()) + 1)},
        {**signed(), SIGNATURE_HEADER: ""},
        {**signed(), SIGNATURE_HEADER: "sché\udcff"},
    ],
)
def test_what_is_not_signed_by_a_secret_is_not_believed(headers: dict[str, str]):
    with pytest.raises(InvalidSignature):
        proved(headers)


@pytest.mark.parametrize("stamp", ["", "  "])
def test_a_signature_without_a_time_stamp_says_what_to_write_into_the_contact_point(stamp: str):
    with pytest.raises(Rejected, match=TIMESTAMP_HEADER):
        proved({**signed(), TIMESTAMP_HEADER: stamp})


@pytest.mark.parametrize("stamp", ["soon", "²", "9" * 40, "-1", "1e9"])
def test_a_time_stamp_that_is_none_is_old(stamp: str):
    headers = {SIGNATURE_HEADER: signature(BODY, stamp, NEW), TIMESTAMP_HEADER: stamp}

    with pytest.raises(Rejected):
        proved(headers)


def test_a_token_proves_it_as_well():
    proved({"Authorization": f"Bearer {TOKEN}"})
    may_be_proved({"Authorization": f"Bearer {TOKEN}"}, [TOKEN])
    may_be_proved(signed(), [])


def test_where_no_secret_is_held_the_token_beside_a_signature_proves_it():
    headers = {**signed(), "Authorization": f"Bearer {TOKEN}"}
    verify(headers, BODY, tokens=[TOKEN], secrets=[], now=NOW)
    with pytest.raises(InvalidSignature):
        verify(headers, BODY, tokens=[TOKEN], secrets=["another"], now=NOW)


def test_without_a_token_or_a_signature_the_body_need_not_be_read():
    with pytest.raises(InvalidSignature):
        may_be_proved({}, [TOKEN])


def test_without_any_secret_no_signature_proves_anything():
    with pytest.raises(InvalidSignature):
        verify(signed(""), BODY, tokens=[], secrets=["", ""], now=NOW)


def test_the_default_payload_is_read():
    told = parse(json.dumps(payload()).encode())

    [alert] = told.alerts
    assert (told.org_id, told.receiver, told.state) == (1, "credlink-bot", "alerting")
    assert alert.values == {"A": 0.93, "C": 1}
    assert alert.panel_url.endswith("viewPanel=7")
    assert alert.silence_url.startswith("https://grafana.example/alerting/silence/new?")
    assert alert.ends_at is None
    assert alert.starts_at == NOW


def test_a_rule_without_data_has_no_values():
    quiet = payload()
    quiet["alerts"][0]["values"] = None

    assert parse(json.dumps(quiet).encode()).alerts[0].values == {}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"[]", "no `orgId`"),
        (b'{"version": "4", "groupKey": "a", "alerts": []}', "Alertmanager"),
        (json.dumps(payload(version="2")).encode(), "version"),
        (json.dumps(payload(alerts=[])).encode(), "alerts"),
        (json.dumps(payload(groupKey=7)).encode(), "groupKey"),
        (json.dumps(payload(alerts=[{"status": "pending"}])).encode(), "alerts.0.status"),
        (json.dumps(payload(truncatedAlerts="many")).encode(), "truncatedAlerts"),
    ],
)
def test_what_is_not_grafanas_is_refused_in_words(body: bytes, says: str):
    with pytest.raises(Rejected, match=says):
        parse(body)
