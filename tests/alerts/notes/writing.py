"""People write in a card's thread, mark messages there, and PagerDuty has notes of its own."""

from typing import Any

from sqlalchemy import update

from bot.alerts.notes.mark import NoteMarked
from bot.cards.answer import Answer
from bot.domain.note import Mark, Said
from bot.engine import Engine
from bot.storage import notes
from bot.storage.schema.cards import cards
from bot.world import World
from sandbox import seeds
from sandbox.pagerduty import PagerDuty
from sandbox.pagerduty.records import Incident
from tests.alerts.responding.desk import Desk
from tests.alerts.test_respond import eventually

CHANNEL, CARD = "C0ALERTS1", "1700000000.000100"
NAMES = {person.id: person.real_name for person in seeds.PEOPLE}


class Writing(Desk):
    def __init__(self, world: World, engine: Engine, pagerduty: PagerDuty) -> None:
        super().__init__(world, engine, pagerduty)
        self.marked = NoteMarked(
            write=self.forms.write,
            name_of=lambda user_id: NAMES.get(user_id, user_id),
            groups_of=lambda _: frozenset(),
            workspace_url="https://credlink.slack.example/",
        )

    async def fires(self) -> tuple[Any, Incident]:
        """An alert with its incident, whose card stands in the channel."""
        group, incident = await super().fires()
        async with self.world.database.write() as connection:
            await connection.execute(update(cards).values(channel_id=CHANNEL, ts=CARD))
        return group, incident

    async def marks(
        self, person: seeds.Person, text: str, *, by: str | None = seeds.BOB.id, **said: Any
    ) -> Answer | None:
        """Mark a message that somebody wrote; returns what whoever marked it is told."""
        ts = said.pop("ts", "1700000001.000200")
        mark = Mark(CHANNEL, ts, person.id, self.world.now())
        return await self.marked(mark, Said(ts=ts, **{"thread_ts": CARD, **said}, text=text, by=by))

    async def notes(self, incident: Incident, number: int) -> list[str]:
        """The incident's notes, once there are so many."""

        async def look() -> bool:
            return len(incident.notes) >= number and not await self._is_under_way()

        await eventually(look)
        return [note.content for note in incident.notes]

    async def _is_under_way(self) -> bool:

        async with self.world.database.read() as connection:
            return bool(await notes.pending(connection, self.world.now()))
