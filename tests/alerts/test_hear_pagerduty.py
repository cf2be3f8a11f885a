"""Every event PagerDuty documents: the card changes, or its thread says so, or neither."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from bot import metrics
from bot.engine import Engine
from bot.storage import inbox, incidents
from bot.world import World
from integrations.pagerduty.webhook import EVENT_TYPES
from sandbox.clock import ManualClock
from sandbox.pagerduty import PagerDuty
from sandbox.pagerduty.account import POLICIES, PRIORITIES, USERS
from sandbox.pagerduty.records import Incident
from tests.alerts.responding.desk import Desk
from tests.alerts.test_receive import Bench

ALICE, BOB, CAROL = USERS
EVERY_ODD_VALUE: tuple[Any, ...] = (None, 7, "x", [1], {"id": 3}, [{"x": None}], True)


@pytest.fixture
def clock() -> ManualClock:
    """PagerDuty's clock."""
    return ManualClock(time.time())


@pytest.fixture
async def pagerduty(clock: ManualClock) -> AsyncIterator[PagerDuty]:
    server = PagerDuty(clock=clock)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def desk(world: World, pagerduty: PagerDuty) -> Desk:
    """Nobody asks anything of PagerDuty here, so no engine is started."""
    return Desk(world, cast(Engine, None), pagerduty)


@pytest.fixture
def bench(sqlite) -> Bench:
    return Bench(sqlite)


def do(pagerduty: PagerDuty, incident: Incident, event_type: str, data: dict[str, Any]) -> None:
    pagerduty.account.say(event_type, incident, data, BOB)


@pytest.mark.parametrize(
    ("event_type", "data", "entry"),
    [
        (
            "incident.status_update_published",
            {"type": "incident_status_update", "id": "PSU", "message": "A fix is\non its way"},
            "Status update of PagerDuty #1 by Bob Lindqvist:\n> A fix is\n> on its way",
        ),
        (
            "incident.responder.added",
            {"user": {"id": "PX", "summary": "Eve <@U1>"}, "message": "", "state": "pending"},
            "PagerDuty #1: Eve &lt;@U1&gt; was asked to join by Bob Lindqvist",
        ),
        (
            "incident.responder.replied",
            {"user": {"id": "PX", "summary": "Eve"}, "state": "declined"},
            "PagerDuty #1: Eve does not join",
        ),
        (
            "incident.conference_bridge.updated",
            {"conference_numbers": [{"number": "+1 55"}], "conference_url": "https://meet.example"},
            "PagerDuty #1: conference bridge <https://meet.example|https://meet.example> · +1 55"
            ", by Bob Lindqvist",
        ),
        (
            "incident.custom_field_values.updated",
            {
                "custom_fields": [
                    {"display_name": "Impact", "value": "all"},
                    {"name": "token", "value": "s3cr3t"},
                ]
            },
            "PagerDuty #1: Impact: all, token: ***, by Bob Lindqvist",
        ),
        (
            "incident.incident_type.changed",
            {"incident_type": {"summary": "Security"}},
            "PagerDuty #1 is now of the type Security, by Bob Lindqvist",
        ),
        (
            "incident.workflow.started",
            {"incident_workflow": {"summary": "Open a bridge"}},
            "PagerDuty #1: workflow Open a bridge started, by Bob Lindqvist",
        ),
        (
            "incident.workflow.completed",
            {"summary": "Open a bridge"},
            "PagerDuty #1: workflow Open a bridge completed, by Bob Lindqvist",
        ),
        (
            "incident.role.assigned",
            {"role": {"summary": "Commander"}, "user": {"summary": "Eve"}},
            "PagerDuty #1: Eve is Commander, by Bob Lindqvist",
        ),
        (
            "incident.task.completed",
            {"task": {"summary": "Tell support"}, "status": "completed"},
            "PagerDuty #1: task Tell support completed, by Bob Lindqvist",
        ),
        (
            "incident.action_invocation.terminated",
            {"action": {"summary": "Restart"}, "state": "completed"},
            "PagerDuty #1: automation Restart completed, by Bob Lindqvist",
        ),
    ],
)
async def test_what_is_told_beside_how_it_stands_is_one_quiet_entry(
    desk: Desk, event_type: str, data: dict[str, Any], entry: str
):
    _, incident = await desk.fires()
    do(desk.pagerduty, incident, event_type, data)

    await desk.hears()
    await desk.hears()

    assert await desk.thread() == [entry]


