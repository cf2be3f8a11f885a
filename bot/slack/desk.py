"""What every part of the deliverer works with, and how it ends a try that failed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.cards.blocks import Message
from bot.domain.card import Kind
from bot.slack.api import SlackApi
from bot.slack.channels import Channels
from bot.slack.errors import NotReached, OutcomeUnknown, RateLimited, Refused, SlackError
from bot.slack.rhythm import Rhythm
from bot.storage import deliveries
from bot.storage.database import Connection, Database
from bot.storage.deliveries import Claim, Step, Work

Render = Callable[[Connection, str, datetime], Awaitable[Message]]
"""A subject's card from its rows: (snapshot, subject id, now) → what to show."""

BAD_BLOCKS = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
DELETED = {"message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed"}
"""The message is gone, or no longer ours to edit."""
CLOSED = {"channel_not_found", "is_archived", "not_in_channel", "restricted_action"}
"""We cannot post there; elsewhere we can."""
FOR_A_PERSON = {
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "restricted_action",
    "missing_scope",
    "invalid_auth",
    "account_inactive",
    "token_revoked",
    "not_authed",
}
"""Nothing changes before somebody mends it: tried again slowly."""

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Somebody else may be delivering to this channel by now: stop, and write nothing."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The dependencies of delivery."""

    database: Database
    api: SlackApi
    channels: Channels
    renders: Mapping[Kind, Render]
    rhythm: Rhythm
    now: Callable[[], datetime]

    @asynccontextmanager
    async def holding(self, claim: Claim) -> AsyncIterator[Connection]:
        """A transaction in which the channel is ours.

        Raises:
            LeaseLost: it is not any more.
        """
        async with self.database.write() as connection:
            if not await deliveries.hold(connection, claim):
                raise LeaseLost(claim.channel)
            yield connection

    async def send(self, claim: Claim, began_at: float, method: str, **arguments: Any) -> Any:
        """Call Slack for something people will see, unless we were frozen since `began_at`.

        `began_at` is the loop's time before the transaction that renewed the lease.

        Raises:
            LeaseLost: so much time went by that the lease may end before Slack answers.
            SlackError: as `SlackApi.call`.
        """
        left_s = self.rhythm.lease_s - (asyncio.get_running_loop().time() - began_at)
        if left_s < self.rhythm.timeout_s:
            raise LeaseLost(claim.channel)
        return await self.api.call(method, **arguments)

    async def failed(self, claim: Claim, work: Work, exc: SlackError) -> None:
        """Put the card, or its thread, off for as long as the failure says, and keep why."""
        log.warning(
            "delivery_failed",
            extra={
                "action": "delivery_failed",
                "card": work.card_id,
                "channel": claim.channel,
                "step": work.step.value,
                "error": str(exc),
            },
        )
        for_s = 0.0 if await self._rejoined(claim, work, exc) else self._wait_s(work, exc)
        error = None if isinstance(exc, RateLimited) else str(exc)
        put_off = deliveries.postpone_thread if work.step is Step.ENTRY else deliveries.postpone
        async with self.holding(claim) as connection:
            await put_off(connection, work.card_id, for_s=for_s, error=error)

    async def _rejoined(self, claim: Claim, work: Work, exc: SlackError) -> bool:
        """Whether the bot was out of the channel and is in it again; tried once in a row."""
        failures = work.thread_failures if work.step is Step.ENTRY else work.failures
        if exc.code != "not_in_channel" or failures:
            return False
        try:
            return await self.channels.join(
                work.channel_id or await self.channels.resolve(claim.channel)
            )
        except SlackError:
            return False

    def _wait_s(self, work: Work, exc: SlackError) -> float:
        failures = work.thread_failures if work.step is Step.ENTRY else work.failures
        if isinstance(exc, RateLimited):
            return exc.retry_after_s
        if isinstance(exc, OutcomeUnknown) and work.step is not Step.EDIT:
            return self.rhythm.timeout_s  # Slack may still be at it
        if isinstance(exc, NotReached | OutcomeUnknown) or exc.code not in FOR_A_PERSON:
            return self.rhythm.retry_s(failures)
        return self.rhythm.slow_retry_s(failures)


def say_refused_blocks(work: Work, exc: Refused) -> None:
    """Log what Slack found wrong with a card's blocks: a bug of ours, with its place."""
    log.error(
        "blocks_refused",
        extra={
            "action": "blocks_refused",
            "card": work.card_id,
            "kind": work.kind.value,
            "error": exc.code,
            "problems": list(exc.problems),
        },
    )
