"""The inbox: what was accepted is kept before it is thought about, and worked off once, in order.

Rows of one partition are worked off one at a time in the order they came; a row that fails is
tried again while its partition waits, and is put aside when it has failed too often. Nothing of
one partition ever waits for another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.storage import deduplication
from bot.storage.database import Connection, database_now, in_seconds
from bot.storage.schema.inbox import DONE, POISONED, WAITING, inbox

LONGEST_ERROR = 2000
"""Characters of an error that are kept."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook, claimed: `owner` has it until its lease runs out."""

    id: int
    source: str
    partition_key: str
    body: bytes
    received_at: datetime
    failures: int
    owner: str


async def keep(
    connection: Connection,
    *,
    source: str,
    delivery_key: str,
    partition_key: str,
    body: bytes,
    known_for_s: float,
) -> bool:
    """Keep a webhook that has been proved; False when it was kept already.

    The same `delivery_key` counts as the same delivery for `known_for_s` seconds.
    """
    key = f"webhook:{source}:{delivery_key}"
    if not await deduplication.first_time(connection, key, keep_s=known_for_s):
        return False
    await _insert(connection, source, delivery_key, partition_key, body, WAITING, None)
    return True


async def put_aside(
    connection: Connection,
    *,
    source: str,
    delivery_key: str,
    body: bytes,
    error: str,
    known_for_s: float,
) -> None:
    """Keep what was proved and cannot be read, once, for a person to look at."""
    key = f"webhook:{source}:{delivery_key}"
    if not await deduplication.first_time(connection, key, keep_s=known_for_s):
        return
    await _insert(connection, source, delivery_key, "unreadable", body, POISONED, error)


async def _insert(
    connection: Connection,
    source: str,
    delivery_key: str,
    partition_key: str,
    body: bytes,
    state: str,
    error: str | None,
) -> None:
    now = database_now()
    await connection.execute(
        insert(inbox).values(
            source=source,
            delivery_key=delivery_key,
            partition_key=partition_key,
            body=body,
            received_at=now,
            state=state,
            next_at=now,
            failures=0,
            last_error=error,
        )
    )


async def claim_fresh(
    connection: Connection, owner: str, *, for_s: float, at_most: int
) -> tuple[Delivery, ...]:
    """Take rows that nobody has ever claimed, each the first of its partition, the oldest first.

    Whoever dies of one of several taken together takes them one by one afterwards, by `claim`:
    then the deadly one alone has failed.
    """
    due = (
        select(inbox.c.id)
        .where(inbox.c.state == WAITING, inbox.c.next_at <= database_now())
        .where(inbox.c.owner.is_(None), inbox.c.failures == 0, _first_of_its_partition())
        .order_by(inbox.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True, of=inbox)
        .cte("due")
    )
    claimed = (
        update(inbox)
        .where(inbox.c.id.in_(select(due.c.id)), inbox.c.state == WAITING, inbox.c.owner.is_(None))
        .values(owner=owner, lease_until=in_seconds(for_s))
        .returning(inbox)
    )
    rows = (await connection.execute(claimed)).all()
    return tuple(_delivery(row, owner) for row in sorted(rows, key=lambda row: row.id))


async def claim(connection: Connection, owner: str, *, for_s: float) -> Delivery | None:
    """Take the oldest row that is the first of its partition, is due and nobody has.

    A lease that ran out counts as nobody's: its owner is dead or will find that it lost the row.
    That counts as a failure, for the row may be what its owner died of.
    An owner takes rows one after another, so one that it still holds was interrupted.
    """
    free = or_(
        inbox.c.lease_until.is_(None),
        inbox.c.lease_until < database_now(),
        inbox.c.owner == owner,
    )
    due = (
        select(inbox.c.id)
        .where(inbox.c.state == WAITING, inbox.c.next_at <= database_now())
        .where(free, _first_of_its_partition())
        .order_by(inbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=inbox)
        .scalar_subquery()
    )
    # The conditions stand twice: PostgreSQL may find a row that changed while it waited for it.
    claimed = (
        update(inbox)
        .where(inbox.c.id == due, inbox.c.state == WAITING, free)
        .values(
            owner=owner,
            lease_until=in_seconds(for_s),
            failures=inbox.c.failures + case((inbox.c.owner != owner, 1), else_=0),
        )
        .returning(inbox)
    )
    row = (await connection.execute(claimed)).first()
    return None if row is None else _delivery(row, owner)


def _first_of_its_partition() -> ColumnElement[bool]:
    earlier = inbox.alias()
    return ~exists().where(
        earlier.c.partition_key == inbox.c.partition_key,
        earlier.c.state == WAITING,
        earlier.c.id < inbox.c.id,
    )


def _delivery(row: Row[Any], owner: str) -> Delivery:
    return Delivery(
        id=row.id,
        source=row.source,
        partition_key=row.partition_key,
        body=row.body,
        received_at=row.received_at,
        failures=row.failures,
        owner=owner,
    )


async def finish(connection: Connection, delivery: Delivery, *, aside: str = "") -> bool:
    """Say that a row is worked off, in the transaction that did it; False when it is not ours.

    With `aside`, which says why, it stays for a person to look at.
    """
    if aside:
        return await _let_go(connection, delivery, state=POISONED, last_error=aside[:LONGEST_ERROR])
    return await _let_go(connection, delivery, state=DONE)


async def fail(
    connection: Connection, delivery: Delivery, *, error: str, again_in_s: float, put_aside: bool
) -> None:
    """Say that a row could not be worked off: it is tried again, or kept aside for good."""
    await _let_go(
        connection,
        delivery,
        state=POISONED if put_aside else WAITING,
        failures=inbox.c.failures + 1,
        next_at=in_seconds(again_in_s),
        last_error=error[:LONGEST_ERROR],
    )


async def _let_go(connection: Connection, delivery: Delivery, **values: Any) -> bool:
    ours = and_(
        inbox.c.id == delivery.id, inbox.c.owner == delivery.owner, inbox.c.state == WAITING
    )
    written = await connection.execute(
        update(inbox).where(ours).values(owner=None, lease_until=None, **values)
    )
    return written.rowcount > 0


async def count(connection: Connection) -> tuple[int, int]:
    """How many rows wait, and how many were put aside."""
    rows = await connection.execute(
        select(inbox.c.state, func.count().label("number"))
        .where(inbox.c.state.in_([WAITING, POISONED]))
        .group_by(inbox.c.state)
    )
    counted = {row.state: int(row.number) for row in rows}
    return counted.get(WAITING, 0), counted.get(POISONED, 0)


async def forget_done(connection: Connection, *, older_than_s: float) -> int:
    """Delete rows worked off longer ago than this; what was put aside stays."""
    old = delete(inbox).where(
        inbox.c.state == DONE, inbox.c.received_at < in_seconds(-older_than_s)
    )
    return (await connection.execute(old)).rowcount


async def put_aside_rows(connection: Connection) -> Sequence[tuple[str, str]]:
    """Source and error of every row put aside, oldest first."""
    rows = await connection.execute(
        select(inbox.c.source, inbox.c.last_error)
        .where(inbox.c.state == POISONED)
        .order_by(inbox.c.id)
    )
    return [(row.source, row.last_error or "") for row in rows]
