"""Failover between replicas on PostgreSQL: what a dead one was doing goes on in another.

DBOS recovers only its own executor's workflows. Every replica therefore beats a lease row, and one
of them at a time hands the workflows of replicas that have fallen silent back to the engine. The
lease and the verdict "silent" are both on the database's clock. A replica that cannot beat for as
long as its lease must stop: another may already be doing its work.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.engine import Engine
from bot.storage import leases
from bot.storage.database import Database

LEASE_S = 30.0
BEAT_S = 5.0
REAPER = "reaper"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Failover:
    """`lost` is called, once, when this replica could not beat for a whole lease."""

    database: Database
    engine: Engine
    replica: str
    lost: Callable[[], None]
    pace: float = 1.0
    _task: asyncio.Task[None] | None = field(default=None, init=False)

    async def beat(self) -> None:
        """Say we live; first before the engine starts, so that it is never seen without a lease."""
        async with self.database.write() as connection:
            await leases.beat(connection, self.replica, for_s=LEASE_S / self.pace)

    async def reap(self) -> frozenset[str]:
        """Take over what dead replicas left; returns whose work was taken."""
        async with self.database.write() as connection:
            mine = await leases.hold(connection, REAPER, self.replica, for_s=2 * BEAT_S / self.pace)
        if not mine:
            return frozenset()
        owners = await self.engine.owners_of_unfinished()
        async with self.database.read() as connection:
            dead = await leases.dead_among(connection, owners - {self.replica})
        if dead:
            log.warning("replicas_taken_over", extra={"action": "takeover", "dead": sorted(dead)})
            await self.engine.recover(dead)
        return dead

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="failover")

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        last_beat = loop.time()
        while True:
            await asyncio.sleep(BEAT_S / self.pace)
            try:
                async with asyncio.timeout(BEAT_S / self.pace):
                    await self.beat()
                last_beat = loop.time()
                await self.reap()
            except Exception:  # the database may be away; the lease decides how long we may go on
                log.exception("beat_failed", extra={"action": "beat_failed"})
            if loop.time() - last_beat > LEASE_S / self.pace:
                self.lost()
                return

    async def stop(self) -> None:
        """Stop beating and let others take over at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        async with self.database.write() as connection:
            await leases.expire(connection, self.replica)
