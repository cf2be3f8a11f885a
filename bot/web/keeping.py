"""Webhooks are kept together: those that come while one waits for the database share its commit.

In a storm hundreds arrive at once. Each must be on disk before its sender has its answer, and each
commit waits for the disk: kept one by one they would hold up those that work them off.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.storage import inbox
from bot.storage.database import Connection, Database

TOGETHER = 100
"""Webhooks in one transaction."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A webhook that has been proved, and is kept.

    The same `delivery_key` counts as the same delivery for `known_for_s` seconds; those of one
    `partition_key` are worked off in order.
    """

    delivery_key: str
    partition_key: str
    body: bytes
    known_for_s: float


@dataclass(frozen=True, slots=True)
class _Waiting:
    source: str
    letter: Letter
    is_new: "asyncio.Future[bool]"


@dataclass(slots=True)
class Keeping:
    """Keeps letters; returns only when they are on disk."""

    database: Database
    _waiting: list[_Waiting] = field(default_factory=list, init=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False)

    async def __call__(self, source: str, letter: Letter) -> bool:
        """Keep it; False when it was kept already. Raises what the database raises."""
        mine = _Waiting(source, letter, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._task is None:
            # A task of its own: whoever came first may go away while others rely on it.
            self._task = asyncio.create_task(self._keep_all(), name="keep webhooks")
        return await mine.is_new

    async def _keep_all(self) -> None:
        while self._waiting:
            together: Sequence[_Waiting] = ()
            try:
                async with self.database.write() as connection:
                    together, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                    kept = [await _keep(connection, one) for one in together]
            except Exception as exc:  # noqa: BLE001  whoever sent it is told, and sends it again
                if not together:
                    together, self._waiting = self._waiting, []
                if len(together) > 1:
                    log.info("kept_one_by_one", extra={"action": "kept_one_by_one"})
                    await self._keep_each(together)
                else:
                    _tell(together[0], exc)
            else:
                for one, is_new in zip(together, kept, strict=True):
                    _tell(one, is_new)
        self._task = None

    async def _keep_each(self, together: Sequence[_Waiting]) -> None:
        """One of them cannot be kept, or nothing can: each has an answer of its own."""
        for one in together:
            try:
                async with self.database.write() as connection:
                    is_new = await _keep(connection, one)
            except Exception as exc:  # noqa: BLE001  as above
                _tell(one, exc)
            else:
                _tell(one, is_new)


async def _keep(connection: Connection, one: _Waiting) -> bool:
    return await inbox.keep(
        connection,
        source=one.source,
        delivery_key=one.letter.delivery_key,
        partition_key=one.letter.partition_key,
        body=one.letter.body,
        known_for_s=one.letter.known_for_s,
    )


def _tell(one: _Waiting, outcome: bool | Exception) -> None:
    if one.is_new.done():  # its sender has gone away
        return
    if isinstance(outcome, Exception):
        one.is_new.set_exception(outcome)
    else:
        one.is_new.set_result(outcome)
