"""What is asked for a person: the calls as PagerDuty documents them, and what it answers."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.models import Reference
from tests.integrations.pagerduty.test_client import CAROL, INCIDENT, TOKEN, refusal
from tests.integrations.vendor import BAD_GATEWAY, Says

ID = INCIDENT["id"]
BOB = {"id": "PUBOB", "type": "user_reference", "summary": "Bob"}


@pytest.fixture
async def client(vendor):
    opened = PagerDutyClient(
        vendor.url, TOKEN, connect_timeout_s=1, read_timeout_s=0.3, deadline_s=5
    )
    yield opened
    await opened.aclose()


@pytest.mark.parametrize(
    ("act", "argument", "changes"),
    [
        ("escalate_incident", 2, {"escalation_level": 2}),
        ("set_priority", "PP1", {"priority": {"id": "PP1", "type": "priority_reference"}}),
    ],
)
async def test_an_incident_is_changed_as_the_person(client, vendor, act, argument, changes):
    vendor.says(Says(json={"incident": INCIDENT}))

    assert (await getattr(client, act)(ID, argument, from_email=CAROL)).number == 812

    (received,) = vendor.received
    assert (received.method, received.path) == ("PUT", f"/incidents/{ID}")
    assert received.headers["From"] == CAROL
    assert json.loads(received.body) == {"incident": {"type": "incident_reference", **changes}}


@pytest.mark.parametrize(
    ("length", "seconds"),
    [
        (timedelta(hours=4), 14_400),
        (timedelta(seconds=90.6), 91),
        (timedelta(seconds=-5), 1),
        (timedelta(days=30), 7 * 86_400),
    ],
)
async def test_snoozing_takes_whole_seconds_within_pagerdutys_limits(
    client, vendor, length, seconds
):
    pending = [
        {"type": "resolve", "at": "2026-11-23T12:00:00Z"},
        {"type": "unacknowledge", "at": "2026-11-23T15:00:00Z"},
    ]
    vendor.says(Says(status=201, json={"incident": INCIDENT | {"pending_actions": pending}}))

    incident = await client.snooze_incident(ID, length, from_email=CAROL)

    assert incident.triggers_again_at == datetime(2026, 11, 23, 15, tzinfo=UTC)
    (received,) = vendor.received
    assert (received.path, json.loads(received.body)) == (
        f"/incidents/{ID}/snooze",
        {"duration": seconds},
    )


async def test_a_responder_is_asked_to_join_and_the_incident_tells_of_it(client, vendor):
    asked = {
        "requester": {"id": "PUCAROL", "type": "user_reference"},
        "requested_at": "2026-11-23T11:05:00Z",
        "responder_request_targets": [{"responder_request_target": BOB}],
    }
    vendor.says(
        Says(status=201, json={"responder_request": asked}),
        Says(json={"incident": INCIDENT | {"responder_requests": [asked]}}),
    )

    await client.request_responder(
        ID,
        Reference("PUBOB", type="user_reference"),
        message="help",
        requester_id="PUCAROL",
        from_email=CAROL,
    )

    (received,) = vendor.received
    assert json.loads(received.body) == {
        "requester_id": "PUCAROL",
        "message": "help",
        "responder_request_targets": [
            {"responder_request_target": {"id": "PUBOB", "type": "user_reference"}}
        ],
    }
    [request] = (await client.get_incident(ID)).responder_requests
    assert (request.requester_id, request.target_ids) == ("PUCAROL", {"PUBOB"})
    assert request.requested_at == datetime(2026, 11, 23, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        (refusal(402, "Account does not have the abilities"), Forbidden, "the abilities"),
        (refusal(400, "Invalid Input Provided", "Incident Already Resolved"), Rejected, "Already"),
        (refusal(404, "Not Found"), NotFound, "Not Found"),
        (BAD_GATEWAY, Unavailable, "a web page"),
    ],
)
async def test_why_nobody_was_asked_is_told_apart(client, vendor, said, error, words):
    vendor.says(said)
    with pytest.raises(error, match=words):
        await client.request_responder(
            ID,
            Reference("P1", type="user_reference"),
            message="",
            requester_id="",
            from_email=CAROL,
        )


async def test_a_policy_is_read_level_by_level(client, vendor):
    policy = {
        "id": "PESC001",
        "type": "escalation_policy",
        "name": "Default",
        "escalation_rules": [
            {"escalation_delay_in_minutes": 15, "targets": [{"id": "PS1", "summary": "Weekly"}]},
            {"escalation_delay_in_minutes": 30, "targets": [BOB, {"id": None}]},
        ],
    }
    vendor.says(
        Says(json={"escalation_policy": policy}),
        Says(json={"escalation_policies": [policy], "more": False}),
    )

    read = await client.get_escalation_policy("PESC001")

    assert read.name == "Default"
    assert [(one.level, one.delay_min) for one in read.levels] == [(1, 15), (2, 30)]
    assert [one.summary for one in read.levels[1].targets] == ["Bob"]
    assert await client.list_escalation_policies() == (read,)


async def test_notes_priorities_people_and_history_are_read(client, vendor):
    since = datetime(2026, 11, 23, 11, tzinfo=UTC)
    vendor.says(
        Says(json={"notes": [{"id": "N1", "content": "x", "user": BOB}, {"id": "N2"}]}),
        Says(json={"priorities": [{"id": "PP1", "name": "P1", "description": None}]}),
        Says(json={"users": [{"id": "PUBOB", "name": "Bob", "email": "bob@x"}], "more": False}),
        Says(
            json={
                "log_entries": [{"id": "L1", "type": "escalate_log_entry", "agent": BOB}],
                "more": False,
            }
        ),
    )

    first, second = await client.list_notes(ID)
    assert (first.content, first.user.id, second.user) == ("x", "PUBOB", None)
    [priority] = await client.list_priorities()
    assert (priority.id, priority.name, priority.description) == ("PP1", "P1", "")
    assert [user.name for user in await client.list_users()] == ["Bob"]
    [entry] = await client.list_log_entries(ID, since=since)
    assert (entry.type, entry.agent.id) == ("escalate_log_entry", "PUBOB")
    assert dict(vendor.received[-1].query)["since"] == "2026-11-23T11:00:00+00:00"


async def test_when_an_incident_changed_last_is_the_later_of_what_rest_says(client, vendor):
    vendor.says(
        Says(json={"incident": INCIDENT | {"updated_at": "2026-11-23T11:30:00Z"}}),
        Says(json={"incident": INCIDENT}),
    )
    assert (await client.get_incident(ID)).changed_at == datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
    assert (await client.get_incident(ID)).changed_at == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
