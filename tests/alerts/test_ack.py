"""`ack` typed: one clear incident is acknowledged, several are asked about, nothing is said so."""

from dataclasses import replace
from typing import Any

import pytest

from bot.alerts.ack import AcknowledgeByWord
from bot.cards.answer import Later
from bot.domain.asked import Actor, Asked
from bot.domain.incident import IncidentStatus
from bot.engine import Engine
from bot.errors import NotAllowed, UsageError
from bot.slack.words import words_of
from bot.storage import incidents
from bot.world import World
from commands import ack
from sandbox import seeds
from sandbox.pagerduty import PagerDuty
from tests.alerts.builders import a_catalog, an_alert, an_incident, an_update
from tests.alerts.test_respond import Room, _keys

NOBODY_PAGED = '{}:{alertname="Slow"}'


class Typing(Room):
    """People who type instead of pressing."""

    def __init__(self, world: World, engine: Engine, pagerduty: PagerDuty) -> None:
        super().__init__(world, engine, pagerduty)
        self.by_word = AcknowledgeByWord(
            database=world.database, catalog=world.catalog, respond=self.respond
        )

    async def types(self, typed: str, person: seeds.Person = seeds.BOB) -> str:
        """What this person alone is told in the end."""
        asked = Asked(
            by=Actor(person.id),
            channel_id="C0ALERTS1",
            key=f"typed-{next(_keys)}",
            correlation_id="c",
            at=self.world.now(),
        )
        words = words_of(typed)[1:]
        said = await ack.run(
            words, asked, acknowledge=self.by_word, how="how", catalog=self.world.catalog
        )
        if isinstance(said, Later):
            said = await said.ask()
        return said.text if said is not None else ""

    async def also_fires(self, name: str, number: int, **said: Any) -> None:
        """Another alert, with an incident of its own number."""
        key = f'{{}}:{{alertname="{name}"}}'
        update = an_update(an_alert(name, alertname=name, **said), groupKey=key)
        await self.board.hears(update)
        await self.board.hears_of(
            an_incident(id=f"Q{number}", number=number, incident_key=update.dedup_key)
        )


@pytest.fixture
def room(world: World, engine: Engine, pagerduty: PagerDuty) -> Typing:
    return Typing(world, engine, pagerduty)


async def test_the_only_incident_is_acknowledged_as_the_person_who_typed(room: Typing):
    _, incident = await room.fires()
    said = await room.types("ack")
    assert said == (
        f"🔵 acknowledging <{room.pagerduty.url}/incidents/{incident.id}|#1> "
        f"(HighErrorRatio, credlink-api in prod) in PagerDuty as <@{seeds.BOB.id}>…"
    )
    await room.until(f"<@{seeds.BOB.id}> is on it")
    [update] = room.updates()
    assert update["From"] == seeds.BOB.email


@pytest.mark.parametrize("typed", ["ack #1 prod", "ack 1", "ack higherrorratio", "ack HighE"])
async def test_it_may_be_named_by_number_or_by_the_alert(room: Typing, typed: str):
    await room.fires()
    assert (await room.types(typed)).startswith("🔵 acknowledging ")
    await room.until("is on it")


async def test_several_are_listed_with_what_to_type(room: Typing):
    await room.also_fires("HighErrorRatio", 7)
    await room.also_fires("HighLatency", 8)
    said = await room.types("ack High")
    assert said.startswith("Which one?\n")
    assert "`/credlink ack #7` <https://pagerduty.example/incidents/PINC1|#7> (HighErr" in said
    assert "`/credlink ack #8`" in said
    assert room.updates() == []
    said = await room.types("ack HighLatency --dry-run")
    assert said.startswith("Dry run, nothing was changed: you would acknowledge <")
    assert room.updates() == []


async def test_what_pagerduty_has_joined_is_said_first(room: Typing):
    await room.also_fires("HighErrorRatio", 7)
    await room.also_fires("Slow", 8)
    async with room.world.database.write() as connection:
        [first, second] = await room.board.groups()
        slow = first if first.name == "Slow" else second
        await incidents.link(connection, slow.id, "Q7")
    said = await room.types("ack HighErrorRatio")
    assert said.startswith("More than that would be acknowledged.\n• `/credlink ack #7`")
    assert "PagerDuty has joined more alerts in it: Slow." in said
    assert room.updates() == []


async def test_that_there_is_nothing_is_said(room: Typing):
    assert await room.types("ack") == ("There is nothing to acknowledge: I know of no open alert.")
    await room.board.hears(an_update(an_alert("s", alertname="Slow"), groupKey=NOBODY_PAGED))
    said = await room.types("ack Slow")
    assert said == (
        "There is nothing to acknowledge.\n"
        "Slow, credlink-api in prod has no open incident in PagerDuty: it pages nobody."
    )
    said = await room.types("ack <!channel> staging")
    assert said == (
        "I know of no open alert or incident &lt;!channel&gt; staging. Nothing was acknowledged."
    )


async def test_who_is_on_it_already_is_said(room: Typing):
    await room.board.hears(an_update())
    now = room.world.now()
    await room.board.hears_of(an_incident(IncidentStatus.ACKNOWLEDGED, at=now))
    said = await room.types("ack")
    assert said.startswith("There is nothing to acknowledge.\nCarol Méndez is on <https://")
    assert room.updates() == []


async def test_without_the_right_nothing_happens(world: World, engine: Engine, pagerduty: Any):
    people = {"sre": {"group": "S0SRE", "may": {"prod": ["acknowledge"]}}}
    room = Typing(replace(world, catalog=a_catalog(people=people)), engine, pagerduty)
    await room.fires()
    with pytest.raises(NotAllowed, match="acknowledge"):
        await room.types("ack")
    assert room.updates() == []


async def test_two_environments_are_one_too_many(room: Typing):
    with pytest.raises(UsageError, match="one environment"):
        await room.types("ack prod prod")
