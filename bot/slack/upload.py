"""A picture on its way into a thread.

An upload carries no metadata, so its file id is kept before it is completed, and after doubt
`files.info` says what became of it. Slack processes files after it has answered: the next entry
waits until this one stands in the thread, and a card may show it only then.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from bot.slack.desk import Desk
from bot.slack.errors import NotReached, RateLimited, Refused
from bot.storage import budgets, deliveries, threads
from bot.storage.deliveries import Claim, Work
from bot.storage.threads import Entry, Picture

UNKNOWN_FILE = {"file_not_found", "file_deleted"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Uploads:
    """Takes pictures one step further each time."""

    desk: Desk

    async def advance(self, claim: Claim, work: Work, entry: Entry, picture: Picture) -> None:
        """Upload, complete, or look, whichever is next.

        Raises:
            LeaseLost: nothing was written.
            SlackError: the step failed; it can be repeated.
        """
        try:
            if picture.file_id is None:
                file_id = await self._upload(claim, entry, picture)
                if file_id is not None:
                    await self._complete(claim, work, entry, picture, file_id)
            elif picture.completing_at is None:
                await self._complete(claim, work, entry, picture, picture.file_id)
            else:
                await self._look(claim, work, entry, picture, picture.file_id)
        except RateLimited as exc:
            async with self.desk.holding(claim) as connection:
                await budgets.exhaust(connection, self.desk.rhythm.uploads, for_s=exc.retry_after_s)
            raise

    async def _upload(self, claim: Claim, entry: Entry, picture: Picture) -> str | None:
        """Give Slack the bytes; nobody sees them yet, so this may be done again."""
        content = picture.png or b""
        async with self.desk.holding(claim) as connection:
            if not await budgets.take(connection, self.desk.rhythm.uploads, urgent=True):
                wait_s = self.desk.rhythm.uploads.every_s
                await deliveries.postpone_thread(connection, entry.card_id, for_s=wait_s)
                return None
        place = await self.desk.api.call(
            "files.getUploadURLExternal",
            filename=picture.name,
            length=len(content),
            alt_txt=picture.alt,
        )
        await self.desk.api.send_bytes(place["upload_url"], content)
        async with self.desk.holding(claim) as connection:
            await threads.uploaded(connection, entry, place["file_id"])
        return str(place["file_id"])

    async def _complete(
        self, claim: Claim, work: Work, entry: Entry, picture: Picture, file_id: str
    ) -> None:
        """Let Slack show the file in the thread."""
        began_at = asyncio.get_running_loop().time()
        async with self.desk.holding(claim) as connection:
            await threads.begin_completing(
                connection, entry, unknown_for_s=self.desk.rhythm.timeout_s
            )
        try:
            await self.desk.send(
                claim,
                began_at,
                "files.completeUploadExternal",
                files=[{"id": file_id, "title": picture.alt}],
                channel_id=work.channel_id,
                thread_ts=work.ts,
            )
        except (Refused, RateLimited, NotReached) as exc:
            async with self.desk.holding(claim) as connection:
                if isinstance(exc, Refused) and exc.code in UNKNOWN_FILE:
                    await threads.upload_again(connection, entry)
                else:
                    await threads.not_completed(connection, entry)
            raise
        async with self.desk.holding(claim) as connection:
            await threads.completed(connection, entry, look_in_s=self.desk.rhythm.look_s(0))

    async def _look(
        self, claim: Claim, work: Work, entry: Entry, picture: Picture, file_id: str
    ) -> None:
        """Has Slack taken the file, and does it stand in the thread by now?"""
        try:
            said = await self.desk.api.call("files.info", file=file_id)
        except Refused as exc:
            if exc.code not in UNKNOWN_FILE:
                raise
            await self._unknown(claim, entry, picture)
            return
        file = said["file"]
        ts = _shared_ts(file, str(work.channel_id))
        usable = bool(file.get("mimetype"))
        async with self.desk.holding(claim) as connection:
            if ts is not None and usable:
                await threads.shared(connection, entry, ts, usable=True)
            elif self._is_late(work, picture):
                log.warning("picture_late", extra={"action": "picture_late", "card": entry.card_id})
                await threads.shared(connection, entry, ts, usable=False)
            else:
                wait_s = self.desk.rhythm.look_s(picture.looks)
                await threads.looked(connection, entry, look_in_s=wait_s)

    async def _unknown(self, claim: Claim, entry: Entry, picture: Picture) -> None:
        """Slack knows no such file: completing did not get through, or somebody deleted it."""
        async with self.desk.holding(claim) as connection:
            if picture.completed:
                await threads.shared(connection, entry, None, usable=False)
            else:
                await threads.upload_again(connection, entry)

    def _is_late(self, work: Work, picture: Picture) -> bool:
        if picture.completing_at is None:
            return False
        waited_s = (work.now - picture.completing_at).total_seconds()
        return waited_s > self.desk.rhythm.shared_within_s


def _shared_ts(file: dict[str, Any], channel_id: str) -> str | None:
    shares = file.get("shares") or {}
    for kind in ("public", "private"):
        for share in (shares.get(kind) or {}).get(channel_id) or []:
            return str(share["ts"])
    return None
