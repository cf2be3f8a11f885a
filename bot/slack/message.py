"""A card's message: posted once, then edited, always as its rows are now."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from bot import metrics
from bot.cards.blocks import Message
from bot.cards.plain import as_text
from bot.slack import look
from bot.slack.desk import BAD_BLOCKS, CLOSED, DELETED, Desk, say_refused_blocks
from bot.slack.errors import OutcomeUnknown, RateLimited, Refused, SlackError
from bot.storage import budgets, deliveries, threads
from bot.storage.deliveries import Claim, Work

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A card as it was in one snapshot; `is_plain` when its blocks are known to be refused."""

    revision: int
    message: Message
    is_plain: bool

    def arguments(self, card_id: str) -> dict[str, Any]:
        """What Slack is sent; an empty list takes away blocks that stand there."""
        return {
            "text": self.message.text,
            "blocks": list(self.message.blocks),
            "metadata": look.card_metadata(card_id, self.revision),
        }


@dataclass(frozen=True, slots=True)
class CardMessages:
    """Posts and edits the messages of cards."""

    desk: Desk

    async def post(self, claim: Claim, work: Work) -> None:
        """Post the card's message, after looking whether an earlier try got through.

        Raises:
            LeaseLost: nothing was written.
        """
        try:
            channel_id = await self.desk.channels.resolve(claim.channel)
            if work.attempted_at is not None and await self._adopted(claim, work, channel_id):
                return
        except SlackError as exc:
            await self._post_failed(claim, work, exc, sent=False)
            return
        rendered = await self._render(work)
        where = {} if work.thread_ts is None else {"thread_ts": work.thread_ts}
        began_at = asyncio.get_running_loop().time()
        async with self.desk.holding(claim) as connection:
            if not await deliveries.begin_post(
                connection,
                claim,
                work.card_id,
                every_s=self.desk.rhythm.posting_every_s,
                unknown_for_s=self.desk.rhythm.timeout_s,
                ahead_s=self.desk.rhythm.posting_ahead_s if work.thread_ts is None else 0.0,
            ):
                return
        try:
            posted = await self.desk.send(
                claim,
                began_at,
                "chat.postMessage",
                channel=channel_id,
                unfurl_links=False,
                unfurl_media=False,
                **where,
                **rendered.arguments(work.card_id),
            )
        except SlackError as exc:
            await self._post_failed(claim, work, exc, sent=True, rendered=rendered)
            return
        await self._shown(claim, work, rendered.revision, posted["channel"], posted["ts"], pause=0)

    async def edit(self, claim: Claim, work: Work) -> None:
        """Bring the card's message to what its rows say now.

        Raises:
            LeaseLost: nothing was written.
        """
        rendered = await self._render(work)
        began_at = asyncio.get_running_loop().time()
        async with self.desk.holding(claim) as connection:
            updates = self.desk.rhythm.updates
            if not await budgets.take(connection, updates, urgent=work.is_urgent):
                return
        try:
            await self.desk.send(
                claim,
                began_at,
                "chat.update",
                channel=work.channel_id,
                ts=work.ts,
                **rendered.arguments(work.card_id),
            )
        except SlackError as exc:
            await self._edit_failed(claim, work, exc, rendered)
            return
        pause = self.desk.rhythm.edit_pause_s
        place = (str(work.channel_id), str(work.ts))
        await self._shown(claim, work, rendered.revision, *place, pause=pause)

    async def _render(self, work: Work) -> Rendered:
        """The revision and the rows of one snapshot: what is shown is never older than it says."""
        async with self.desk.database.read() as connection:
            wanted, refused = await deliveries.revision(connection, work.card_id)
            render = self.desk.renders[work.kind]
            message = await render(connection, work.subject_id, self.desk.now())
        is_plain = wanted == refused
        return Rendered(wanted, as_text(message) if is_plain else message, is_plain)

    async def _adopted(self, claim: Claim, work: Work, channel_id: str) -> bool:
        """Whether the message is there already; then it is ours, at the revision it carries."""
        if work.attempted_at is None:
            return False
        found = await look.for_card(
            self.desk.api,
            channel_id,
            work.card_id,
            since=work.attempted_at,
            thread_ts=work.thread_ts,
        )
        if found is None:
            return False
        log.info("post_found", extra={"action": "post_found", "card": work.card_id})
        await self._shown(claim, work, found.revision, channel_id, found.ts, pause=0)
        return True

    async def _shown(
        self, claim: Claim, work: Work, revision: int, channel_id: str, ts: str, *, pause: float
    ) -> None:
        async with self.desk.holding(claim) as connection:
            await deliveries.shown(
                connection,
                work.card_id,
                revision=revision,
                channel_id=channel_id,
                ts=ts,
                pause_s=pause,
            )
            now = await deliveries.clock(connection)
        delay_s = max(0.0, (now - work.wanted_at).total_seconds())
        metrics.card_delay_seconds.labels(work.urgency.name.lower()).observe(delay_s)
        log.info(
            "card_shown",
            extra={
                "action": "card_shown",
                "card": work.card_id,
                "kind": work.kind.value,
                "subject": work.subject_id,
                "revision": revision,
                "delay_ms": round(delay_s * 1000),
            },
        )

    async def _post_failed(
        self,
        claim: Claim,
        work: Work,
        exc: SlackError,
        *,
        sent: bool,
        rendered: Rendered | None = None,
    ) -> None:
        if sent and not isinstance(exc, OutcomeUnknown):
            async with self.desk.holding(claim) as connection:
                if work.attempted_at is None:
                    await deliveries.not_sent(connection, work.card_id)
                if isinstance(exc, RateLimited):
                    await deliveries.pause_posts(connection, claim.channel, for_s=exc.retry_after_s)
        if rendered is not None and await self._blocks_refused(claim, work, exc, rendered):
            return
        if exc.code in CLOSED and work.otherwise is not None:
            await self._move(claim, work, exc, to=work.otherwise)
            return
        if exc.code in DELETED and work.thread_ts is not None:
            async with self.desk.holding(claim) as connection:
                await deliveries.thread_gone(connection, work, error=str(exc))
            return
        await self.desk.failed(claim, work, exc)

    async def _move(self, claim: Claim, work: Work, exc: SlackError, *, to: str) -> None:
        """The bot is not where the card was wanted: it stands where that was foreseen."""
        log.info(
            "card_moved",
            extra={"action": "card_moved", "card": work.card_id, "why": exc.code},
        )
        self.desk.channels.left(claim.channel)
        async with self.desk.holding(claim) as connection:
            await deliveries.move(connection, work.card_id, to=to)

    async def _edit_failed(
        self, claim: Claim, work: Work, exc: SlackError, rendered: Rendered
    ) -> None:
        if isinstance(exc, RateLimited):
            async with self.desk.holding(claim) as connection:
                await budgets.exhaust(connection, self.desk.rhythm.updates, for_s=exc.retry_after_s)
        if isinstance(exc, Refused) and exc.code in DELETED:
            await self.gone(claim, work, exc, revision=rendered.revision)
            return
        if not await self._blocks_refused(claim, work, exc, rendered):
            await self.desk.failed(claim, work, exc)

    async def gone(self, claim: Claim, work: Work, exc: SlackError, *, revision: int) -> None:
        """Somebody deleted the message: post it anew, once; a second time they mean it."""
        log.warning(
            "message_deleted",
            extra={"action": "message_deleted", "card": work.card_id, "reposts": work.reposts},
        )
        async with self.desk.holding(claim) as connection:
            if work.reposts == 0:
                await deliveries.forget_message(connection, work.card_id)
            else:
                await deliveries.settle(connection, work.card_id, revision=revision, error=str(exc))

    async def _blocks_refused(
        self, claim: Claim, work: Work, exc: SlackError, rendered: Rendered
    ) -> bool:
        """Go on without the pictures Slack refuses to show, or else without any blocks."""
        if not isinstance(exc, Refused) or exc.code not in BAD_BLOCKS or rendered.is_plain:
            return False
        say_refused_blocks(work, exc)
        file_ids = [
            block["slack_file"]["id"]
            for block in rendered.message.blocks
            if block["type"] == "image" and "slack_file" in block
        ]
        async with self.desk.holding(claim) as connection:
            if not (file_ids and await threads.refuse_pictures(connection, file_ids)):
                await deliveries.refuse_blocks(connection, work.card_id, rendered.revision)
            else:
                await deliveries.postpone(connection, work.card_id, for_s=0)
        return True
