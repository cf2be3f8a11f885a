"""Rows of scalings are promises: a workflow begins for each that needs one, and time moves others.

While a scaling stands nothing runs for it, for hours or for days: a workflow that waited so long
would be taken up at every restart, and the engine gives up one that met too many. Instead the sweep
looks for what is due. A workflow's id holds which time it works on the row, so it begins once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import metrics
from bot.changes.beside import Beside
from bot.changes.scaling.end import end, write_down
from bot.changes.scaling.work import work
from bot.domain.scaling.scaling import Scaling, ScalingState
from bot.engine import Engine
from bot.storage import scalings
from bot.storage.database import Database

OLD_ENOUGH = timedelta(seconds=5)
"""Younger rows are still being promised by whoever wrote them."""
S = ScalingState

log = logging.getLogger(__name__)


def workflow_id(scaling: Scaling) -> str:
    """The id of the workflow that works on it this time."""
    return f"{scaling.id}:{scaling.run}"


@dataclass(frozen=True, slots=True)
class ScalingPromises:
    """Keeps what rows of scalings promise. Every wait is divided by `pace`."""

    database: Database
    engine: Engine
    now: Callable[[], datetime]
    wake: Callable[[], None]
    pace: float = 1.0
    _beside: Beside = field(default_factory=lambda: Beside(log), init=False)

    def begin(self, scaling: Scaling) -> None:
        """Have a workflow work on it as it stands now, without waiting for it."""
        self._beside.soon(self._begin(scaling), f"promise of {scaling.id}")

    async def _begin(self, scaling: Scaling) -> None:
        await self.engine.begin(work, workflow_id(scaling), scaling.id, scaling.run)

    async def sweep(self) -> int:
        """Move what the clock moves, and begin what was not begun; returns how many."""
        now = self.now()
        async with self.database.read() as connection:
            over = await scalings.over(connection, now)
        moved = [one for one in [await self._time_is_over(each, now) for each in over] if one]
        async with self.database.read() as connection:
            unfinished = await scalings.to_work_on(connection, now - OLD_ENOUGH / self.pace)
        by_id = {workflow_id(scaling): scaling for scaling in unfinished}
        for unknown in sorted(by_id.keys() - await self.engine.known(by_id)):
            await self._begin(by_id[unknown])
            metrics.swept.labels("scaling").inc()
            moved.append(by_id[unknown])
        return len(moved)

    async def _time_is_over(self, scaling: Scaling, now: datetime) -> Scaling | None:
        """Of several replicas that try, one moves it."""
        if scaling.state is S.STANDING:
            async with self.database.write() as connection:
                due = await scalings.move(connection, scaling.id, S.DUE, of={S.STANDING}, at=now)
            if due is not None:
                await self._begin(due)
            return due
        async with self.database.write() as connection:
            ended = await end(
                connection,
                scaling.id,
                S.EXPIRED,
                of={S.PROPOSED},
                at=now,
                why="Nobody confirmed it in time.",
            )
            await write_down(connection, ended, at=now)
        self.wake()
        return ended

    async def settle(self) -> None:
        """Give what is being begun now a moment; the rest is the sweep's. For stopping."""
        await self._beside.settle()
