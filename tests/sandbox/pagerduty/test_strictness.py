"""The stand-in refuses what PagerDuty refuses, in PagerDuty's words."""

import aiohttp
import pytest

from sandbox import seeds
from sandbox.pagerduty import PagerDuty
from sandbox.pagerduty.account import USERS
from sandbox.standin import Fault

ALICE, BOB, CAROL = USERS
FROM_BOB = {"From": BOB.email}


async def the_error(response: aiohttp.ClientResponse) -> dict:
    return (await response.json())["error"]


@pytest.mark.parametrize("authorization", [None, "Token token=wrong", seeds.PAGERDUTY_TOKEN])
async def test_without_the_token_there_is_nothing(server: PagerDuty, authorization):
    headers = {"Authorization": authorization} if authorization else {}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        response = await session.get("/incidents")
    assert response.status == 401
    assert (await the_error(response))["code"] == 2006


async def test_an_unknown_route_is_not_found(api, server: PagerDuty):
    response = await api.get("/incident")
    assert response.status == 404
    assert await the_error(response) == {"message": "Not Found", "code": 2100}
    assert server.calls_of("unknown")


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, 2001), ({"From": seeds.DAVE.email}, 1008), ({"From": "nobody@elsewhere.example"}, 1008)],
)
async def test_only_a_user_of_the_account_may_change_an_incident(
    api, server: PagerDuty, headers, code
):
    incident = server.account.trigger(key="k", summary="Errors", severity="error", body={})
    for method, path in (
        ("PUT", f"/incidents/{incident.id}"),
        ("PUT", "/incidents"),
        ("POST", f"/incidents/{incident.id}/notes"),
        ("POST", f"/incidents/{incident.id}/snooze"),
        ("POST", f"/incidents/{incident.id}/responder_requests"),
    ):
        response = await api.request(
            method,
            path,
            headers=headers,
            json={"incident": {"type": "incident", "status": "acknowledged"}},
        )
        assert (response.status, (await the_error(response))["code"]) == (400, code), path
    assert incident.status == "triggered"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b"{}", "under the key 'incident'"),
        (b'{"incident": {"status": "acknowledged"}}', "Type must be"),
        (b'{"incident": {"type": "incident", "status": "acked"}}', "Status must be"),
        (b'{"incident": {"type": "incident", "urgency": "huge"}}', "Urgency must be"),
        (b'{"incident": {"type": "incident", "priority": {"id": "P9"}}}', "Priority P9 not found"),
        (
            b'{"incident": {"type": "incident", "assignments": [{"assignee": {"id": "PX"}}]}}',
            "User PX not found",
        ),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(api, server: PagerDuty, body, words):
    incident = server.account.trigger(key="k", summary="Errors", severity="error", body={})
    response = await api.put(f"/incidents/{incident.id}", data=body, headers=FROM_BOB)
    error = await the_error(response)
    assert (response.status, error["code"]) == (400, 2001)
    assert error["message"] == "Invalid Input Provided"
    assert words in error["errors"][0]


async def test_what_is_resolved_stays_so_until_it_is_reopened(api, server: PagerDuty):
    incident = server.account.trigger(key="k", summary="Errors", severity="error", body={})
    server.account.resolve(incident, CAROL)
    path = f"/incidents/{incident.id}"

    for status in ("acknowledged", "resolved"):
        body = {"incident": {"type": "incident", "status": status}}
        response = await api.put(path, json=body, headers=FROM_BOB)
        assert (await the_error(response))["errors"] == ["Incident Already Resolved"]

    body = {"incident": {"type": "incident", "status": "triggered"}}
    response = await api.put(path, json=body, headers=FROM_BOB)
    assert (await response.json())["incident"]["status"] == "triggered"


async def test_one_mistake_among_many_changes_changes_nothing(api, server: PagerDuty):
    first, second = (
        server.account.trigger(key=key, summary="Errors", severity="error", body={})
        for key in ("a", "b")
    )
    server.account.resolve(second, CAROL)
    items = [
        {"id": incident.id, "type": "incident_reference", "status": "resolved"}
        for incident in (first, second)
    ]
    response = await api.put("/incidents", json={"incidents": items}, headers=FROM_BOB)
    assert response.status == 400
    assert first.status == "triggered"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("statuses=triggered", "Unknown parameter 'statuses'"),
        ("limit=many", "Limit must be a number"),
        ("limit=0", "Limit must be at least 1"),
        ("offset=9990&limit=100", "must not exceed 10000"),
        ("sort_by=mood", "sort_by must be"),
        ("since=yesterday", "Since must be"),
    ],
)
async def test_a_list_asked_for_wrongly_says_what_is_wrong(api, server: PagerDuty, query, words):
    server.account.trigger(key="k", summary="Errors", severity="error", body={})
    response = await api.get(f"/incidents?{query}")
    assert response.status == 400
    assert words in (await the_error(response))["errors"][0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"routing_key": ""}, "'routing_key' is missing"),
        ({"routing_key": "x" * 32}, "Invalid routing key"),
        ({"event_action": "ack"}, "'event_action' must be"),
        ({"dedup_key": "k" * 256}, "'dedup_key' must be"),
        ({"event_action": "resolve", "dedup_key": None}, "'dedup_key' is missing"),
        ({"payload": None}, "'payload' is missing"),
        ({"payload": {"source": "x", "severity": "error"}}, "'payload.summary' is missing"),
        ({"payload": {"summary": "x" * 1025}}, "exceeds 1024"),
        ({"payload": {"summary": "x", "severity": "error"}}, "'payload.source' is missing"),
        ({"payload": {"summary": "x", "source": "x", "severity": "sev1"}}, "severity' must be"),
    ],
)
async def test_an_event_that_makes_no_sense_is_refused(api, server: PagerDuty, changes, words):
    event = {
        "routing_key": seeds.PAGERDUTY_ROUTING_KEY,
        "event_action": "trigger",
        "dedup_key": "k",
        "payload": {"summary": "Errors", "source": "prod", "severity": "critical"},
    }
    response = await api.post("/v2/enqueue", json=event | changes)
    answer = await response.json()
    assert (response.status, answer["status"]) == (400, "invalid event")
    assert words in answer["errors"][0]
    assert not server.account.incidents


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"routing_key": "R0" + "0" * 30}, "Invalid routing key"),
        ({"payload": {"source": "credlink"}}, "'payload.summary' is missing"),
        ({"payload": {"summary": "x", "severity": "info"}}, "Unknown fields: severity"),
        ({"payload": {"summary": "x", "timestamp": "now"}}, "'payload.timestamp' must be"),
        ({"payload": {"summary": "x", "custom_details": "v1"}}, "'payload.custom_details' must"),
        ({"dedup_key": "k"}, "Unknown fields: dedup_key"),
        ({"links": [{"url": "https://credlink.example"}]}, "'links' must be a list"),
    ],
)
async def test_a_change_event_that_makes_no_sense_is_refused(api, server, changes, words):
    event = {"routing_key": seeds.PAGERDUTY_ROUTING_KEY, "payload": {"summary": "v1.2.0 → prod"}}
    response = await api.post("/v2/change/enqueue", json=event | changes)
    assert response.status == 400
    assert words in (await response.json())["errors"][0]
    assert not server.account.changes