async def test_moves_made_in_pagerduty_change_the_card_and_say_who(desk: Desk, clock: ManualClock):
    _, incident = await desk.fires()
    account = desk.pagerduty.account
    for act in (
        lambda: account.escalate(incident, (BOB,), CAROL),
        lambda: account.reassign(incident, (ALICE, BOB), BOB),
        lambda: account.acknowledge(incident, ALICE),
        lambda: account.make_triggered(incident, None),
        lambda: account.set_priority(incident, PRIORITIES[0], ALICE),
        lambda: account.acknowledge(incident, CAROL),
        lambda: account.escalate(incident, (BOB,), CAROL),
        lambda: account.resolve(incident, BOB),
        lambda: account.make_triggered(incident, BOB),
    ):
        clock.advance(1.5)
        act()
        await desk.hears()

    assert await desk.thread() == [
        "PagerDuty #1 now with Bob Lindqvist, by Carol Méndez",
        "PagerDuty #1 now with Alice Okafor, Bob Lindqvist, by Bob Lindqvist",
        "PagerDuty #1 acknowledged by Alice Okafor",
        "PagerDuty #1 is triggered again, paging Alice Okafor: nobody is on it",
        "PagerDuty #1 priority P1, by Alice Okafor",
        "PagerDuty #1 acknowledged by Carol Méndez",
        "PagerDuty #1 is triggered again by Carol Méndez, paging Bob Lindqvist: nobody is on it",
        "PagerDuty #1 resolved by Bob Lindqvist",
        "PagerDuty #1 is triggered again by Bob Lindqvist, paging Carol Méndez: nobody is on it",
    ]
    text = await desk.board.text(await desk.group())
    assert "triggered, paging Carol Méndez · P1" in text


async def test_an_alert_goes_on_with_the_incident_its_own_was_merged_into(
    desk: Desk, clock: ManualClock
):
    _, incident = await desk.fires()
    account = desk.pagerduty.account
    other = account.trigger(key="another", summary="Database", severity="critical", body={})
    clock.advance(1.5)
    account.resolve(incident, BOB)
    data = desk.pagerduty.told[-1]["event"]["data"]
    into = {"id": other.id, "type": "incident_reference", "summary": "#2"}
    data["resolve_reason"] = {"type": "merge_resolve_reason", "incident": into}

    await desk.hears()
    await desk.hears()

    text = await desk.board.text(await desk.group())
    assert "#2> triggered, paging Carol" in text
    assert "resolved by" not in text
    assert await desk.board.buttons(await desk.group()) == ["Acknowledge", "Resolve", "Silence…"]
    said = "PagerDuty #1 was merged into #2 by Bob Lindqvist: that one counts from now on"
    assert await desk.thread() == [said]
    async with desk.world.database.read() as connection:
        [counts] = await incidents.of_group(connection, (await desk.group()).id)
    assert counts.id == other.id


async def test_a_responder_asked_in_pagerduty_is_told_with_what_they_were_told(desk: Desk):
    _, incident = await desk.fires()
    desk.pagerduty.account.ask_responder(incident, POLICIES[1], BOB, "Please\nhelp", ALICE)
    [asked] = incident.responder_requests
    desk.pagerduty.account.reply(incident, asked, BOB, "accepted")

    await desk.hears()

    assert await desk.thread() == [
        "PagerDuty #1: Bob Lindqvist was asked to join by Alice Okafor:\n> Please\n> help",
        "PagerDuty #1: Bob Lindqvist joins",
    ]


async def test_no_documented_event_of_any_odd_shape_breaks_anything(desk: Desk):
    _, incident = await desk.fires()
    names = ("id", "content", "user", "escalation_policy", "message", "state", "service", "task")
    more = ("custom_fields", "conference_numbers", "conference_url", "incident_type", "role")
    for event_type in sorted(EVENT_TYPES):
        for value in EVERY_ODD_VALUE:
            data = dict.fromkeys((*names, *more, "action", "incident_workflow"), value)
            do(desk.pagerduty, incident, event_type, data)
            assert await desk.hears_of(desk.pagerduty.told[-1]) == ""


async def test_what_is_about_nothing_of_ours_is_counted_and_says_nothing(desk: Desk):
    before = metrics.pagerduty_events.labels("beside")._value.get()
    ping = desk.pagerduty.documents.ping(0.0)

    assert await desk.hears_of(ping) == ""

    assert metrics.pagerduty_events.labels("beside")._value.get() == before + 1
    assert await desk.board.groups() == []


async def test_an_event_of_an_unknown_type_is_put_aside_and_counted_and_its_incident_taken_in(
    bench: Bench, desk: Desk
):
    group, incident = await desk.fires()
    desk.pagerduty.account.acknowledge(incident, CAROL)
    event = desk.pagerduty.told[-1]
    event["event"]["event_type"] = "incident.sent_to_the_moon"
    before = metrics.pagerduty_events.labels("unknown")._value.get()

    await bench.keeps(json.dumps(event).encode(), source="pagerduty")
    assert await bench.receiver.work_off() == 1

    assert metrics.pagerduty_events.labels("unknown")._value.get() == before + 1
    async with desk.world.database.read() as connection:
        assert await inbox.put_aside_rows(connection) == [
            ("pagerduty", "an event of a type nobody here knows: incident.sent_to_the_moon")
        ]
    assert await bench.count() == (0, 1)
    assert "acknowledged" in await desk.board.text(group)
