"""What the stand-in lets people do with an incident, what it refuses, and what it tells of it."""

import pytest

from sandbox.pagerduty import PagerDuty
from sandbox.pagerduty.account import MOST_NOTES, USERS
from sandbox.pagerduty.webhooks import EVENT_TYPES

ALICE, BOB, CAROL = USERS
FROM_BOB = {"From": BOB.email}
POLICY = {"id": "PEPDATA", "type": "escalation_policy_reference"}


@pytest.fixture
async def incident(server: PagerDuty):
    return server.account.trigger(key="k", summary="Errors", severity="error", body={})


def told(server: PagerDuty) -> list[str]:
    return [event["event"]["event_type"] for event in server.told]


async def test_escalating_calls_the_next_level_and_triggers_again_what_was_acknowledged(
    api, server, incident
):
    server.account.acknowledge(incident, CAROL)
    change = {"incident": {"type": "incident_reference", "escalation_level": 2}}

    response = await api.put(f"/incidents/{incident.id}", json=change, headers=FROM_BOB)

    after = (await response.json())["incident"]
    assert (response.status, after["status"]) == (200, "triggered")
    assert [one["assignee"]["id"] for one in after["assignments"]] == [BOB.id]
    assert after["acknowledgements"] == []
    assert told(server)[-1] == "incident.escalated"
    assert incident.log[-1].kind == "escalate"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"escalation_level": 3}, "level 3 is not in the escalation policy"),
        ({"escalation_level": 0}, "must be a positive integer"),
        ({"escalation_level": "two"}, "must be a positive integer"),
        (
            {"escalation_level": 2, "assignments": [{"assignee": {"id": ALICE.id}}]},
            "cannot be changed together",
        ),
    ],
)
async def test_an_escalation_that_makes_no_sense_is_refused(api, incident, changes, words):
    change = {"incident": {"type": "incident_reference", **changes}}
    response = await api.put(f"/incidents/{incident.id}", json=change, headers=FROM_BOB)

    assert response.status == 400
    assert words in str(await response.json())
    assert incident.assignments[0].user == CAROL


async def test_a_policy_asked_to_join_calls_whoever_is_on_call_for_it(api, server, incident):
    body = {
        "requester_id": BOB.id,
        "message": "help",
        "responder_request_targets": [{"responder_request_target": POLICY}],
    }

    response = await api.post(
        f"/incidents/{incident.id}/responder_requests", json=body, headers=FROM_BOB
    )

    assert response.status == 201
    data = server.told[-1]["event"]["data"]
    assert (data["user"]["id"], data["escalation_policy"]["id"]) == (CAROL.id, "PEPDATA")
    read = (await (await api.get(f"/incidents/{incident.id}")).json())["incident"]
    [asked] = read["responder_requests"]
    target = asked["responder_request_targets"][0]["responder_request_target"]
    assert (asked["requester"]["id"], target["id"]) == (BOB.id, "PEPDATA")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"id": "PEPDATA"}, "a user_reference or an escalation_policy_reference"),
        ({"id": "PX", "type": "user_reference"}, "User PX not found"),
        ({"id": "PX", "type": "escalation_policy_reference"}, "Escalation policy PX not found"),
    ],
)
async def test_nobody_is_asked_to_join_who_is_not_there(api, incident, target, words):
    body = {
        "requester_id": BOB.id,
        "message": "help",
        "responder_request_targets": [{"responder_request_target": target}],
    }
    path = f"/incidents/{incident.id}/responder_requests"
    response = await api.post(path, json=body, headers=FROM_BOB)

    assert response.status == 400
    assert words in str(await response.json())
    assert incident.responder_requests == []


async def test_a_resolved_incident_takes_a_note_and_nothing_else(api, server, incident):
    server.account.resolve(incident, BOB)
    body = {
        "requester_id": BOB.id,
        "message": "help",
        "responder_request_targets": [{"responder_request_target": POLICY}],
        "duration": 60,
        "note": {"content": "it was the pool"},
    }
    refused = [
        await api.post(f"/incidents/{incident.id}/{act}", json=body, headers=FROM_BOB)
        for act in ("snooze", "responder_requests")
    ]
    noted = await api.post(f"/incidents/{incident.id}/notes", json=body, headers=FROM_BOB)

    assert [one.status for one in refused] == [400, 400]
    assert all(["Already Resolved" in await one.text() for one in refused])
    assert noted.status == 201


async def test_an_incident_has_room_for_two_thousand_notes(api, server, incident):
    for number in range(MOST_NOTES):
        server.account.annotate(incident, str(number), BOB)
    body = {"note": {"content": "one more"}}

    response = await api.post(f"/incidents/{incident.id}/notes", json=body, headers=FROM_BOB)

    assert response.status == 400
    assert "limit of 2000 notes" in await response.text()


async def test_policies_have_their_levels_and_are_found_by_a_part_of_the_name(api):
    one = await (await api.get("/escalation_policies/PEPCRED")).json()
    rules = one["escalation_policy"]["escalation_rules"]
    found = await (await api.get("/escalation_policies", params={"query": "DATA"})).json()

    assert [rule["targets"][0]["summary"] for rule in rules] == ["CredLink weekly", BOB.name]
    assert [policy["id"] for policy in found["escalation_policies"]] == ["PEPDATA"]
    assert (await api.get("/escalation_policies/PNONE")).status == 404


async def test_people_set_a_priority_and_publish_an_update_on_the_page(api, server, incident):
    for act in ({"act": "priority", "priority": "PPRIOR1"}, {"act": "update", "note": "a fix"}):
        form = {"user": BOB.id, **act}
        done = await api.post(f"/incidents/{incident.id}/act", data=form, allow_redirects=False)
        assert done.status == 303

    assert told(server)[1:] == ["incident.priority_updated", "incident.status_update_published"]
    assert server.told[-1]["event"]["data"]["message"] == "a fix"
    page = await api.get(f"/incidents/{incident.id}", headers={"Accept": "text/html"})
    assert page.status == 200
    assert incident.priority is not None
    assert incident.priority.name == "P1"


async def test_what_is_said_of_an_incident_otherwise_names_it(server, incident):
    server.account.say("incident.workflow.started", incident, {"summary": "Open a bridge"})

    event = server.told[-1]["event"]
    assert event["event_type"] in EVENT_TYPES
    assert event["data"]["incident"]["id"] == incident.id
    assert event["agent"] is None
