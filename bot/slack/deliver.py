"""Slack out: the one place that brings Slack to what the cards want.

What is owed is not a queue of messages but cards whose wanted revision is ahead of the shown one,
and threads with entries Slack does not have. A deliverer claims channels by lease, the most urgent
first, and works through what is due in each; every replica may run one. Five changes of a row are
one edit, and a crash anywhere leaves rows from which the next claim goes on.
"""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from bot import metrics, reporting
from bot.domain.card import Kind
from bot.logs import correlated
from bot.slack.api import SlackApi
from bot.slack.channels import Channels
from bot.slack.desk import Desk, LeaseLost, Render
from bot.slack.message import CardMessages
from bot.slack.rhythm import Rhythm
from bot.slack.thread import CardThreads
from bot.slack.upload import Uploads
from bot.storage import cards, deliveries
from bot.storage.database import Database
from bot.storage.deliveries import Claim, Step, Work

CHANNELS_AT_ONCE = 8
COUNT_EVERY_S = 5.0
DRAIN_S = 2.0
"""How much longer than a request a stopping deliverer waits for its work."""

log = logging.getLogger(__name__)


class Deliverer:
    """Delivers cards from `start` to `stop`; `wake` makes it look at once."""

    def __init__(
        self,
        *,
        database: Database,
        api: SlackApi,
        channels: Channels,
        renders: Mapping[Kind, Render],
        owner: str,
        now: Callable[[], datetime],
        rhythm: Rhythm,
    ) -> None:
        """`owner` names this process among all replicas; a restarted one may reuse its name."""
        self._desk = Desk(database, api, channels, renders, rhythm, now)
        self._messages = CardMessages(self._desk)
        self._threads = CardThreads(self._desk, self._messages, Uploads(self._desk))
        self._database = database
        self._rhythm = rhythm
        self._owner = owner
        self._woken = asyncio.Event()
        self._stopping = False
        self._failing = False
        self._counted_at = float("-inf")
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something was marked in this process: look now instead of at the next poll."""
        self._woken.set()

    async def start(self) -> None:
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name="deliverer")

    async def stop(self) -> None:
        """Claim nothing more, let requests under way end, give the channels back."""
        self._stopping = True
        self.wake()
        if self._task is not None:
            await _ended({self._task}, within_s=DRAIN_S)
            self._task = None
        await _ended(set(self._at_work.values()), within_s=self._rhythm.timeout_s + DRAIN_S)

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                await self._claim()
                await self._count_owed()
                self._failing = False
            except Exception as exc:  # noqa: BLE001  the database may be away: next round
                self._say_failing(exc)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rhythm.poll_s):
                    await self._woken.wait()

    async def _claim(self) -> None:
        free = CHANNELS_AT_ONCE - len(self._at_work)
        updates, busy = self._rhythm.updates, self._at_work.keys()
        ahead_s = self._rhythm.posting_ahead_s
        if free <= 0:
            return
        async with self._database.read() as connection:
            if not await deliveries.is_any_due(
                connection, self._owner, updates, busy=busy, ahead_s=ahead_s
            ):
                return
        async with self._database.write() as connection:
            claims = await deliveries.claim(
                connection,
                self._owner,
                updates,
                lease_s=self._rhythm.lease_s,
                busy=busy,
                at_most=free,
                ahead_s=ahead_s,
            )
        for claim in claims:
            task = asyncio.create_task(self._serve(claim), name=f"deliver {claim.channel}")
            self._at_work[claim.channel] = task
            task.add_done_callback(functools.partial(self._left, claim.channel))

    def _left(self, channel: str, _: asyncio.Task[None]) -> None:
        del self._at_work[channel]
        self.wake()  # more may be due here by now, or elsewhere

    async def _serve(self, claim: Claim) -> None:
        """Deliver what is due in one channel until nothing is."""
        try:
            while not self._stopping:
                async with self._database.read() as connection:
                    work = await deliveries.next_work(
                        connection,
                        claim.channel,
                        self._rhythm.updates,
                        ahead_s=self._rhythm.posting_ahead_s,
                    )
                if work is None:
                    break
                with correlated(work.correlation_id):
                    await self._deliver(claim, work)
            async with self._database.write() as connection:
                await deliveries.release(connection, claim)
        except LeaseLost:
            log.warning("lease_lost", extra={"action": "lease_lost", "channel": claim.channel})
        except Exception as exc:  # noqa: BLE001  likewise; the channel is claimed again
            self._say_failing(exc)

    async def _deliver(self, claim: Claim, work: Work) -> None:
        try:
            if work.step is Step.POST:
                await self._messages.post(claim, work)
            elif work.step is Step.EDIT:
                await self._messages.edit(claim, work)
            else:
                await self._threads.deliver(claim, work)
        except LeaseLost:
            raise
        except Exception as exc:  # a card that cannot be drawn must not hold up the others
            log.exception(
                "card_failed",
                extra={"action": "card_failed", "card": work.card_id, "kind": work.kind.value},
            )
            reporting.report(exc)
            await self._put_off(claim, work, type(exc).__name__)

    async def _put_off(self, claim: Claim, work: Work, error: str) -> None:
        is_entry = work.step is Step.ENTRY
        put_off = deliveries.postpone_thread if is_entry else deliveries.postpone
        for_s = self._rhythm.retry_s(work.thread_failures if is_entry else work.failures)
        async with self._desk.holding(claim) as connection:
            await put_off(connection, work.card_id, for_s=for_s, error=error)

    async def _count_owed(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._counted_at < COUNT_EVERY_S:
            return
        self._counted_at = now
        async with self._database.read() as connection:
            metrics.cards_owed.set(await cards.count_owed(connection))

    def _say_failing(self, exc: Exception) -> None:
        if not self._failing:
            log.error(
                "delivery_stalled",
                extra={"action": "delivery_stalled", "error": f"{type(exc).__name__}: {exc}"},
            )
            reporting.report(exc)
        self._failing = True


async def _ended(tasks: set[asyncio.Task[None]], *, within_s: float) -> None:
    """Wait for tasks to end, and end those that do not."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=within_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
