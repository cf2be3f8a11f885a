"""*Acknowledge all*: what the card showed, as whoever pressed, each failure by its name."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.responding.who import WhoInPagerDuty
from bot.alerts.storms import acknowledge
from bot.alerts.storms.acknowledge import AcknowledgeAll
from bot.alerts.sweep import SweepAlerts
from bot.domain.asked import Actor
from bot.domain.finding import Phase
from bot.engine import Engine
from bot.errors import Conflict, NotAllowed
from bot.storage import alerts, audit, storm_acts
from bot.world import World
from sandbox import seeds
from sandbox.pagerduty import PagerDuty
from sandbox.standin import Fault
from tests.alerts.builders import a_catalog
from tests.alerts.storms.weather import Weather, names

MANY = names(12)
BAD = names(3, of="Bad")
WITHIN_S = 15.0
NOBODY = {"everyone": {"may": {"*": ["alerts"]}}}


class Room:
    """The people at the storm's card, PagerDuty behind it."""

    def __init__(
        self, weather: Weather, world: World, engine: Engine, pagerduty: PagerDuty
    ) -> None:
        self.weather, self.world, self.engine, self.pagerduty = weather, world, engine, pagerduty
        self.all = self.by(weather.catalog)

    def by(self, catalog: Any) -> AcknowledgeAll:
        return AcknowledgeAll(
            database=self.world.database,
            catalog=catalog,
            engine=self.engine,
            who=WhoInPagerDuty(
                database=self.world.database,
                pagerduty=self.world.pagerduty,
                email_of=self.email_of,
                now=self.world.now,
            ),
            now=self.world.now,
            tell=lambda: None,
            pace=self.world.pace,
        )

    async def email_of(self, user_id: str) -> str | None:
        return next((p.email for p in seeds.PEOPLE if p.id == user_id), None)

    async def breaks(self) -> None:
        """A storm of which three groups page."""
        await self.weather.fires(*MANY)
        await self.weather.fires(*BAD, severity="critical")
        for name in BAD:
            group = await self.weather.group(name)
            self.pagerduty.account.trigger(
                key=group.dedup_key, summary=name, severity="critical", body={}
            )
            await ask_all(
                self.world, [s for s in SOURCES if s.name == "pagerduty"], group.id, Phase.ONSET
            )

    async def presses(self, person: seeds.Person, **said: Any) -> str:
        """Press, and wait for what is asked afterwards; returns what the card says then."""
        press = self.weather.press(await self.weather.storm(), by=Actor(person.id), **said)
        later = await self.all.press(press)
        if later is not None and hasattr(later, "ask"):
            await later.ask()
        return later.text if later is not None and hasattr(later, "text") else ""

    async def until(self, words: str) -> str:
        async with asyncio.timeout(WITHIN_S):
            while words not in (text := await self.weather.text()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # rows tell nobody
        return text


@pytest.fixture
def room(weather: Weather, world: World, engine: Engine, pagerduty: PagerDuty) -> Room:
    return Room(weather, world, engine, pagerduty)


async def test_what_pages_is_acknowledged_as_the_person_and_the_rest_is_noted_here(room: Room):
    await room.breaks()

    await room.presses(seeds.CAROL)

    text = await room.until("3 in PagerDuty · 12 noted here")
    assert text.startswith("🟡 Storm: 15 alert groups")
    assert "*15 firing* · 15 acknowledged" in text
    assert "Acknowledge all]" not in text
    people = [i.acknowledgements[0].user.id for i in room.pagerduty.account.incidents.values()]
    assert people == [seeds.CAROL.pagerduty_id] * 3


async def test_what_joined_after_the_card_was_drawn_is_not_meant(room: Room):
    await room.weather.fires(*MANY)
    drawn = await room.weather.storm()
    await room.weather.fires("Later")

    await room.presses(seeds.CAROL, revision=drawn.state_revision)

    assert "*13 firing* · 12 acknowledged" in await room.weather.text()
    assert "[Acknowledge all]" in await room.weather.text()


async def test_what_pagerduty_refuses_is_said_by_name(room: Room):
    await room.breaks()
    refused = Fault("update_incident", times=1, status=403, body='{"error": {"message": "no"}}')
    room.pagerduty.faults.append(refused)

    await room.presses(seeds.CAROL)

    text = await room.until("⚪ not acknowledged")
    [line] = [line for line in text.splitlines() if "not acknowledged" in line]
    assert "Bad0" in line
    assert "(credlink-api in prod)" in line
    assert "[Acknowledge all]" in text


async def test_somebody_without_a_seat_takes_on_what_pages_nobody(room: Room):
    await room.breaks()

    await room.presses(seeds.DAVE)

    text = await room.weather.text()
    assert "12 noted here" in text
    assert "⚪ not acknowledged, you have no PagerDuty user: Bad000 (credlink-api in prod)" in text
    assert room.pagerduty.calls_of("update_incident") == []


async def test_who_may_acknowledge_none_of_them_is_told_so_and_nothing_is_kept(room: Room):
    await room.weather.fires(*MANY)
    room.all = room.by(a_catalog(people=NOBODY))

    with pytest.raises(NotAllowed, match="acknowledge"):
        await room.presses(seeds.MALLORY)

    async with room.world.database.read() as connection:
        assert await storm_acts.open_ones(connection) == ()


async def test_a_press_that_slack_repeats_is_one_act_and_a_second_one_waits(room: Room):
    await room.weather.fires(*MANY)
    press = room.weather.press(await room.weather.storm())

    first = await room.all.press(press)
    assert await room.all.press(press) is None
    with pytest.raises(Conflict, match="already"):
        await room.all.press(room.weather.press(await room.weather.storm()))
    assert first is not None
    await first.ask()
    assert "12 noted here" in await room.weather.text()


async def test_nobody_takes_over_what_somebody_is_on(room: Room):
    await room.weather.fires(*MANY)
    await room.presses(seeds.CAROL)

    room.weather.later += timedelta(seconds=9)

    await room.presses(seeds.BOB)

    assert "nothing was left to do" in await room.weather.text()
    loading = await room.weather.list.open(room.weather.press(await room.weather.storm()))
    listed = str((await loading.ask()).blocks)
    assert f"<@{seeds.CAROL.id}> is on it" in listed
    assert f"<@{seeds.BOB.id}>" not in listed


async def test_a_card_of_its_own_says_who_took_it_on(room: Room):
    await room.weather.fires(*MANY, *BAD[:1], severity="critical")
    own = sorted(await room.weather.owed() - {"storm"})
    assert len(own) == 5
    await room.weather.shows_all()

    await room.presses(seeds.CAROL)

    assert await room.weather.owed() == {*own, "storm"}
    group = await room.weather.group(own[0])
    assert f"<@{seeds.CAROL.id}> is on it since" in await room.weather.board.text(group)


async def test_an_act_that_was_cut_off_is_carried_out_by_the_sweep(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(acknowledge, "TOGETHER", 4)
    await room.breaks()
    begun = room.all._begin
    cut = []

    async def die(self: AcknowledgeAll, asked: Any) -> None:
        cut.append(asked)
        raise asyncio.CancelledError

    monkeypatch.setattr(AcknowledgeAll, "_begin", die)
    with pytest.raises(asyncio.CancelledError):
        await room.presses(seeds.CAROL)
    assert "at it…" in await room.weather.text()
    monkeypatch.setattr(AcknowledgeAll, "_begin", lambda self, asked: begun(asked))

    assert await room.all.sweep() == 1
    await SweepAlerts(room.world.database, room.engine, room.world.now, 1e6)()

    text = await room.until("3 in PagerDuty · 12 noted here")
    assert "at it" not in text
    assert len(room.pagerduty.calls_of("update_incident")) == 3


@pytest.mark.parametrize("times", [1, 2])
async def test_a_database_that_chose_it_to_fail_is_asked_for_one_group_at_a_time(
    room: Room, monkeypatch: pytest.MonkeyPatch, times: int
):
    await room.weather.fires(*MANY)
    found, sizes = storm_acts.next_groups, []

    async def deadlocked(connection: Any, act: Any, *, at_most: int) -> tuple[str, ...]:
        sizes.append(at_most)
        if len(sizes) <= times:
            raise OperationalError("deadlock detected", None, Exception())
        return await found(connection, act, at_most=at_most)

    monkeypatch.setattr(storm_acts, "next_groups", deadlocked)
    if times == 1:
        await room.presses(seeds.CAROL)
        assert sizes == [acknowledge.TOGETHER, *[1] * 13]
    else:  # it is away: the row is there, and the sweep goes on with it
        with pytest.raises(OperationalError):
            await room.presses(seeds.CAROL)
        assert await room.all.sweep() == 1

    assert "12 noted here" in await room.weather.text()


async def test_nothing_is_locked_after_the_end_of_the_audits_chain(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    await room.breaks()
    done = []
    for module, name in ((audit, "add"), (storm_acts, "outcomes"), (alerts, "save")):
        monkeypatch.setattr(module, name, noticed(getattr(module, name), name, done))

    await room.presses(seeds.CAROL)
    await room.until("3 in PagerDuty · 12 noted here")

    first = done[: done.index("add")]
    assert first == ["save"] * 3 + ["outcomes"]
    assert done[len(first) : len(first) + 15] == ["add"] * 15


def noticed(act: Any, name: str, done: list[str]) -> Any:
    async def do(*args: Any, **said: Any) -> Any:
        done.append(name)
        return await act(*args, **said)

    return do
