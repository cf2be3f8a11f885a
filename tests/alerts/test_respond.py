"""*Acknowledge* and *Resolve*: to PagerDuty as the person who pressed, once, or they are told."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.respond import Respond
from bot.alerts.responding.who import WhoInPagerDuty
from bot.alerts.sweep import SweepAlerts
from bot.cards.answer import Answer
from bot.domain.alert import AlertGroup, GroupState
from bot.domain.asked import Actor, Asked, Press
from bot.domain.finding import Phase
from bot.engine import Engine
from bot.errors import Conflict, NotAllowed
from bot.storage import findings, incidents
from bot.storage.schema.alerts import pagerduty_users
from bot.world import World
from sandbox import seeds
from sandbox.pagerduty import PagerDuty
from sandbox.pagerduty.records import Incident
from sandbox.standin import Fault
from tests.alerts.board import Board
from tests.alerts.builders import DEDUP_KEY, an_alert, an_update

DEADLINE_S = 15.0
_keys = itertools.count(1)


class Room:
    """The people at the card, PagerDuty behind it."""

    def __init__(self, world: World, engine: Engine, pagerduty: PagerDuty) -> None:
        self.world = world
        self.engine = engine
        self.pagerduty = pagerduty
        self.board = Board(world.database, world.catalog)
        self.respond = Respond(
            database=world.database,
            catalog=world.catalog,
            engine=engine,
            who=WhoInPagerDuty(
                database=world.database,
                pagerduty=world.pagerduty,
                email_of=self.email_of,
                now=world.now,
            ),
            now=world.now,
            tell=lambda: None,
            pace=world.pace,
        )

    async def email_of(self, user_id: str) -> str | None:
        return next((p.email for p in seeds.PEOPLE if p.id == user_id), None)

    async def fires(self) -> tuple[AlertGroup, Incident]:
        """An alert with its incident."""
        incident = self.pagerduty.account.trigger(
            key=DEDUP_KEY, summary="Errors", severity="critical", body={}
        )
        now = self.world.now()
        await self.board.hears(an_update(an_alert(starts_at=now)), at=now)
        [group] = await self.board.groups()
        await ask_all(self.world, SOURCES[1:], group.id, Phase.ONSET)
        return await self.group(), incident

    async def group(self) -> AlertGroup:
        [group] = await self.board.groups()
        return group

    def press(self, person: seeds.Person, group: AlertGroup, kind: str, **said: Any) -> Press:
        asked = Asked(
            by=Actor(person.id),
            channel_id="C0ALERTS1",
            key=said.pop("key", f"trigger-{next(_keys)}"),
            correlation_id="c",
            at=self.world.now(),
        )
        return Press(asked, f"alert.{kind}", group.id, said.pop("revision", group.state_revision))

    async def presses(
        self, person: seeds.Person, group: AlertGroup, kind: str = "acknowledge", **said: Any
    ) -> Answer | None:
        """Press, and wait for what is asked after Slack has its acknowledgement."""
        act = {"acknowledge": self.respond.acknowledge, "resolve": self.respond.resolve}[kind]
        later = await act(self.press(person, group, kind, **said))
        return await later.ask() if later is not None else None

    def updates(self) -> list[dict[str, Any]]:
        return [dict(call.arguments) for call in self.pagerduty.calls_of("update_incident")]

    async def until(self, words: str) -> str:
        """The card's text once it says so."""
        return await eventually(lambda: self._says(words))

    async def _says(self, words: str) -> str | None:
        text = await self.board.text(await self.group())
        return text if words in text else None


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        while not (found := await look()):  # noqa: ASYNC110  rows tell nobody
            await asyncio.sleep(0.02)
        return found


@pytest.fixture
def room(world: World, engine: Engine, pagerduty: PagerDuty) -> Room:
    return Room(world, engine, pagerduty)


