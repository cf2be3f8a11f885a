"""After a change: other systems are told of it. Each is tried again, none can fail the change.

What is to be told is promised in the transaction that begins the rollout or ends the change; a
workflow of its own then keeps the promise, begun at once or else by a sweep.
"""

import contextvars
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import metrics
from bot.changes.beside import Beside
from bot.changes.markers.workflow import tell_others
from bot.domain.mark import MarkPhase
from bot.engine import Engine
from bot.storage import marks
from bot.storage.database import Database

OLD_ENOUGH = timedelta(seconds=5)
"""Younger rows are still being promised by whoever wrote them."""

log = logging.getLogger(__name__)


def marks_id(change_id: str, phase: MarkPhase) -> str:
    """The id of the workflow that tells others of a change in this phase."""
    return f"marks:{phase.value}:{change_id}"


@dataclass(slots=True)
class Marks:
    """Has what was promised told. Every wait is divided by `pace`.

    Made before the engine, whose steps call `begin` through the world, and joined to it by `use`;
    what is begun before that is left to the sweep.
    """

    database: Database
    now: Callable[[], datetime]
    pace: float = 1.0
    _engine: Engine | None = field(default=None, init=False)
    _beside: Beside = field(default_factory=lambda: Beside(log, late="marks_late"), init=False)

    def use(self, engine: Engine) -> None:
        """Begin workflows with this engine from now on."""
        self._engine = engine

    def begin(self, change_id: str, phase: MarkPhase) -> None:
        """Start the workflow, without waiting for it. It may be called within a step."""
        if self._engine is None:
            return
        # Within a step's own context the engine takes every call for a part of that step.
        self._beside.soon(
            self._begin(self._engine, change_id, phase),
            f"marks of {change_id}",
            context=contextvars.Context(),
        )

    async def _begin(self, engine: Engine, change_id: str, phase: MarkPhase) -> None:
        identity = marks_id(change_id, phase)
        await engine.begin(tell_others, identity, change_id, phase.value)

    async def sweep(self) -> int:
        """Start what was promised, is old enough and the engine does not know; returns how many."""
        if self._engine is None:
            return 0
        before = self.now() - OLD_ENOUGH / self.pace
        async with self.database.read() as connection:
            owed = await marks.owed(connection, before)
        wanted = {
            marks_id(change_id, kind.phase): (change_id, kind.phase) for change_id, kind in owed
        }
        unknown = wanted.keys() - await self._engine.known(wanted)
        for identity in sorted(unknown):
            await self._begin(self._engine, *wanted[identity])
            metrics.swept.labels("marks").inc()
        return len(unknown)

    async def settle(self) -> None:
        """Give what is being begun now a moment; the rest is the sweep's. For stopping."""
        await self._beside.settle()
