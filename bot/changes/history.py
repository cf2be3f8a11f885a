"""What was done where, answered at once from our own rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.history import history
from bot.catalog import Catalog, Verb
from bot.domain.asked import Actor
from bot.domain.change import Change
from bot.domain.gate import decide
from bot.domain.place import Place, find_place, places
from bot.domain.scaling.scaling import Scaling
from bot.errors import NotAllowed
from bot.storage import history as rows
from bot.storage import scalings
from bot.storage.database import Database

SHOWN = 10


@dataclass(frozen=True, slots=True)
class TellHistory:
    """Tells somebody what was deployed and scaled in the places they may see, ours and others'."""

    database: Database
    catalog: Catalog
    now: Callable[[], datetime]

    async def __call__(self, environment: str, service: str | None, *, by: Actor) -> Answer:
        """Tell of one service there, or of all; from memory and our own database alone.

        Raises:
            NotKnown: there is no such environment or service.
            NotAllowed: the gate says no to every place asked about.
        """
        visible = self._visible(self._wanted(environment, service), by)
        keys = [(place.environment, place.service) for place in visible]
        async with self.database.read() as connection:
            changed, changes = await rows.page(connection, keys, newest=SHOWN)
            scaled, scaling = await scalings.page(connection, keys, newest=SHOWN)
        done: list[Change | Scaling] = [*changed, *scaled]
        newest = sorted(done, key=_began, reverse=True)[:SHOWN]
        where = environment if service is None else f"{environment} for {service}"
        return history(where, newest, changes + scaling, now=self.now())

    def _wanted(self, environment: str, service: str | None) -> list[Place]:
        if service is not None:
            return [find_place(self.catalog, environment, service)]
        there = [place for place in places(self.catalog) if place.environment == environment]
        return there or [find_place(self.catalog, environment, None)]

    def _visible(self, wanted: list[Place], by: Actor) -> list[Place]:
        people = self.catalog.people
        decisions = [
            decide(people, by, Verb.HISTORY, place.environment, place.service) for place in wanted
        ]
        visible = [
            place for place, decision in zip(wanted, decisions, strict=True) if decision.allowed
        ]
        if not visible:
            raise NotAllowed("\n".join(decision.text for decision in decisions))
        return visible


def _began(done: Change | Scaling) -> datetime:
    if isinstance(done, Scaling):
        return done.set_at or done.asked_at
    return done.started_at or done.asked_at
