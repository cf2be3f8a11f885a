"""Threads of an integration's own, for client libraries that block."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from integrations.errors import Unavailable

T = TypeVar("T")


class Threads:
    """A few threads that one system's slowness can fill and no other system's.

    asyncio's default pool is six threads on two cores, and DNS look-ups share it.
    """

    def __init__(self, system: str, threads: int) -> None:
        self._system = system
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=system)

    async def run(self, operation: str, call: Callable[[], T], *, deadline_s: float) -> T:
        """Run `call` in a thread and return what it returns.

        `deadline_s` counts from now, waiting for a free thread included. It stands behind the
        library's own time-outs, which begin anew with every byte. After it, or when the caller is
        cancelled, the thread goes on alone until those time-outs end it.

        Raises:
            Unavailable: the deadline passed. Whether the call took effect is unknown.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline_s):
                return await loop.run_in_executor(self._pool, call)
        except TimeoutError:
            raise Unavailable(
                self._system, operation, f"no answer within {deadline_s:g} s"
            ) from None

    async def aclose(self) -> None:
        """Take no more calls and forget those not begun; those under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)
