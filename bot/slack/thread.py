"""A card's thread: its entries, once each, in order, under the card's message."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from bot.cards.blocks import Message
from bot.cards.plain import as_text
from bot.slack import look
from bot.slack.desk import BAD_BLOCKS, DELETED, Desk, say_refused_blocks
from bot.slack.errors import OutcomeUnknown, RateLimited, Refused, SlackError
from bot.slack.message import CardMessages
from bot.slack.upload import Uploads
from bot.storage import deliveries, threads
from bot.storage.deliveries import Claim, Work
from bot.storage.threads import Entry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CardThreads:
    """Delivers thread entries."""

    desk: Desk
    messages: CardMessages
    uploads: Uploads

    async def deliver(self, claim: Claim, work: Work) -> None:
        """Deliver the next entry, or take its picture one step further.

        Raises:
            LeaseLost: nothing was written.
        """
        async with self.desk.database.read() as connection:
            entry = await threads.next_entry(connection, work.card_id)
        if entry is None:
            raise LookupError(f"card {work.card_id} owes an entry that is not there")
        try:
            if entry.picture is not None:
                await self.uploads.advance(claim, work, entry, entry.picture)
            elif entry.message is not None:
                await self._post(claim, work, entry, entry.message)
        except SlackError as exc:
            await self._failed(claim, work, entry, exc)

    async def _post(self, claim: Claim, work: Work, entry: Entry, message: Message) -> None:
        if entry.attempted_at is not None and await self._adopted(claim, work, entry):
            return
        shown = as_text(message) if entry.refused else message
        began_at = asyncio.get_running_loop().time()
        async with self.desk.holding(claim) as connection:
            every_s = self.desk.rhythm.posting_every_s
            if not await deliveries.take_post(connection, claim.channel, every_s=every_s):
                return
            await threads.begin_entry(connection, entry, unknown_for_s=self.desk.rhythm.timeout_s)
        posted: dict[str, Any]
        try:
            posted = await self.desk.send(
                claim,
                began_at,
                "chat.postMessage",
                channel=work.channel_id,
                thread_ts=work.ts,
                text=shown.text,
                blocks=list(shown.blocks),
                unfurl_links=False,
                unfurl_media=False,
                metadata=look.entry_metadata(entry.card_id, entry.number),
            )
        except SlackError as exc:
            if not isinstance(exc, OutcomeUnknown) and entry.attempted_at is None:
                async with self.desk.holding(claim) as connection:
                    await threads.entry_not_sent(connection, entry)
            raise
        async with self.desk.holding(claim) as connection:
            await threads.delivered(connection, entry, posted["ts"])

    async def _adopted(self, claim: Claim, work: Work, entry: Entry) -> bool:
        """Whether an earlier try got through."""
        if entry.attempted_at is None:
            return False
        ts = await look.for_entry(
            self.desk.api,
            str(work.channel_id),
            str(work.ts),
            entry.card_id,
            entry.number,
            since=entry.attempted_at,
        )
        if ts is None:
            return False
        async with self.desk.holding(claim) as connection:
            await threads.delivered(connection, entry, ts)
        return True

    async def _failed(self, claim: Claim, work: Work, entry: Entry, exc: SlackError) -> None:
        if isinstance(exc, Refused):
            if exc.code in DELETED:
                await self._parent_gone(claim, work, entry, exc)
                return
            if exc.code in BAD_BLOCKS and not entry.refused:
                say_refused_blocks(work, exc)
                async with self.desk.holding(claim) as connection:
                    await threads.refuse_entry(connection, entry)
                return
        if isinstance(exc, RateLimited) and exc.method == "chat.postMessage":
            async with self.desk.holding(claim) as connection:
                await deliveries.pause_posts(connection, claim.channel, for_s=exc.retry_after_s)
        await self.desk.failed(claim, work, exc)

    async def _parent_gone(self, claim: Claim, work: Work, entry: Entry, exc: Refused) -> None:
        """The card's message was deleted: it comes back once, and after that the thread ends."""
        await self.messages.gone(claim, work, exc, revision=work.wanted)
        if work.reposts > 0:
            async with self.desk.holding(claim) as connection:
                await threads.delivered(connection, entry, None)
