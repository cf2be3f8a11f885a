"""What rows promise of issues and the engine does not know is started again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot import metrics
from bot.alerts.respond import WAITS_S
from bot.alerts.sentry.perform import carry_out
from bot.alerts.sweep import OLD_ENOUGH
from bot.engine import Engine
from bot.storage import issue_acts
from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class SweepIssueActs:
    """Repeats to the engine what it should know: a chore, done by every replica."""

    database: Database
    engine: Engine
    now: Callable[[], datetime]
    pace: float = 1.0

    async def __call__(self) -> int:
        """Returns how many workflows were started."""
        async with self.database.read() as connection:
            asked = await issue_acts.pending(connection, self.now() - OLD_ENOUGH / self.pace)
        known = await self.engine.known(asked)
        promised = [identity for identity in asked if identity not in known]
        for identity in promised:
            waits_s = [wait_s / self.pace for wait_s in WAITS_S]
            await self.engine.begin(carry_out, identity, identity, waits_s)
        metrics.swept.labels("issue").inc(len(promised))
        return len(promised)
