"""What the maintainers' own client library does against the stand-in."""

import asyncio

import pagerduty
import pytest

from sandbox import seeds
from sandbox.clock import ManualClock
from sandbox.pagerduty import PagerDuty
from sandbox.pagerduty.documents import moment
from tests.sandbox.pagerduty.conftest import pointed_at

KEY = "5f1d" * 16


async def test_an_event_opens_an_incident_that_is_found_by_its_dedup_key(client, events):
    assert await asyncio.to_thread(events.trigger, "Errors", "prod", KEY) == KEY

    [incident] = await asyncio.to_thread(
        client.list_all, "incidents", params={"incident_key": KEY, "statuses": ["triggered"]}
    )

    assert incident["incident_key"] == KEY
    assert incident["incident_number"] == 1
    assert incident["urgency"] == "high"
    assert incident["service"]["id"] == seeds.PAGERDUTY_SERVICE_ID
    assert incident["assignments"][0]["assignee"]["id"] == seeds.CAROL.pagerduty_id
    [alert] = await asyncio.to_thread(client.list_all, f"incidents/{incident['id']}/alerts")
    assert (alert["alert_key"], alert["severity"]) == (KEY, "critical")


async def test_the_same_key_again_joins_the_open_incident_and_opens_another_once_it_is_resolved(
    client, events
):
    await asyncio.to_thread(events.trigger, "Errors", "prod", KEY)
    await asyncio.to_thread(events.trigger, "Errors", "prod", KEY)
    assert len(await asyncio.to_thread(client.list_all, "incidents")) == 1

    await asyncio.to_thread(events.acknowledge, KEY)
    await asyncio.to_thread(events.resolve, KEY)
    await asyncio.to_thread(events.trigger, "Errors", "prod", KEY)

    listed = await asyncio.to_thread(client.list_all, "incidents")
    assert [incident["status"] for incident in listed] == ["resolved", "triggered"]


async def test_whoever_acknowledges_becomes_the_assignee_and_is_in_the_log(client, events):
    await asyncio.to_thread(events.trigger, "Errors", "prod", KEY)
    [incident] = await asyncio.to_thread(client.list_all, "incidents")

    client.headers["From"] = seeds.BOB.email
    changed = await asyncio.to_thread(
        client.rput, incident, json={"type": "incident_reference", "status": "acknowledged"}
    )

    assert changed["status"] == "acknowledged"
    assert changed["acknowledgements"][0]["acknowledger"]["id"] == seeds.BOB.pagerduty_id
    assert changed["assignments"][0]["assignee"]["id"] == seeds.BOB.pagerduty_id
    assert changed["last_status_change_by"]["id"] == seeds.BOB.pagerduty_id
    log = await asyncio.to_thread(client.list_all, f"incidents/{incident['id']}/log_entries")
    assert log[0]["type"] == "acknowledge_log_entry"
    assert log[0]["agent"]["summary"] == seeds.BOB.real_name


async def test_many_incidents_change_at_once(client, events):
    for key in ("a", "b"):
        await asyncio.to_thread(events.trigger, f"Errors {key}", "prod", key)
    listed = await asyncio.to_thread(client.list_all, "incidents")

    client.headers["From"] = seeds.ALICE.email
    changed = await asyncio.to_thread(
        client.rput,
        "incidents",
        json=[{"id": i["id"], "type": "incident_reference", "status": "resolved"} for i in listed],
    )

    assert [incident["status"] for incident in changed] == ["resolved", "resolved"]


async def test_pages_are_read_to_the_last_one(client, server: PagerDuty, events):
    for number in range(30):
        server.account.trigger(key=str(number), summary="Errors", severity="warning", body={})

    listed = await asyncio.to_thread(
        lambda: list(client.iter_all("incidents", page_size=7, total=True))
    )

    assert [incident["incident_number"] for incident in listed] == list(range(1, 31))
    assert {incident["urgency"] for incident in listed} == {"low"}
    assert len(server.calls_of("list_incidents")) == 5


async def test_a_list_without_a_limit_is_a_short_page(client, server: PagerDuty):
    for number in range(30):
        server.account.trigger(key=str(number), summary="Errors", severity="error", body={})

    answer = await asyncio.to_thread(client.jget, "incidents")

    assert (len(answer["incidents"]), answer["more"], answer["total"]) == (25, True, None)


