"""Failover between replicas on PostgreSQL: what a dead one was doing goes on in another.

DBOS recovers only its own executor's workflows. Every replica therefore beats a lease row, and one
of them at a time hands the workflows of replicas that have fallen silent back to the engine. The
lease and the verdict "silent" are both on the database's clock. A replica that cannot beat must
stop before its lease has run out: then another does its work.
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
    """`lost` is called, once, when this replica could not renew its lease in time.

    `overdue` is called when it has not stopped by the end of the lease, draining perhaps: from then
    on another replica does its work, so it must end the process at once.
    """

    database: Database
    engine: Engine
    replica: str
    lost: Callable[[], None]
    pace: float = 1.0
    overdue: Callable[[], None] = lambda: None
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
        beat_s, lease_s = BEAT_S / self.pace, LEASE_S / self.pace
        held_until = loop.time() + lease_s
        while True:
            await asyncio.sleep(beat_s)
            asked_at = loop.time()
            if (
                asked_at > held_until
            ):  # we were frozen: beating now would hide that we were taken over
                break
            try:
                async with asyncio.timeout(beat_s):
                    await self.beat()
                held_until = asked_at + lease_s
                async with asyncio.timeout(beat_s):
                    await self.reap()
            except Exception:  # the database may be away; the lease decides how long we may go on
                log.exception("beat_failed", extra={"action": "beat_failed"})
            if loop.time() + 2 * beat_s > held_until:  # the next beat could end after the lease
                break
        log.error("lease_lost", extra={"action": "lease_lost", "replica": self.replica})
        self.lost()
        await asyncio.sleep(max(0.0, held_until - loop.time()))
        log.error("not_left_in_time", extra={"action": "not_left_in_time", "replica": self.replica})
        self.overdue()

    async def stop(self) -> None:
        """Stop beating and let others take over at once, or after the lease if we cannot say so."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        try:
            async with asyncio.timeout(BEAT_S / self.pace), self.database.write() as connection:
                await leases.expire(connection, self.replica)
        except Exception:  # leaving must not fail on what runs out by itself
            log.exception("lease_not_given_back", extra={"action": "lease_not_given_back"})
