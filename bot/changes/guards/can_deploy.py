"""May I deploy there now? The gate's own list, asked as a deploy would ask it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.gate import Look, can_i_deploy
from bot.catalog import Catalog, Verb
from bot.changes.guards.situation import situation
from bot.domain.asked import Actor
from bot.domain.gate import decide, may_begin
from bot.domain.place import Place, find_place, places
from bot.errors import NotAllowed
from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class TellGate:
    """Tells somebody what stands in the way of a deploy, in the places they may see."""

    database: Database
    catalog: Catalog
    now: Callable[[], datetime]

    async def __call__(self, environment: str, service: str | None, *, by: Actor) -> Answer:
        """Tell of one service, or of every one there; from memory and our own database alone.

        Raises:
            NotKnown: there is no such environment or service.
            NotAllowed: they may see none of it.
        """
        wanted = self._wanted(environment, service)
        visible = [place for place in wanted if self._may_see(by, place)]
        if not visible:
            first = wanted[0]
            raise NotAllowed(
                decide(self.catalog.people, by, Verb.STATUS, first.environment, first.service).text
            )
        now = self.now()
        async with self.database.read() as connection:
            found = [
                await situation(connection, self.catalog, place, now=now, change=None, digest=None)
                for place in visible
            ]
        return can_i_deploy([Look(one, may_begin(one, by, Verb.DEPLOY)) for one in found])

    def _wanted(self, environment: str, service: str | None) -> list[Place]:
        if service is not None:
            return [find_place(self.catalog, environment, service)]
        there = [place for place in places(self.catalog) if place.environment == environment]
        return there or [find_place(self.catalog, environment, None)]

    def _may_see(self, by: Actor, place: Place) -> bool:
        where = (place.environment, place.service)
        return any(
            decide(self.catalog.people, by, verb, *where).allowed
            for verb in (Verb.STATUS, Verb.DEPLOY)
        )
