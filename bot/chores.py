"""What is done again and again beside the work: sweeping, taking over, forgetting."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """`do` must be idempotent: replicas do it without agreeing on whose turn it is."""

    name: str
    every_s: float
    do: Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Chores:
    """Runs each chore at its interval; a failure is said once, and once more when it is well."""

    chores: Sequence[Chore]
    pace: float = 1.0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list, init=False)

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._run(chore), name=f"chore {chore.name}")
            for chore in self.chores
        ]

    async def _run(self, chore: Chore) -> None:
        failing = False
        while True:
            try:
                await chore.do()
            except Exception:  # the next round is the remedy; the log is where it is seen
                if not failing:
                    log.exception(
                        "chore_failed", extra={"action": "chore_failed", "chore": chore.name}
                    )
                failing = True
            else:
                if failing:
                    log.info("chore_well", extra={"action": "chore_well", "chore": chore.name})
                failing = False
            await asyncio.sleep(chore.every_s / self.pace)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
