import json
import logging
import traceback
from datetime import UTC, datetime

import pagerduty
import pytest

from integrations.errors import Forbidden, NotFound, RateLimited, Rejected, Unavailable
from integrations.pagerduty.client import LONGEST_LIST, PagerDutyClient
from tests.integrations.vendor import BAD_GATEWAY, Says

TOKEN = "a-token-nobody-may-see"
CAROL = "carol@credlink.example"
INCIDENT = {
    "id": "Q2I3WMF8PXU5DR",
    "type": "incident",
    "incident_number": 812,
    "title": "HighErrorRatio in prod",
    "created_at": "2026-11-23T10:59:00Z",
    "status": "acknowledged",
    "incident_key": "c0ffee",
    "service": {"id": "PCREDLNK", "type": "service_reference", "summary": "CredLink"},
    "assignments": [
        {
            "at": "2026-11-23T11:00:00Z",
            "assignee": {"id": "PUCAROL", "type": "user_reference", "summary": "Carol Méndez"},
        }
    ],
    "acknowledgements": [
        {
            "at": "2026-11-23T11:00:00Z",
            "acknowledger": {"id": "PUCAROL", "type": "user_reference", "summary": "Carol Méndez"},
        }
    ],
    "last_status_change_at": "2026-11-23T11:00:00Z",
    "last_status_change_by": {"id": "PUCAROL", "summary": "Carol Méndez"},
    "escalation_policy": {"id": "PESC001", "summary": "Default"},
    "urgency": "high",
    "priority": None,
    "html_url": "https://credlink.pagerduty.com/incidents/Q2I3WMF8PXU5DR",
}


@pytest.fixture
async def client(vendor):
    opened = PagerDutyClient(
        vendor.url, TOKEN, connect_timeout_s=1, read_timeout_s=0.3, deadline_s=5
    )
    yield opened
    await opened.aclose()


def refusal(status, message, *errors, code=2001, **headers):
    error = {"message": message, "code": code, "errors": list(errors)}
    return Says(status=status, json={"error": error}, headers=headers)


async def test_an_incident_is_read_as_rest_shows_it(client, vendor):
    vendor.says(Says(json={"incident": INCIDENT}))
    incident = await client.get_incident("Q2I3WMF8PXU5DR")

    assert (incident.number, incident.status, incident.urgency) == (812, "acknowledged", "high")
    assert incident.incident_key == "c0ffee"
    assert incident.priority is None
    assert [person.summary for person in incident.acknowledgers] == ["Carol Méndez"]
    assert incident.last_status_change_by.id == "PUCAROL"
    assert incident.last_status_change_at == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    (received,) = vendor.received
    assert (received.method, received.path) == ("GET", "/incidents/Q2I3WMF8PXU5DR")
    assert received.headers["Authorization"] == f"Token token={TOKEN}"


@pytest.mark.parametrize(
    ("act", "status"),
    [("acknowledge_incident", "acknowledged"), ("resolve_incident", "resolved")],
)
async def test_a_change_is_made_as_the_person_who_asked_for_it(client, vendor, act, status):
    vendor.says(Says(json={"incident": INCIDENT | {"status": status}}))
    incident = await getattr(client, act)("Q2I3WMF8PXU5DR", from_email=CAROL)

    assert incident.status == status
    (received,) = vendor.received
    assert (received.method, received.headers["From"]) == ("PUT", CAROL)
    assert json.loads(received.body) == {
        "incident": {"type": "incident_reference", "status": status}
    }


async def test_resolving_what_is_resolved_already_returns_it(client, vendor):
    vendor.says(
        refusal(400, "Invalid Input Provided", "Incident Already Resolved"),
        Says(json={"incident": INCIDENT | {"status": "resolved"}}),
    )
    incident = await client.resolve_incident("Q2I3WMF8PXU5DR", from_email=CAROL)
    assert incident.status == "resolved"


async def test_acknowledging_what_is_resolved_already_is_refused(client, vendor):
    vendor.says(refusal(400, "Invalid Input Provided", "Incident Already Resolved"))
    with pytest.raises(Rejected, match="Incident Already Resolved"):
        await client.acknowledge_incident("Q2I3WMF8PXU5DR", from_email=CAROL)


