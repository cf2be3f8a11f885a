"""Tasks beside the answer to a person: what is promised by a row, done at once if all goes well."""

import asyncio
import contextvars
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

SETTLE_S = 5.0
"""How long a process that stops waits for them."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Keeps such tasks. One that fails is the sweep's: `late` is what the log calls that."""

    log: logging.Logger
    late: str = "promise_not_kept_yet"
    _kept: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    def soon(
        self,
        doing: Coroutine[Any, Any, None],
        name: str,
        *,
        context: contextvars.Context | None = None,
    ) -> None:
        """Do it without waiting for it."""
        task = asyncio.create_task(doing, name=name, context=context)
        self._kept.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._kept.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            self.log.warning(self.late, exc_info=problem, extra={"action": self.late})

    async def settle(self) -> None:
        """Give what is being done now a moment; the rest is the sweep's. For stopping."""
        if not self._kept:
            return
        _, late = await asyncio.wait(self._kept, timeout=SETTLE_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
