"""Promises to the engine: a row is written first, and its workflow started or woken after it.

Our tables and the engine's journal are two databases. What the row promises is therefore tried at
once, beside the answer to the person, and again by a sweep until the engine has it. Both may happen
many times: a workflow starts once for its id, and a message counts once for its key.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import metrics
from bot.changes.beside import Beside
from bot.changes.deploy import carry_out
from bot.engine import CONTROL, Engine
from bot.storage import acts, changes
from bot.storage.database import Database

OLD_ENOUGH = timedelta(seconds=5)
"""Younger rows are still being promised by whoever wrote them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Promises:
    """Keeps what rows of changes promise. Every wait is divided by `pace`."""

    database: Database
    engine: Engine
    now: Callable[[], datetime]
    pace: float = 1.0
    _beside: Beside = field(default_factory=lambda: Beside(log), init=False)

    def begin(self, change_id: str) -> None:
        """Start the change's workflow, without waiting for it."""
        self._beside.soon(self._begin(change_id), f"promise of {change_id}")

    def tell(self, change_id: str, state_revision: int) -> None:
        """Wake the change's workflow after the act done to this revision, without waiting."""
        self._beside.soon(self._tell(change_id, state_revision), f"promise of {change_id}")

    async def _begin(self, change_id: str) -> None:
        await self.engine.begin(carry_out, change_id, change_id)

    async def _tell(self, change_id: str, state_revision: int) -> None:
        key = f"{change_id}:{state_revision}"
        if not await self.engine.tell(change_id, CONTROL, state_revision, key=key):
            await self._begin(change_id)  # it reads the row when it begins: no word is needed
        async with self.database.write() as connection:
            await acts.mark_told(connection, change_id, state_revision, at=self.now())

    async def sweep(self) -> int:
        """Keep every promise that is old enough and was not kept; returns how many."""
        before = self.now() - OLD_ENOUGH / self.pace
        async with self.database.read() as connection:
            unfinished = await changes.unstarted(connection, before)
            untold = await acts.untold(connection, before)
        unknown = frozenset(unfinished) - await self.engine.known(unfinished)
        for change_id in sorted(unknown):
            await self._begin(change_id)
            metrics.swept.labels("change").inc()
        for change_id, state_revision in untold:
            await self._tell(change_id, state_revision)
            metrics.swept.labels("act").inc()
        return len(unknown) + len(untold)

    async def settle(self) -> None:
        """Give what is being kept now a moment; the rest is the sweep's. For stopping."""
        await self._beside.settle()