async def test_pagerduty_shows_the_name_of_the_person_who_pressed(room: Room):
    group, incident = await room.fires()

    assert await room.presses(seeds.CAROL, group) is None

    text = await room.until("is on it")
    assert text.startswith("🟡 Acknowledged")
    assert f"<@{seeds.CAROL.id}> is on it" in text
    assert [entry.user.id for entry in incident.acknowledgements] == [seeds.CAROL.pagerduty_id]
    assert [update["From"] for update in room.updates()] == [seeds.CAROL.email]
    assert (await room.group()).state is GroupState.ACKNOWLEDGED


async def test_somebody_without_a_pagerduty_user_is_told_so_and_nothing_happens(room: Room):
    group, incident = await room.fires()

    with pytest.raises(NotAllowed, match=r"no PagerDuty user: nobody there .* dave@credlink"):
        await room.presses(seeds.DAVE, group)

    assert incident.status == "triggered"
    assert room.updates() == []
    assert await room.group() == group


async def test_who_somebody_is_in_pagerduty_is_asked_once(room: Room):
    group, incident = await room.fires()
    await room.presses(seeds.CAROL, group)
    await room.until("is on it")
    room.pagerduty.account.make_triggered(incident, None)
    await ask_all(room.world, SOURCES[1:], group.id, Phase.END)

    await room.presses(seeds.CAROL, await room.group())

    assert len(room.pagerduty.calls_of("list_users")) == 1


async def test_who_has_another_address_there_now_is_told_and_looked_up_anew(room: Room):
    group, _ = await room.fires()
    await room.presses(seeds.CAROL, group)
    await room.until("is on it")
    async with room.world.database.write() as connection:
        await connection.execute(update(pagerduty_users).values(email="before@credlink.example"))

    await room.presses(seeds.CAROL, await room.group(), "resolve")
    text = await room.until("nobody there has the e-mail before@credlink.example any more.")
    assert "Nothing has changed there. Ask again" in text

    await room.presses(seeds.CAROL, await room.group(), "resolve")
    await room.until("resolved by")


async def test_while_pagerduty_is_asked_the_card_says_so_without_its_buttons(room: Room):
    group, _ = await room.fires()
    room.pagerduty.faults.append(Fault("update_incident", delay_s=0.5))

    await room.presses(seeds.CAROL, group)

    text = await room.board.text(await room.group())
    assert f"🔵 acknowledging in PagerDuty as <@{seeds.CAROL.id}>…" in text
    assert await room.board.buttons(await room.group()) == ["Silence…"]
    await room.until("is on it")


async def test_two_people_at_once_are_one_act_and_one_is_told(room: Room):
    group, _ = await room.fires()

    said = await asyncio.gather(
        room.presses(seeds.CAROL, group), room.presses(seeds.BOB, group), return_exceptions=True
    )

    assert sorted(type(one) for one in said if one is not None) == [Conflict]
    await room.until("is on it")
    assert len(room.updates()) == 1


async def test_one_person_pressing_twice_and_slack_delivering_twice_are_one_act(room: Room):
    group, _ = await room.fires()

    assert await room.presses(seeds.CAROL, group, key="t1") is None
    assert await room.presses(seeds.CAROL, group, key="t1") is None
    with pytest.raises(Conflict, match=r"You are acknowledging it already|has changed"):
        await room.presses(seeds.CAROL, group, key="t2")

    await room.until("is on it")
    assert len(room.updates()) == 1


async def test_a_button_of_an_older_card_says_that_this_has_changed(room: Room):
    group, _ = await room.fires()
    await room.presses(seeds.CAROL, group)
    await room.until("is on it")

    with pytest.raises(Conflict, match="This has changed: Carol Méndez has acknowledged it"):
        await room.presses(seeds.BOB, group)

    over = an_alert(starts_at=group.started_at, status="resolved")
    await room.board.hears(an_update(over), at=room.world.now())
    with pytest.raises(Conflict, match="the alert is resolved"):
        await room.presses(seeds.BOB, group, "resolve")
    assert len(room.updates()) == 1


