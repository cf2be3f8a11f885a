"""What runs where, answered at once from what was seen last."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.status import PlaceStatus, status
from bot.catalog import Catalog, Verb
from bot.domain.asked import Actor
from bot.domain.gate import decide
from bot.domain.place import Place, find_place, places
from bot.errors import NotAllowed
from bot.storage import changes, revisions
from bot.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class TellStatus:
    """Tells somebody what runs in the places they may see."""

    database: Database
    catalog: Catalog
    now: Callable[[], datetime]

    async def __call__(self, environment: str | None, service: str | None, *, by: Actor) -> Answer:
        """Tell of one environment, or of all; from memory and our own database alone.

        Raises:
            NotKnown: there is no such environment or service.
            NotAllowed: the gate says no to every place asked about.
        """
        wanted = self._wanted(environment, service)
        refusals = [self._may_see(by, place) for place in wanted]
        visible = [
            place for place, refusal in zip(wanted, refusals, strict=True) if refusal is None
        ]
        if not visible:
            raise NotAllowed("\n".join(text for text in refusals if text))
        async with self.database.read() as connection:
            found = [await _of(connection, place) for place in visible]
        return status(found, now=self.now())

    def _wanted(self, environment: str | None, service: str | None) -> list[Place]:
        if environment is None:
            return list(places(self.catalog))
        if service is not None:
            return [find_place(self.catalog, environment, service)]
        there = [place for place in places(self.catalog) if place.environment == environment]
        return there or [find_place(self.catalog, environment, service)]

    def _may_see(self, by: Actor, place: Place) -> str | None:
        """Nothing, or why not."""
        decision = decide(self.catalog.people, by, Verb.STATUS, place.environment, place.service)
        return None if decision.allowed else decision.text


async def _of(connection: Connection, place: Place) -> PlaceStatus:
    key = (place.environment, place.service)
    return PlaceStatus(
        service=place.service,
        environment=place.environment,
        seen=(await revisions.seen(connection, [key])).get(key),
        under_way=await changes.under_way(connection, *key),
        latest=await changes.latest_started(connection, *key),
    )
