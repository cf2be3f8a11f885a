"""What runs in every place, looked at again and again, so that a question is answered at once.

A place where a change is under way is left to its watcher, which looks often enough and writes down
what it saw last.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.changes.plan import Impossible, find_running
from bot.domain.place import Place, places
from bot.domain.plan import Observed, Revision
from bot.storage import history, revisions
from bot.world import World
from integrations.errors import IntegrationError

NOTHING = Revision(image="")
"""What is said to run in a place that could never be looked at."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Observe:
    """One look at every place where nothing is under way; a chore, to be repeated.

    Costs one ecs:DescribeServices for each ten services of a cluster, and one
    ecs:DescribeTaskDefinition for each revision not seen before.
    """

    world: World

    async def __call__(self) -> None:
        async with self.world.database.read() as connection:
            taken = await history.places_under_way(connection)
        wanted = [
            place
            for place in places(self.world.catalog)
            if (place.environment, place.service) not in taken
        ]
        looks = await asyncio.gather(*(self._look(place) for place in wanted))
        await self._write(wanted, looks)

    async def _look(self, place: Place) -> Observed | str:
        """What runs there, or why that cannot be said."""
        try:
            running = await find_running(self.world, place)
        except Impossible as exc:
            return str(exc)
        except IntegrationError as exc:
            return exc.detail
        primary = running.primary
        return Observed(
            service=place.service,
            environment=place.environment,
            running=running.revision,
            since=primary.created_at,
            desired=running.service.desired,
            healthy=running.service.running,
            rollout=primary.rollout_state,
            seen_at=self.world.now(),
        )

    async def _write(self, wanted: Sequence[Place], looks: Sequence[Observed | str]) -> None:
        async with self.world.database.write() as connection:
            before = await revisions.seen(
                connection, [(place.environment, place.service) for place in wanted]
            )
            for place, look in zip(wanted, looks, strict=True):
                known = before.get((place.environment, place.service))
                await revisions.see(connection, self._seen(place, look, known))

    def _seen(self, place: Place, look: Observed | str, known: Observed | None) -> Observed:
        if isinstance(look, Observed):
            return look
        if known is not None:
            return replace(known, trouble=look)
        log.warning(
            "place_not_seen",
            extra={
                "action": "place_not_seen",
                "environment": place.environment,
                "service": place.service,
                "trouble": look,
            },
        )
        return Observed(
            service=place.service,
            environment=place.environment,
            running=NOTHING,
            since=None,
            desired=0,
            healthy=0,
            rollout=None,
            seen_at=self.world.now(),
            trouble=look,
        )