async def test_a_person_pagerduty_does_not_know_is_refused_in_its_words(client, vendor):
    vendor.says(refusal(400, "Requester User Not Found", code=1008))
    with pytest.raises(Rejected, match="Requester User Not Found"):
        await client.acknowledge_incident("Q2I3WMF8PXU5DR", from_email="dave@credlink.example")


async def test_incidents_are_looked_for_by_key_status_and_time_over_every_page(client, vendor):
    vendor.says(
        Says(json={"incidents": [INCIDENT, INCIDENT], "more": True, "limit": 2, "offset": 0}),
        Says(json={"incidents": [INCIDENT], "more": False, "limit": 2, "offset": 2}),
    )
    found = await client.list_incidents(
        since=datetime(2026, 11, 23, tzinfo=UTC),
        statuses=["triggered", "acknowledged"],
        incident_key="c0ffee",
        service_ids=["PCREDLNK"],
    )
    assert len(found) == 3
    first, second = vendor.received
    for expected in (
        ("since", "2026-11-23T00:00:00+00:00"),
        ("statuses[]", "triggered"),
        ("statuses[]", "acknowledged"),
        ("incident_key", "c0ffee"),
        ("service_ids[]", "PCREDLNK"),
    ):
        assert expected in first.query
    assert ("offset", "2") in second.query


async def test_a_list_without_end_is_not_followed_for_ever(client, vendor):
    vendor.says(Says(json={"incidents": [INCIDENT] * 100, "more": True, "limit": 100}))
    assert len(await client.list_incidents()) == LONGEST_LIST
    assert len(vendor.received) == LONGEST_LIST // 100


async def test_a_person_is_found_by_their_whole_email_whatever_its_case(client, vendor):
    users = [
        {"id": "P1", "name": "Other Carol", "email": "not-carol@credlink.example"},
        {"id": "PUCAROL", "name": "Carol Méndez", "email": "Carol@CredLink.example"},
    ]
    vendor.says(Says(json={"users": users, "more": False}))
    assert (await client.find_user_by_email(CAROL)).id == "PUCAROL"


async def test_somebody_without_a_seat_is_not_found(client, vendor):
    vendor.says(Says(json={"users": [], "more": False}))
    with pytest.raises(NotFound, match="nobody has the e-mail dave@"):
        await client.find_user_by_email("dave@credlink.example")


async def test_alerts_of_an_incident_keep_their_own_keys(client, vendor):
    alerts = [
        {"id": "A1", "alert_key": "c0ffee", "status": "triggered", "severity": "critical"},
        {"id": "A2", "alert_key": "decaf", "status": "resolved", "summary": "other"},
    ]
    vendor.says(Says(json={"alerts": alerts, "more": False, "limit": 100}))
    found = await client.list_incident_alerts("Q2I3WMF8PXU5DR")
    assert [alert.alert_key for alert in found] == ["c0ffee", "decaf"]


async def test_who_is_on_call_comes_first_level_first(client, vendor):
    def oncall(level, name):
        return {
            "user": {"id": f"PU{name}", "name": name, "email": f"{name}@credlink.example"},
            "escalation_policy": {"id": "PESC001", "summary": "Default"},
            "escalation_level": level,
            "schedule": None,
            "start": None,
            "end": None,
        }

    vendor.says(Says(json={"oncalls": [oncall(2, "bob"), oncall(1, "carol")], "more": False}))
    found = await client.list_oncalls(escalation_policy_ids=["PESC001"])
    assert [oncall.user.name for oncall in found] == ["carol", "bob"]
    assert ("include[]", "users") in vendor.received[0].query
    assert ("escalation_policy_ids[]", "PESC001") in vendor.received[0].query


async def test_shifts_of_a_stretch_of_time_are_not_only_the_earliest(client, vendor):
    since, until = datetime(2026, 11, 25, 9, tzinfo=UTC), datetime(2026, 12, 9, 9, tzinfo=UTC)
    vendor.says(Says(json={"oncalls": [], "more": False}))
    assert await client.list_oncalls(since=since, until=until) == ()
    query = dict(vendor.received[0].query)
    assert "earliest" not in query
    assert query["since"] == "2026-11-25T09:00:00+00:00"
    assert query["until"] == "2026-12-09T09:00:00+00:00"


