"""Messages people mark with an emoji: the mark is kept with its event, then the message is read.

The event says which message, not what it says: that is asked of Slack once the mark is kept, and
again by a sweep where nobody came to it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from bot import reporting
from bot.cards.answer import Answer
from bot.cards.live import live
from bot.domain.note import Mark, Said
from bot.errors import BotError
from bot.logs import correlated
from bot.slack.api import SlackApi
from bot.slack.errors import Refused, SlackError
from bot.slack.replies import Replies
from bot.slack.requests import Whereto
from bot.storage import notes
from bot.storage.database import Connection, Database

OLD_ENOUGH = timedelta(seconds=5)
"""Younger marks are being looked at by whoever took their event."""
PATIENCE = timedelta(hours=1)
"""How long a message that cannot be read is asked for again."""
DRAIN_S = 5.0

Take = Callable[[Mark, Said | None], Awaitable[Answer | None]]
"""What is made of a marked message; None where Slack has none any more."""

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class MarkedMessages:
    """Keeps marks and hands the messages on."""

    api: SlackApi
    replies: Replies
    database: Database
    emoji: str
    bot_user_id: str
    take: Take
    now: Callable[[], datetime]
    pace: float = 1.0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def keep(
        self, connection: Connection, event: Mapping[str, Any]
    ) -> Callable[[], None] | None:
        """Keep a mark in the transaction that takes its event; returns what begins the reading.

        Any other emoji, and whatever we put somewhere ourselves, is nobody's mark.
        """
        item = event.get("item") or {}
        is_ours = event.get("user") == self.bot_user_id
        # A skin tone is appended to the name.
        name = str(event.get("reaction", "")).partition("::")[0]
        if name != self.emoji or is_ours or item.get("type") != "message":
            return None
        mark = Mark(str(item["channel"]), str(item["ts"]), str(event["user"]), self.now())
        await notes.keep_mark(connection, mark)
        return partial(self._begin, mark)

    async def sweep(self) -> int:
        """Look at marks that nobody came to; returns how many there were."""
        async with self.database.read() as connection:
            left = await notes.marks(connection, self.now() - OLD_ENOUGH / self.pace)
        for mark in left:
            await self._look(mark)
        return len(left)

    async def stop(self) -> None:
        """Let those under way end; what is left is kept."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=DRAIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _begin(self, mark: Mark) -> None:
        task = asyncio.create_task(self._look(mark), name="marked message")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self, mark: Mark) -> None:
        """Read the message and hand it on; the mark goes when that is over, and not before."""
        correlation_id = uuid4().hex[:12]
        with correlated(correlation_id):
            try:
                said = await self._read(mark)
            except SlackError as exc:
                log.warning("mark_unread", extra={"action": "mark_unread", "why": str(exc)})
                if self.now() - mark.marked_at < PATIENCE / self.pace:
                    return  # the sweep comes again
                said = None
            try:
                answer = await self.take(mark, said)
            except BotError as exc:
                answer = Answer(live(str(exc)))
            except Exception as exc:  # said, and looked at again for as long as there is patience
                log.exception("mark_failed", extra={"action": "mark_failed"})
                reporting.report(exc)
                if self.now() - mark.marked_at < PATIENCE / self.pace:
                    return
                answer = Answer(f"That went wrong on my side. It is recorded as {correlation_id}.")
        async with self.database.write() as connection:
            is_first = await notes.forget_mark(connection, mark)
        if is_first and answer is not None:
            thread_ts = said.thread_ts if said is not None else None
            to = Whereto(mark.by, mark.channel_id, thread_ts, None)
            self.replies.tell(to, answer, correlation_id)

    async def _read(self, mark: Mark) -> Said | None:
        """The message; None where there is none for us.

        A thread is listed with its first message before the part that was asked for.

        Source: https://docs.slack.dev/reference/methods/conversations.replies
        """
        try:
            found = await self.api.call(
                "conversations.replies",
                channel=mark.channel_id,
                ts=mark.ts,
                oldest=mark.ts,
                latest=mark.ts,
                inclusive=True,
                limit=2,
            )
        except Refused as exc:
            log.warning("mark_refused", extra={"action": "mark_refused", "why": exc.code})
            return None
        for message in found.get("messages") or ():
            if message.get("ts") == mark.ts:
                return _said(message)
        return None


def _said(message: Mapping[str, Any]) -> Said:
    is_a_persons = "bot_id" not in message and message.get("user")
    thread_ts = message.get("thread_ts")
    return Said(
        ts=str(message["ts"]),
        thread_ts=str(thread_ts) if thread_ts else None,
        text=str(message.get("text") or ""),
        by=str(message["user"]) if is_a_persons else None,
    )
