"""The inbox is worked off: each webhook once, in order within its group, as soon as it is there."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from bot import metrics, reporting
from bot.alerts import normalise
from bot.alerts.dialects.hear import SENDERS, hear_dialect
from bot.alerts.group import GroupAlerts
from bot.alerts.hear_pagerduty import hear
from bot.alerts.join import JoinIncident
from bot.alerts.sentry.hear import hear_sentry
from bot.storage import inbox
from bot.storage.database import Connection, Database
from bot.storage.transient import is_transient
from integrations.alertmanager import webhook as alertmanager
from integrations.pagerduty import webhook as pagerduty
from integrations.sentry import client as sentry

POLL_S = 0.5
"""How often other replicas' webhooks are looked for; those of this process wake the worker."""
LEASE_S = 10.0
"""A row takes milliseconds; whoever holds one this long is dead."""
TOGETHER = 10
"""Rows taken in with one transaction: cards wait for it, a tenth of a second at most."""
GROUPING = frozenset({alertmanager.SYSTEM, *SENDERS})
"""Senders of alerts: only their rows are taken in together."""
ATTEMPTS = 4
"""After so many failures a row is put aside: its group goes on without it."""
FIRST_WAIT_S = 1.0
"""Before the second attempt; each later one waits twice as long."""

log = logging.getLogger(__name__)


class BeginLooks(Protocol):
    """Starts the looks for more that were promised, by their ids."""

    async def __call__(self, identities: Sequence[str]) -> None: ...


class LostRow(Exception):
    """The lease ran out and somebody else has the row: nothing of ours is written."""


class Deadly(Exception):
    """A row that nobody has survived: it is not tried again."""


@dataclass(slots=True)
class Receiver:
    """Works off the inbox until it is stopped. Every replica has one.

    `wake` is called after a webhook was kept in this process; `tell` after cards were marked.
    """

    database: Database
    group: GroupAlerts
    join: JoinIncident
    begin: BeginLooks
    now: Callable[[], datetime]
    tell: Callable[[], None]
    pace: float = 1.0
    owner: str = field(default_factory=lambda: uuid4().hex)
    _awake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="receiver")

    async def stop(self) -> None:
        """Stop after the row under way; what waits goes on after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """Look at the inbox now."""
        self._awake.set()

    async def _run(self) -> None:
        is_failing = False
        while True:
            self._awake.clear()
            try:
                await self.work_off()
                await self._open_unclaimed()
            except Exception as exc:  # the inbox keeps everything; the next look is the remedy
                if not is_failing:
                    log.exception("inbox_failed", extra={"action": "inbox_failed"})
                    reporting.report(exc)
                is_failing = True
            else:
                is_failing = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S / self.pace):
                    await self._awake.wait()

    async def work_off(self) -> int:
        """Work off everything that is due; returns how many rows were taken in."""
        done = 0
        while True:
            async with self.database.write() as connection:
                claimed = await inbox.claim_fresh(
                    connection, self.owner, for_s=LEASE_S, at_most=TOGETHER
                )
            if not claimed:
                async with self.database.write() as connection:
                    again = await inbox.claim(connection, self.owner, for_s=LEASE_S)
                if again is None:
                    break
                claimed = (again,)
            done += await self._take_together(claimed)
        async with self.database.read() as connection:
            waiting, _ = await inbox.count(connection)
        metrics.inbox_waiting.set(waiting)
        return done

    async def _take_together(self, claimed: Sequence[inbox.Delivery]) -> int:
        """Take rows of different partitions in at once; where one cannot be, each by itself.

        In a storm most of what a row costs is its transaction.
        """
        alone = [one for one in claimed if one.source not in GROUPING]
        together = [one for one in claimed if one.source in GROUPING]
        if len(together) < 2:
            return sum([await self._take(delivery) for delivery in claimed])
        looks: list[str] = []
        group = self.group.together()
        try:
            async with self.database.write() as connection:
                for delivery in together:
                    asked, aside = await self._handle(connection, delivery, group)
                    await _finish(connection, delivery, aside)
                    looks += asked
                looks += await group.settle(connection, at=self.now())
        except Exception:  # whichever it was: by itself it fails alone, and is kept with its error
            log.info("taken_one_by_one", extra={"action": "taken_one_by_one"}, exc_info=True)
            return sum([await self._take(delivery) for delivery in claimed])
        self.tell()
        await self._begin(looks)
        return len(together) + sum([await self._take(delivery) for delivery in alone])

    async def _take(self, delivery: inbox.Delivery) -> bool:
        """Take a row in and finish it, in one transaction: all of it happened, or nothing."""
        if delivery.failures >= ATTEMPTS:
            await self._failed(delivery, Deadly("every process that took it in has died"))
            return False
        try:
            async with self.database.write() as connection:
                looks, aside = await self._handle(connection, delivery, self.group)
                await _finish(connection, delivery, aside)
        except LostRow:
            return False
        except Exception as exc:  # noqa: BLE001  kept with the row, logged and reported there
            await self._failed(delivery, exc)
            return False
        self.tell()
        await self._begin(looks)
        return True

    async def _begin(self, looks: Sequence[str]) -> None:
        """Start the looks at once; what the engine does not take now, the sweeper repeats."""
        if not looks:
            return
        try:
            await self.begin(looks)
        except Exception:  # the rows promise it
            log.warning("looks_late", extra={"action": "looks_late"}, exc_info=True)

    async def _handle(
        self, connection: Connection, delivery: inbox.Delivery, group: GroupAlerts
    ) -> tuple[tuple[str, ...], str]:
        """The looks it asks for, and why the row is put aside; empty where it is understood."""
        match delivery.source:
            case alertmanager.SYSTEM:
                told = alertmanager.parse(delivery.body)
                update = normalise.from_alertmanager(told, at=delivery.received_at)
                return await group(connection, update, at=self.now()), ""
            case source if source in SENDERS:
                return await hear_dialect(connection, group, delivery, at=self.now()), ""
            case sentry.SYSTEM:
                return await hear_sentry(connection, group, delivery, at=self.now())
            case pagerduty.SYSTEM:
                return (), await hear(connection, self.join, delivery.body, at=self.now())
            case _:
                raise ValueError(f"a webhook from {delivery.source}, which nobody reads")

    async def _failed(self, delivery: inbox.Delivery, exc: Exception) -> None:
        """Try again later, or put the row aside; a database that is away is not the row's fault."""
        if is_transient(exc):
            raise exc
        last = delivery.failures + 1 >= ATTEMPTS
        log.error(
            "webhook_failed",
            extra={
                "action": "webhook_put_aside" if last else "webhook_failed",
                "source": delivery.source,
                "inbox_id": delivery.id,
            },
            exc_info=exc,
        )
        reporting.report(exc)
        metrics.inbox_failures.labels(delivery.source).inc()
        async with self.database.write() as connection:
            await inbox.fail(
                connection,
                delivery,
                error=f"{type(exc).__name__}: {exc}",
                again_in_s=FIRST_WAIT_S * 2**delivery.failures / self.pace,
                put_aside=last,
            )

    async def _open_unclaimed(self) -> None:
        """Incidents of PagerDuty that no alert group claimed in time get cards of their own."""
        async with self.database.read() as connection:
            if not await self.join.has_unclaimed(connection, at=self.now()):
                return
        async with self.database.write() as connection:
            opened = await self.join.open_unclaimed(connection, at=self.now())
        if opened:
            self.tell()


async def _finish(connection: Connection, delivery: inbox.Delivery, aside: str) -> None:
    if not await inbox.finish(connection, delivery, aside=aside):
        raise LostRow