async def test_a_service_says_whose_its_incidents_are(client, vendor):
    policy = {"id": "PESC001", "summary": "Default", "html_url": "https://pd.example/policies/1"}
    said = {"id": "PSVC001", "name": "API", "escalation_policy": policy}
    vendor.says(Says(json={"service": said}))
    found = await client.get_service("PSVC001")
    assert found.escalation_policy is not None
    assert (found.name, found.escalation_policy.summary) == ("API", "Default")
    assert vendor.received[0].path == "/services/PSVC001"


async def test_a_note_is_written_as_a_person(client, vendor):
    vendor.says(Says(status=201, json={"note": {"id": "N1", "content": "looking"}}))
    note = await client.create_note("Q2I3WMF8PXU5DR", "looking", from_email=CAROL)
    assert (note.id, note.content) == ("N1", "looking")
    assert vendor.received[0].headers["From"] == CAROL


async def test_a_subscription_pagerduty_gave_up_on_is_seen_and_enabled(client, vendor):
    subscription = {
        "id": "WSUB01",
        "active": True,
        "delivery_method": {
            "type": "http_delivery_method",
            "url": "https://bot.example/webhooks/pagerduty",
            "temporarily_disabled": True,
        },
        "events": ["incident.triggered"],
    }
    vendor.says(
        Says(json={"webhook_subscriptions": [subscription], "more": False}),
        Says(json={"webhook_subscription": subscription}),
    )
    (found,) = await client.list_webhook_subscriptions()
    assert found.temporarily_disabled
    await client.enable_webhook_subscription(found.id)
    assert vendor.received[-1].path == "/webhook_subscriptions/WSUB01/enable"


async def test_the_library_does_not_wait_out_a_rate_limit(client, vendor):
    vendor.says(refusal(429, "Rate Limit Exceeded", code=2020, **{"ratelimit-reset": "30"}))
    with pytest.raises(RateLimited) as caught:
        await client.get_incident("Q2I3WMF8PXU5DR")
    assert caught.value.retry_after_s == 30
    assert len(vendor.received) == 1


@pytest.mark.parametrize(
    ("says", "means"),
    [
        (refusal(401, "Unauthorized"), Forbidden),
        (refusal(402, "Account does not have the abilities"), Forbidden),
        (refusal(403, "Access Denied"), Forbidden),
        (refusal(404, "Not Found", code=2100), NotFound),
        (refusal(500, "Internal Server Error"), Unavailable),
        (BAD_GATEWAY, Unavailable),
        (Says(status=302, headers={"Location": "https://elsewhere.example"}), Rejected),
        (Says(cut=True), Unavailable),
        (Says(never=True), Unavailable),
        (Says(body=b"<html>hello</html>", content_type="text/html"), Unavailable),
        (Says(json={"something": "else"}), Unavailable),
        (Says(json={"incident": {"id": "Q1"}}), Unavailable),
    ],
)
async def test_trouble_has_its_place_in_the_family_after_one_attempt(
    client, vendor, says, means, caplog
):
    caplog.set_level(logging.CRITICAL, logger="pagerduty")
    vendor.says(says)
    with pytest.raises(means) as caught:
        await client.get_incident("Q2I3WMF8PXU5DR")
    assert type(caught.value) is means
    assert len(vendor.received) == 1


async def test_nobody_listening_is_unavailable_at_once():
    client = PagerDutyClient("http://127.0.0.1:9", TOKEN)
    with pytest.raises(Unavailable, match="refused"):
        await client.get_incident("Q2I3WMF8PXU5DR")
    await client.aclose()


async def test_a_token_never_reaches_an_error_its_traceback_or_a_log(client, vendor, caplog):
    caplog.set_level(logging.DEBUG, logger="pagerduty")
    vendor.says(refusal(401, f"bad token {TOKEN}"))
    with pytest.raises(Forbidden) as caught:
        await client.get_incident("Q2I3WMF8PXU5DR")
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert TOKEN not in told
    assert TOKEN[-4:] not in told  # the library's own words end with a piece of it


def test_only_this_machine_is_spoken_to_without_a_certificate():
    with pytest.raises(pagerduty.UrlError, match="https"):
        PagerDutyClient("http://api.pagerduty.com", TOKEN)