async def test_lists_are_filtered_by_status_time_and_service(
    client, server: PagerDuty, clock: ManualClock
):
    server.account.trigger(key="old", summary="Old", severity="error", body={})
    clock.advance(3600)
    new = server.account.trigger(key="new", summary="New", severity="error", body={})
    server.account.resolve(new, None)

    async def keys(**params):
        found = await asyncio.to_thread(client.list_all, "incidents", params=params)
        return [incident["incident_key"] for incident in found]

    assert await keys(statuses=["triggered", "acknowledged"]) == ["old"]
    assert await keys(statuses=["resolved"]) == ["new"]
    assert await keys(since=moment(clock.now())) == ["new"]
    assert await keys(service_ids=["PELSEWHERE"]) == []
    assert await keys(sort_by="created_at:desc") == ["new", "old"]
    clock.advance(31 * 24 * 3600)
    assert await keys() == []
    assert await keys(date_range="all") == ["old", "new"]


async def test_people_are_found_by_e_mail_and_those_without_a_seat_are_not(client):
    found = await asyncio.to_thread(client.find, "users", seeds.BOB.email, attribute="email")
    assert found["id"] == seeds.BOB.pagerduty_id
    assert await asyncio.to_thread(client.find, "users", seeds.DAVE.email, "email") is None


async def test_carol_is_on_call(client):
    [entry, second] = await asyncio.to_thread(
        client.list_all, "oncalls", params={"earliest": "true"}
    )
    assert (second["escalation_level"], second["end"]) == (2, None)
    assert entry["user"]["summary"] == seeds.CAROL.real_name
    assert entry["escalation_level"] == 1
    assert "email" not in entry["user"]
    found = await asyncio.to_thread(client.list_all, "oncalls", params={"include": ["users"]})
    assert found[0]["user"]["email"] == seeds.CAROL.email


async def test_shifts_follow_each_other_and_a_stretch_shows_the_next(client, clock: ManualClock):
    def between(since, until):
        params = {"since": at(since), "until": at(until), "schedule_ids[]": ["PSCHEDU"]}
        return asyncio.to_thread(client.list_all, "oncalls", params=params)

    def at(seconds):
        return moment(clock.now() + seconds)

    week = 7 * 24 * 3600
    first, second, third = await between(0, 2 * week)
    assert [one["user"]["summary"] for one in (first, second, third)] == [
        seeds.CAROL.real_name,
        seeds.ALICE.real_name,
        seeds.BOB.real_name,
    ]
    assert (first["end"], second["end"]) == (second["start"], third["start"])
    [later] = await between(week, week)
    assert later["start"] == second["start"]
    with pytest.raises(pagerduty.Error):
        await between(0, -1)


async def test_notes_snooze_and_responders(client, server: PagerDuty, events, clock: ManualClock):
    await asyncio.to_thread(events.trigger, "Errors", "prod", KEY)
    [incident] = server.account.incidents.values()
    client.headers["From"] = seeds.BOB.email

    await asyncio.to_thread(
        client.rpost, f"incidents/{incident.id}/notes", json={"content": "Looking."}
    )
    [note] = await asyncio.to_thread(client.rget, f"incidents/{incident.id}/notes")
    assert (note["content"], note["user"]["id"]) == ("Looking.", seeds.BOB.pagerduty_id)

    answer = await asyncio.to_thread(
        client.jpost, f"incidents/{incident.id}/snooze", json={"duration": 3600}
    )
    assert answer["incident"]["status"] == "acknowledged"
    assert answer["incident"]["pending_actions"][0]["type"] == "unacknowledge"

    answer = await asyncio.to_thread(
        client.jpost,
        f"incidents/{incident.id}/responder_requests",
        json={
            "requester_id": seeds.BOB.pagerduty_id,
            "message": "Help",
            "responder_request_targets": [
                {
                    "responder_request_target": {
                        "id": seeds.ALICE.pagerduty_id,
                        "type": "user_reference",
                    }
                }
            ],
        },
    )
    assert answer["responder_request"]["message"] == "Help"


async def test_a_change_event_is_kept_for_the_service(client, events):
    await asyncio.to_thread(
        events.send_change_event, {"summary": "v1.2.0 deployed to prod", "source": "credlink"}
    )

    [change] = await asyncio.to_thread(
        client.list_all, f"services/{seeds.PAGERDUTY_SERVICE_ID}/change_events"
    )

    assert (change["summary"], change["source"]) == ("v1.2.0 deployed to prod", "credlink")


async def test_a_wrong_token_is_told_apart_from_everything_else(server: PagerDuty):
    with (
        pointed_at(server, pagerduty.RestApiV2Client("wrong")) as client,
        pytest.raises(pagerduty.HttpError) as refused,
    ):
        await asyncio.to_thread(client.rget, "users")
    assert refused.value.response.status_code == 401
