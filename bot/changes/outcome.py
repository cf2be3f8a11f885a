"""How a change ends: the move, the thread's last line, the log and the count, in one place."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Unpack

from bot import metrics
from bot.cards import change_thread
from bot.cards.change import headline
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeState
from bot.storage import cards, changes
from bot.storage.changes import Facts
from bot.storage.database import Connection

log = logging.getLogger(__name__)


async def conclude(
    connection: Connection,
    change_id: str,
    to: ChangeState,
    *,
    of: Iterable[ChangeState],
    at: datetime,
    **facts: Unpack[Facts],
) -> Change | None:
    """End a change that stands in one of `of`; None if it does not."""
    facts.setdefault("finished_at", at)
    ended = await changes.move(connection, change_id, to, of=of, at=at, **facts)
    if ended is None:
        return None
    last = change_thread.ended(headline(ended), ended.why)
    await cards.add_entry(connection, Kind.CHANGE, change_id, key="outcome", message=last)
    verdict = ended.verdict or ended.state
    metrics.changes.labels(ended.kind.value, verdict.value).inc()
    log.info(
        "change_ended",
        extra={
            "action": "change_ended",
            "change_id": change_id,
            "state": ended.state.value,
            "verdict": verdict.value,
        },
    )
    return ended
