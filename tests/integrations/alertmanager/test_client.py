import json
import traceback
from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.alertmanager.client import AlertmanagerClient, written
from integrations.alertmanager.models import Matcher, Silence
from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from tests.integrations.vendor import Says

TOKEN = "a-token-nobody-may-see"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SILENCE = Silence(
    matchers=(Matcher("alertname", "ApiDown"), Matcher("env", "prod|staging", is_regex=True)),
    starts_at=NOON,
    ends_at=datetime(2026, 11, 23, 15, 0, tzinfo=timezone(timedelta(hours=1))),
    created_by="alice",
    comment="known, fix on its way",
)


@pytest.fixture
async def alertmanager(vendor):
    opened = AlertmanagerClient(vendor.url, TOKEN)
    yield opened
    await opened.aclose()


async def test_alerts_are_read_as_alertmanager_holds_them(alertmanager, vendor):
    # As Alertmanager 0.25 answered, silenced.
    vendor.says(
        Says(
            json=[
                {
                    "annotations": {"summary": "API is down", "value": "0"},
                    "endsAt": "2026-11-23T20:20:40.632Z",
                    "fingerprint": "b9b64596b5b056fd",
                    "receivers": [{"name": "bot"}],
                    "startsAt": "2026-11-23T20:16:40.632Z",
                    "status": {
                        "inhibitedBy": [],
                        "silencedBy": ["b08ab8f9-35b8-4f2c-97a8-a850fa965278"],
                        "state": "suppressed",
                    },
                    "updatedAt": "2026-11-23T20:16:40.758Z",
                    "generatorURL": "http://prometheus.example:9090/graph?g0.expr=up",
                    "labels": {"alertname": "ApiDown", "severity": "critical"},
                }
            ]
        )
    )
    matchers = [Matcher("alertname", "ApiDown"), Matcher("env", "dev", is_equal=False)]
    (alert,) = await alertmanager.get_alerts(matchers=matchers, silenced=True, inhibited=False)

    assert (alert.fingerprint, alert.state) == ("b9b64596b5b056fd", "suppressed")
    assert alert.silenced_by == ("b08ab8f9-35b8-4f2c-97a8-a850fa965278",)
    assert alert.starts_at == datetime(2026, 11, 23, 20, 16, 40, 632000, tzinfo=UTC)
    assert alert.receivers == ("bot",)
    (received,) = vendor.received
    assert received.query == [
        ("filter", 'alertname="ApiDown"'),
        ("filter", 'env!="dev"'),
        ("active", "true"),
        ("silenced", "true"),
        ("inhibited", "false"),
    ]
    assert received.headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("matcher", "text"),
    [
        (Matcher("a", "b"), 'a="b"'),
        (Matcher("a", "b", is_equal=False), 'a!="b"'),
        (Matcher("a", "b.+", is_regex=True), 'a=~"b.+"'),
        (Matcher("a", "b.+", is_regex=True, is_equal=False), 'a!~"b.+"'),
        (Matcher("a", 'say "\\d"\n'), r'a="say \"\\d\"\n"'),
    ],
)
def test_a_matcher_is_written_as_alertmanager_reads_it(matcher, text):
    assert written(matcher) == text


async def test_a_silence_is_created_in_utc(alertmanager, vendor):
    vendor.says(Says(json={"silenceID": "b08ab8f9"}))
    assert await alertmanager.post_silence(SILENCE) == "b08ab8f9"
    body = json.loads(vendor.received[0].body)
    assert body == {
        "matchers": [
            {"name": "alertname", "value": "ApiDown", "isRegex": False, "isEqual": True},
            {"name": "env", "value": "prod|staging", "isRegex": True, "isEqual": True},
        ],
        "startsAt": "2026-11-23T12:00:00+00:00",
        "endsAt": "2026-11-23T14:00:00+00:00",
        "createdBy": "alice",
        "comment": "known, fix on its way",
    }


async def test_silences_of_alertmanagers_without_negative_matchers_are_read(alertmanager, vendor):
    vendor.says(
        Says(
            json=[
                {
                    "id": "b08ab8f9",
                    "status": {"state": "active"},
                    "updatedAt": "2026-11-23T20:16:41.811Z",
                    "comment": "c",
                    "createdBy": "x",
                    "endsAt": "2030-01-01T00:00:00.000Z",
                    "matchers": [{"isRegex": False, "name": "a", "value": "b"}],
                    "startsAt": "2026-11-23T20:16:41.811Z",
                }
            ]
        )
    )
    (silence,) = await alertmanager.get_silences()
    assert (silence.id, silence.state) == ("b08ab8f9", "active")
    assert silence.matchers == (Matcher("a", "b"),)


async def test_ending_a_silence_nobody_knows_is_not_found(alertmanager, vendor):
    vendor.says(Says(status=500, body=b'"silence not found"\n'))  # as 0.25 answered
    with pytest.raises(NotFound, match="silence not found"):
        await alertmanager.delete_silence("7c1c1e6e-0000-4000-8000-000000000000")


async def test_other_trouble_in_ending_a_silence_stays_trouble(alertmanager, vendor):
    vendor.says(Says(status=500, body=b'"disk full"\n'))
    with pytest.raises(Unavailable, match="disk full"):
        await alertmanager.delete_silence("7c1c1e6e-0000-4000-8000-000000000000")


async def test_a_wrong_matcher_is_refused_in_alertmanagers_words(alertmanager, vendor):
    vendor.says(Says(status=400, body=b'"bad matcher format: x{"\n'))
    with pytest.raises(Rejected, match="bad matcher format"):
        await alertmanager.get_alerts()


async def test_its_status_is_read(alertmanager, vendor):
    vendor.says(
        Says(
            json={
                "cluster": {"peers": [], "status": "disabled"},
                "uptime": "2026-11-23T20:16:38.123456789Z",
                "versionInfo": {"version": "0.25.0"},
                "config": {"original": ""},
            }
        )
    )
    status = await alertmanager.get_status()
    assert (status.version, status.cluster_status) == ("0.25.0", "disabled")
    assert status.uptime_since == datetime(2026, 11, 23, 20, 16, 38, 123456, tzinfo=UTC)


@pytest.mark.parametrize("answer", [{}, [1], [{"status": {}}], {"silenceID": None, "x": 1}, None])
@pytest.mark.parametrize("ask", ["get_alerts", "get_silences", "get_status"])
async def test_what_another_system_answers_is_not_taken_for_alertmanagers(
    alertmanager, vendor, ask, answer
):
    vendor.says(Says(body=json.dumps(answer).encode()))
    with pytest.raises(Unavailable, match="not alertmanager's"):
        await getattr(alertmanager, ask)()


async def test_a_token_never_reaches_an_error_or_its_traceback(alertmanager, vendor):
    vendor.says(Says(status=403, json={"message": f"no: {TOKEN}"}))
    with pytest.raises(Forbidden) as caught:
        await alertmanager.get_status()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
