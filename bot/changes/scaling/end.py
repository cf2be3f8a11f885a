"""How a scaling ends: the move, the thread's last line, the log and the count, in one place."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Unpack

from bot import metrics
from bot.cards.scaling_words import ended_entry
from bot.changes.scaling.entries import SCALE, outcome_entry
from bot.domain.card import Kind
from bot.domain.scaling.promise import beneath
from bot.domain.scaling.scaling import STACKED, Scaling, ScalingState
from bot.storage import audit, cards, scalings
from bot.storage.database import Connection
from bot.storage.scalings import Facts

log = logging.getLogger(__name__)


async def end(
    connection: Connection,
    scaling_id: str,
    to: ScalingState,
    *,
    of: Iterable[ScalingState],
    at: datetime,
    **facts: Unpack[Facts],
) -> Scaling | None:
    """End a scaling that stands in one of `of`; None if it does not.

    Whoever calls it writes it down last of all (`write_down`): nothing may be locked after the
    audit's head.
    """
    facts.setdefault("finished_at", at)
    facts.setdefault("silent_since", None)
    facts.setdefault("silent_why", None)
    ended = await scalings.move(connection, scaling_id, to, of=of, at=at, **facts)
    if ended is None:
        return None
    await cards.add_entry(
        connection, Kind.SCALING, ended.id, key="outcome", message=ended_entry(ended)
    )
    if ended.number is not None:
        await scalings.mark_place(connection, *ended.place)
    metrics.changes.labels(SCALE, ended.state.value).inc()
    log.info(
        "scaling_ended",
        extra={
            "action": "scaling_ended",
            "scaling_id": ended.id,
            "state": ended.state.value,
            "scaling": ended.led,
        },
    )
    return ended


async def end_beneath(
    connection: Connection, scaling: Scaling, *, by: str, at: datetime
) -> list[Scaling]:
    """End what stands beneath one that is for good now: it must never be set back to before it."""
    ended = []
    standing = await scalings.promises(connection, *scaling.place)
    for one in beneath(scaling.promise.number, [each.promise for each in standing]):
        gave_way = await end(
            connection,
            one.id,
            ScalingState.GAVE_WAY,
            of=STACKED,
            at=at,
            ended_by=by,
            ended_for=scaling.id,
        )
        ended += [gave_way] if gave_way is not None else []
    return ended


async def write_down(connection: Connection, *ended: Scaling | None, at: datetime) -> None:
    """What the audit says of those that ended; the last thing in the transaction that ends them."""
    for one in ended:
        if one is not None:
            await audit.add(connection, outcome_entry(one, at=at))
