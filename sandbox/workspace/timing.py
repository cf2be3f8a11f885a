"""Waiting on the workspace's clock, and the tasks that do it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from sandbox.clock import Clock, RealClock

POLL_S = 0.004
"""How often a clock that somebody else turns is looked at."""


class Timing:
    """The clock and the pace, and whatever is still to happen by them.

    `pace` shortens the waits Slack imposes (redelivery, file processing, rate limits). It does
    not shorten what measures the bot: the 3 s to acknowledge, the life of a trigger.
    """

    def __init__(self, clock: Clock, pace: float) -> None:
        if pace <= 0:
            raise ValueError(f"pace must be above 0, not {pace}")
        self.clock = clock
        self.pace = pace
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.clock.now()

    async def wait(self, seconds: float) -> None:
        """Sleep for `seconds` divided by the pace."""
        await self._until(self.now() + seconds / self.pace)

    async def answer(self, future: "asyncio.Future[Any]", *, within_s: float) -> Any:
        """Return the future's result, or raise TimeoutError; the pace does not apply."""
        alarm = asyncio.create_task(self._until(self.now() + within_s))
        try:
            await asyncio.wait({future, alarm}, return_when=asyncio.FIRST_COMPLETED)
            if not future.done():
                raise TimeoutError
            return future.result()
        finally:
            alarm.cancel()
            future.cancel()
            await asyncio.gather(alarm, future, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start something that nobody waits for; `stop` ends it if it has not ended by then."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Cancel what is still waiting."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _until(self, at: float) -> None:
        if isinstance(self.clock, RealClock):
            await asyncio.sleep(max(0.0, at - self.now()))
            return
        while self.now() < at:  # noqa: ASYNC110  a clock has no event to wait for
            await asyncio.sleep(POLL_S)