async def test_a_change_event_is_dated_recorded_and_on_the_page(api, server: PagerDuty):
    event = {
        "routing_key": seeds.PAGERDUTY_ROUTING_KEY,
        "payload": {"summary": "v1.2.0 → <prod>", "timestamp": "2026-11-25T10:11:12Z"},
        "links": [{"href": "https://slack.example/p1", "text": "The card"}],
    }
    assert (await api.post("/v2/change/enqueue", json=event)).status == 202
    (call,) = server.calls_of("enqueue_change")
    assert call.arguments["body"] == event
    async with aiohttp.ClientSession(server.url, headers={"Accept": "text/html"}) as browser:
        page = await (await browser.get("/incidents")).text()
    assert "10:11:12 UTC v1.2.0 → &lt;prod&gt;" in page
    assert '<a href="https://slack.example/p1">The card</a>' in page


async def test_an_event_for_a_key_nobody_knows_is_accepted_and_does_nothing(api, server: PagerDuty):
    event = {"routing_key": seeds.PAGERDUTY_ROUTING_KEY, "event_action": "resolve"}
    response = await api.post("/v2/enqueue", json=event | {"dedup_key": "unknown"})
    assert response.status == 202
    assert not server.account.incidents


async def test_too_many_calls_in_a_minute_are_refused(api, clock):
    headers: list[str] = []
    for _ in range(3):
        response = await api.get("/users")
        headers.append(response.headers["ratelimit-remaining"])
    assert headers == ["959", "958", "957"]
    for _ in range(957):
        await api.get("/users")
    refused = await api.get("/users")
    assert (refused.status, (await the_error(refused))["code"]) == (429, 2020)

    clock.advance(60)
    assert (await api.get("/users")).status == 200


async def test_a_fault_strikes_the_calls_it_names_and_no_others(api, server: PagerDuty):
    server.faults.append(Fault("list_users", times=1, status=502, body="<html>Bad gateway</html>"))
    assert (await api.get("/oncalls")).status == 200
    assert (await api.get("/users")).status == 502
    assert (await api.get("/users")).status == 200


async def test_a_connection_cut_after_the_effect_leaves_the_effect(api, server: PagerDuty):
    incident = server.account.trigger(key="k", summary="Errors", severity="error", body={})
    server.faults.append(Fault("create_incident_note", drop="after"))
    with pytest.raises(aiohttp.ClientError):
        await api.post(
            f"/incidents/{incident.id}/notes",
            json={"note": {"content": "Looking."}},
            headers=FROM_BOB,
        )
    assert [note.content for note in incident.notes] == ["Looking."]
    [call] = server.calls_of("create_incident_note")
    assert call.arguments["From"] == BOB.email


async def test_a_person_acknowledges_on_the_page(server: PagerDuty):
    incident = server.account.trigger(key="k", summary="<b>Errors</b>", severity="error", body={})
    async with aiohttp.ClientSession(server.url, headers={"Accept": "text/html"}) as browser:
        for path in ("/", "/incidents", f"/incidents/{incident.id}"):
            page = await (await browser.get(path)).text()
            assert "&lt;b&gt;Errors" in page
            assert "<b>Errors" not in page
        response = await browser.post(
            f"/incidents/{incident.id}/act", data={"user": CAROL.id, "act": "acknowledge"}
        )
        assert f"{CAROL.name} at" in await response.text()
        assert incident.status == "acknowledged"
        await browser.post(f"/incidents/{incident.id}/act", data={"user": BOB.id, "act": "resolve"})
        again = await browser.post(
            f"/incidents/{incident.id}/act", data={"user": BOB.id, "act": "resolve"}
        )
        assert again.status == 409
        assert (await browser.get("/incidents/QNOTHERE")).status == 404
    assert not server.calls
