"""Locks in the database: one that stands for each place, and what becomes of it on its cards."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select, update

from bot.catalog import ANY
from bot.domain.card import Kind, Urgency
from bot.domain.lock import Lock
from bot.errors import NotKnown
from bot.storage import approvals, cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.guards import locks

NO_LOCK = "There is no such lock any more."
_FIELDS = tuple(field.name for field in fields(Lock))


async def add(connection: Connection, lock: Lock) -> Lock:
    """Set a lock, and return the one that stands then: this one, or the one that was faster.

    Of two who lock a place at once one wins, by the unique index. One whose time is over by
    `lock.at` is released first.
    """
    holder = await of_place(connection, lock.environment, lock.service)
    if holder is not None and holder.is_over(lock.at):
        await _expire(connection, [holder.id])
    while True:
        new = insert_into(connection, locks).values(
            **{name: getattr(lock, name) for name in _FIELDS}
        )
        if (
            await connection.execute(new.on_conflict_do_nothing().returning(locks.c.id))
        ).first() is not None:
            await approvals.mark_waiting(connection, lock.environment, lock.service)
            return lock
        holder = await of_place(connection, lock.environment, lock.service)
        if holder is not None:
            return holder
        if await find(connection, lock.id) is not None:  # set before, and released since
            return await get(connection, lock.id)


async def find(connection: Connection, lock_id: str) -> Lock | None:
    row = (await connection.execute(select(locks).where(locks.c.id == lock_id))).first()
    return None if row is None else _lock(row)


async def get(connection: Connection, lock_id: str) -> Lock:
    """Return the lock.

    Raises:
        NotKnown: it is not there; its row was removed by retention, or the id is made up.
    """
    lock = await find(connection, lock_id)
    if lock is None:
        raise NotKnown(NO_LOCK)
    return lock


async def of_place(connection: Connection, environment: str, service: str) -> Lock | None:
    """The unreleased lock of exactly this: one service, or the whole environment (`*`)."""
    row = (
        await connection.execute(
            select(locks).where(
                locks.c.environment == environment,
                locks.c.service == service,
                locks.c.released_at.is_(None),
            )
        )
    ).first()
    return None if row is None else _lock(row)


async def standing(
    connection: Connection, environment: str, service: str, *, at: datetime
) -> tuple[Lock, ...]:
    """The locks that refuse changes of this service then; the whole environment's among them."""
    rows = await connection.execute(
        select(locks)
        .where(
            locks.c.environment == environment,
            locks.c.service.in_([service, ANY]),
            _stands(at),
        )
        .order_by(locks.c.at, locks.c.id)
    )
    return tuple(_lock(row) for row in rows)


async def in_environment(
    connection: Connection, environment: str, *, at: datetime
) -> tuple[Lock, ...]:
    """Every lock that stands there then, whatever it holds."""
    rows = await connection.execute(
        select(locks)
        .where(locks.c.environment == environment, _stands(at))
        .order_by(locks.c.service)
    )
    return tuple(_lock(row) for row in rows)


async def release(connection: Connection, lock_id: str, *, by: str, at: datetime) -> Lock | None:
    """Release a lock that stands; None when it does not: somebody was faster, or its time is over.

    Its cards are marked in this transaction, and those of the proposals it was in the way of.
    """
    released = await connection.execute(
        update(locks)
        .where(locks.c.id == lock_id, _stands(at))
        .values(released_at=at, released_by=by)
        .returning(locks.c.id)
    )
    if released.first() is None:
        return None
    return await _mark(connection, lock_id)


async def release_expired(connection: Connection, at: datetime) -> int:
    """Release every lock whose time is over by then, as of when it was; returns how many."""
    found = await connection.execute(
        select(locks.c.id)
        .where(locks.c.released_at.is_(None), locks.c.expires_at <= at)
        .order_by(locks.c.id)
        .with_for_update(skip_locked=True)
    )
    return await _expire(connection, found.scalars().all())


async def _expire(connection: Connection, lock_ids: Sequence[str]) -> int:
    """Release these as of when their time was over, unless somebody did; their cards are marked."""
    rows = await connection.execute(
        update(locks)
        .where(locks.c.id.in_(lock_ids), locks.c.released_at.is_(None))
        .values(released_at=locks.c.expires_at)
        .returning(locks.c.id)
    )
    released = sorted(rows.scalars())
    for lock_id in released:
        await _mark(connection, lock_id)
    return len(released)


async def _mark(connection: Connection, lock_id: str) -> Lock:
    """Mark the cards of a lock that was released, and of the proposals it was in the way of."""
    lock = await get(connection, lock_id)
    await cards.mark(connection, Kind.LOCK, lock_id, urgency=Urgency.OUTCOME)
    await approvals.mark_waiting(connection, lock.environment, lock.service)
    return lock


async def older(connection: Connection, *, than: timedelta, at: datetime) -> tuple[Lock, ...]:
    """The locks that stand then and were set longer ago than this."""
    rows = await connection.execute(
        select(locks).where(_stands(at), locks.c.at <= at - than).order_by(locks.c.at, locks.c.id)
    )
    return tuple(_lock(row) for row in rows)


async def nudge(connection: Connection, lock: Lock, *, at: datetime) -> bool:
    """Write down that its owner was asked, or keeps it; False when that was written meanwhile.

    The card of the question before, which has its answer now, is marked.
    """
    unchanged = (
        locks.c.nudged_at.is_(None)
        if lock.nudged_at is None
        else locks.c.nudged_at == lock.nudged_at
    )
    written = await connection.execute(
        update(locks)
        .where(locks.c.id == lock.id, _stands(at), unchanged)
        .values(nudged_at=at)
        .returning(locks.c.id)
    )
    if written.first() is None:
        return False
    if lock.question is not None:
        await cards.mark(connection, Kind.NUDGE, lock.question, urgency=Urgency.PROGRESS)
    return True


def _stands(at: datetime) -> ColumnElement[bool]:
    return and_(
        locks.c.released_at.is_(None), or_(locks.c.expires_at.is_(None), locks.c.expires_at > at)
    )


def _lock(row: Row[Any]) -> Lock:
    return Lock(**{name: getattr(row, name) for name in _FIELDS})
