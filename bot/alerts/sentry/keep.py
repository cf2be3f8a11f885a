"""Sentry is asked again about groups that are open: counts grow, and no webhook is repeated."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.evidence.issues import AGAIN_AFTER
from bot.domain.evidence.issues import SOURCE
from bot.domain.finding import Phase
from bot.storage import sentry
from bot.world import World

LOOK_FOR = timedelta(hours=1)
"""How long after its onset Sentry is asked again about a group that is open."""
MOST = 8
"""Groups asked about in one round: Sentry's patience is one for the whole organization."""


@dataclass(frozen=True, slots=True)
class KeepIssues:
    """Looks again at the issues of groups that are due: a chore."""

    world: World

    async def __call__(self) -> int:
        """Returns how many groups were asked about; the cost of each is `look_at_issues`'s."""
        now = self.world.now()
        async with self.world.database.read() as connection:
            if not await sentry.has_due(connection, at=now):
                return 0
        async with self.world.database.write() as connection:
            due = await sentry.due(
                connection,
                at=now,
                next_at=now + self.world.paced(AGAIN_AFTER),
                began_after=now - self.world.paced(LOOK_FOR),
                most=MOST,
            )
        sources = [source for source in SOURCES if source.name == SOURCE]
        await asyncio.gather(
            *(ask_all(self.world, sources, group_id, Phase.ONSET) for group_id in due)
        )
        return len(due)
