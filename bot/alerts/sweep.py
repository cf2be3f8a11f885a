"""What rows promise and the engine does not know is started again: the id makes it harmless."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import metrics
from bot.alerts.enrich import AGAIN_AFTER_S, enrich
from bot.alerts.notes.write import write_note
from bot.alerts.respond import WAITS_S, respond
from bot.engine import Engine
from bot.storage import findings, notes, responses
from bot.storage.database import Database

OLD_ENOUGH = timedelta(seconds=5)
"""Younger rows are being started by whoever wrote them."""


@dataclass(frozen=True, slots=True)
class BeginLooks:
    """Starts looks for more about alert groups, by the ids of their rows."""

    engine: Engine
    pace: float = 1.0

    async def __call__(self, identities: Sequence[str]) -> None:
        again_after_s = [wait_s / self.pace for wait_s in AGAIN_AFTER_S]
        for identity in identities:
            await self.engine.begin(enrich, identity, identity, again_after_s)


@dataclass(frozen=True, slots=True)
class SweepAlerts:
    """Repeats to the engine what it should know: a chore, done by every replica."""

    database: Database
    engine: Engine
    now: Callable[[], datetime]
    pace: float = 1.0

    async def __call__(self) -> int:
        """Returns how many workflows were started."""
        cutoff = self.now() - OLD_ENOUGH / self.pace
        async with self.database.read() as connection:
            looks = await findings.unfinished(connection, cutoff)
            asked = await responses.pending(connection, cutoff)
            written = await notes.pending(connection, cutoff)
        known = await self.engine.known([*looks, *asked, *written])
        forgotten = [identity for identity in looks if identity not in known]
        await BeginLooks(self.engine, self.pace)(forgotten)
        waits_s = [wait_s / self.pace for wait_s in WAITS_S]
        promised = [identity for identity in asked if identity not in known]
        for identity in promised:
            await self.engine.begin(respond, identity, identity, waits_s)
        unwritten = [identity for identity in written if identity not in known]
        for identity in unwritten:
            await self.engine.begin(write_note, identity, identity, waits_s)
        metrics.swept.labels("enrich").inc(len(forgotten))
        metrics.swept.labels("respond").inc(len(promised))
        metrics.swept.labels("note").inc(len(unwritten))
        return len(forgotten) + len(promised) + len(unwritten)