async def test_resolve_resolves_the_incident_and_the_alert_goes_on_firing(room: Room):
    group, incident = await room.fires()

    await room.presses(seeds.BOB, group, "resolve")

    text = await room.until(f"resolved by <@{seeds.BOB.id}>; the alert still fires")
    assert text.startswith("🔴")
    assert incident.status == "resolved"


async def test_pagerduty_down_is_said_on_the_card_and_offered_again(room: Room):
    group, incident = await room.fires()
    room.pagerduty.faults.append(Fault("update_incident", times=3, status=503))

    await room.presses(seeds.CAROL, group)

    text = await room.until("could not acknowledge it in PagerDuty: PagerDuty did not answer")
    assert "Whether it happened is not known: look there." in text
    assert await room.board.buttons(await room.group()) == ["Acknowledge", "Resolve", "Silence…"]
    assert incident.status == "triggered"

    await room.presses(seeds.CAROL, await room.group())
    assert "could not" not in await room.until("is on it")


async def test_an_answer_lost_on_its_way_is_asked_for_again_and_acknowledged_once(room: Room):
    group, incident = await room.fires()
    room.pagerduty.faults.append(Fault("update_incident", drop="after"))

    await room.presses(seeds.CAROL, group)

    await room.until("is on it")
    assert len(incident.acknowledgements) == 1


async def test_who_cannot_be_looked_up_now_is_looked_up_by_the_workflow(room: Room):
    group, incident = await room.fires()
    room.pagerduty.faults.append(Fault("list_users", status=503))

    assert await room.presses(seeds.DAVE, group) is None

    await room.until("could not acknowledge it in PagerDuty: they have no PagerDuty user.")
    assert incident.status == "triggered"


async def test_a_press_the_engine_never_heard_of_is_carried_out_by_the_sweeper(room: Room):
    group, _ = await room.fires()

    class Away(Engine):
        async def begin(self, *_: Any) -> None:
            raise ConnectionError

    deaf = replace(room.respond, engine=Away(None, None))  # type: ignore[arg-type]
    later_asked = await deaf.acknowledge(room.press(seeds.CAROL, group, "acknowledge"))
    await later_asked.ask()
    later = room.world.now() + timedelta(minutes=1)

    async def sweep() -> bool:
        swept = SweepAlerts(room.world.database, room.engine, lambda: later, room.world.pace)
        return await swept() > 0

    assert await sweep()
    await room.until("is on it")
    await settled(room, later)


async def settled(room: Room, later: Any) -> None:
    """The look that was promised with the group was swept up too: let it end."""

    async def finished() -> bool:
        async with room.world.database.read() as connection:
            return not await findings.unfinished(connection, later)

    await eventually(finished)


async def test_the_gate_is_asked_at_the_press(room: Room):
    group, _ = await room.fires()
    nobody = room.world.catalog.model_copy(update={"people": {}})

    with pytest.raises(NotAllowed, match="Nobody may acknowledge credlink-api in prod"):
        await replace(room.respond, catalog=nobody).acknowledge(
            room.press(seeds.CAROL, group, "acknowledge")
        )
    assert room.updates() == []


async def test_an_incident_of_several_groups_asks_before_it_acts_on_all_of_them(room: Room):
    group, incident = await room.fires()
    other_key = '{}:{alertname="HighLatency"}'
    await room.board.hears(
        an_update(
            an_alert("b", alertname="HighLatency", starts_at=room.world.now() + timedelta(hours=1)),
            groupKey=other_key,
        ),
        at=room.world.now(),
    )
    _, other = await room.board.groups()
    async with room.world.database.write() as connection:
        await incidents.link(connection, other.id, incident.id)

    blocks = (await room.board.card(group)).blocks
    [row] = [block for block in blocks if block["type"] == "actions"]
    confirm = row["elements"][0]["confirm"]
    assert "HighLatency" in confirm["text"]["text"]
    assert "All of them are acknowledged" in confirm["text"]["text"]
