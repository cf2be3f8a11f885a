"""App Homes out: each is published when what it shows has changed, and otherwise left alone.

Every few seconds all that any home shows is read once, each open home is drawn, and a hash says
whether Slack has it already. So nothing that changes rows has to know who looks at them, a change
costs one publication for each person who has opened theirs within a day, and no change costs none.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import Iterable

from bot import reporting
from bot.cards.blocks import Block
from bot.cards.home import home
from bot.home.look import Everything, LookAtHomes
from bot.slack.api import SlackApi
from bot.slack.desk import BAD_BLOCKS, FOR_A_PERSON
from bot.slack.errors import RateLimited, Refused, SlackError
from bot.slack.rhythm import Rhythm
from bot.storage import budgets, homes
from bot.storage.database import Database
from bot.storage.homes import Home

AT_ONCE = 10
"""Homes claimed together: so many are published well within one lease."""
CONFLICT = "hash_conflict"
NOT_ENABLED = {"not_enabled", "user_not_found", "user_not_visible"}

log = logging.getLogger(__name__)


class Homes:
    """Publishes App Homes from `start` to `stop`, the last in line for Slack's patience.

    Any number of replicas may run one: a home is published by whoever holds its lease.
    """

    def __init__(
        self, *, database: Database, api: SlackApi, look: LookAtHomes, owner: str, rhythm: Rhythm
    ) -> None:
        self._database = database
        self._api = api
        self._look = look
        self._owner = owner
        self._rhythm = rhythm
        self._woken = asyncio.Event()
        self._failing = False
        self._task: asyncio.Task[None] | None = None
        self._opening: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="homes")

    async def stop(self) -> None:
        """Let an opening be written down; a publication under way is looked at again later."""
        await asyncio.gather(*self._opening, return_exceptions=True)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def opened(self, person: str, *, is_empty: bool) -> None:
        """Somebody opened their home: keep it up to date for a day. Takes no time."""
        task = asyncio.create_task(self._open(person, is_empty), name=f"open home of {person}")
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, person: str, is_empty: bool) -> None:
        try:
            async with self._database.write() as connection:
                await homes.opened(connection, person, is_empty=is_empty)
        except Exception as exc:  # opening it once more is the remedy
            log.exception("home_not_opened", extra={"action": "home_not_opened", "by": person})
            reporting.report(exc)
        self._woken.set()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                while await self.round():
                    pass
                self._failing = False
            except Exception as exc:  # noqa: BLE001  the database may be away: next round
                self._say_failing(exc)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rhythm.home_every_s):
                    await self._woken.wait()

    async def round(self) -> int:
        """Publish those homes that Slack does not have as they are now; returns how many were
        taken up.
        """
        async with self._database.read() as connection:
            due = await homes.due(connection, self._owner)
            if not due:
                return 0
            everything = await self._look(connection)
        changed = [
            one.person for one in due if _hash(self._draw(everything, one.person)) != one.shown
        ]
        if not changed:
            return 0
        async with self._database.write() as connection:
            claimed = await homes.claim(
                connection, changed[:AT_ONCE], self._owner, lease_s=self._rhythm.lease_s
            )
        await self._publish_all(claimed)
        return len(claimed)

    async def _publish_all(self, claimed: Iterable[Home]) -> None:
        """Publish from rows read after the leases were taken, for as long as they surely hold."""
        began_at = asyncio.get_running_loop().time()
        async with self._database.read() as connection:
            everything = await self._look(connection)
        for one in claimed:
            blocks = self._draw(everything, one.person)
            async with self._database.write() as connection:
                ready = await budgets.take(connection, self._rhythm.publishes, urgent=False)
                spent_s = asyncio.get_running_loop().time() - began_at
                if not ready or self._rhythm.lease_s - spent_s < self._rhythm.timeout_s:
                    wait_s = self._rhythm.publishes.every_s
                    await homes.put_off(connection, one.person, self._owner, for_s=wait_s)
                    continue
            await self._publish(one, blocks)

    async def _publish(self, one: Home, blocks: tuple[Block, ...]) -> None:
        try:
            published = await self._api.call(
                "views.publish",
                user_id=one.person,
                view={"type": "home", "blocks": list(blocks)},
                hash=one.view_hash,
            )
        except SlackError as exc:
            await self._failed(one, exc)
            return
        async with self._database.write() as connection:
            await homes.shown(
                connection,
                one.person,
                self._owner,
                shown=_hash(blocks),
                view_hash=published["view"].get("hash"),
                pause_s=self._rhythm.edit_pause_s,
            )
        log.info("home_shown", extra={"action": "home_shown", "by": one.person})

    async def _failed(self, one: Home, exc: SlackError) -> None:
        log.warning(
            "home_failed",
            extra={
                "action": "home_failed",
                "by": one.person,
                "error": exc.code,
                "problems": list(exc.problems) if isinstance(exc, Refused) else [],
            },
        )
        async with self._database.write() as connection:
            if isinstance(exc, RateLimited):
                await budgets.exhaust(connection, self._rhythm.publishes, for_s=exc.retry_after_s)
                wait_s = exc.retry_after_s
            elif exc.code == CONFLICT:  # Slack has another than we know of: without a hash, then
                wait_s = 0.0
            elif exc.code in BAD_BLOCKS | NOT_ENABLED | FOR_A_PERSON:
                wait_s = self._rhythm.slow_retry_s(one.failures)
            else:
                wait_s = self._rhythm.retry_s(one.failures)
            await homes.put_off(connection, one.person, self._owner, for_s=wait_s, error=exc.code)

    def _draw(self, everything: Everything, person: str) -> tuple[Block, ...]:
        return home(self._look.of(everything, person))

    def _say_failing(self, exc: Exception) -> None:
        if not self._failing:
            log.error("homes_stalled", exc_info=exc, extra={"action": "homes_stalled"})
            reporting.report(exc)
        self._failing = True


def _hash(blocks: tuple[Block, ...]) -> str:
    return hashlib.sha256(json.dumps(blocks, sort_keys=True).encode()).hexdigest()
