"""What other systems are to be told of a change. A row that looks different marks the card."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import Row, select, update

from bot.domain.card import Kind, Urgency
from bot.domain.mark import Mark, MarkKind, MarkState
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.changes import change_marks


class News(TypedDict, total=False):
    """What may be told of a mark; the fields of `Mark` by name."""

    state: MarkState
    done_at: datetime | None
    reference: str | None
    detail: str
    attempts: int


async def want(
    connection: Connection, change_id: str, kinds: Iterable[MarkKind], *, at: datetime
) -> bool:
    """Promise these marks of a change, each once; False when all were promised before."""
    rows = [
        {
            "change_id": change_id,
            "kind": kind.value,
            "state": MarkState.WANTED.value,
            "asked_at": at,
            "detail": "",
            "attempts": 0,
        }
        for kind in kinds
    ]
    if not rows:
        return False
    new = insert_into(connection, change_marks).values(rows).on_conflict_do_nothing()
    written = await connection.execute(new.returning(change_marks.c.kind))
    if not written.all():
        return False
    await _mark_card(connection, change_id)
    return True


async def marks_of(connection: Connection, change_id: str) -> tuple[Mark, ...]:
    """Every mark of a change, done or not."""
    rows = await connection.execute(
        select(change_marks)
        .where(change_marks.c.change_id == change_id)
        .order_by(change_marks.c.kind)
    )
    return tuple(_mark(row) for row in rows)


async def note(
    connection: Connection, change_id: str, kind: MarkKind, **news: Unpack[News]
) -> bool:
    """Write down what became of a mark that is still open; False when it is not any more.

    How often it was tried alone is nothing a person would notice, and marks no card.
    """
    written = await connection.execute(
        update(change_marks)
        .where(
            change_marks.c.change_id == change_id,
            change_marks.c.kind == kind.value,
            change_marks.c.state == MarkState.WANTED.value,
        )
        .values(**news)
    )
    if written.rowcount == 0:
        return False
    if news.keys() - {"attempts"}:
        await _mark_card(connection, change_id)
    return True


async def owed(connection: Connection, asked_before: datetime) -> tuple[tuple[str, MarkKind], ...]:
    """The open marks, as (change id, kind), old enough for the engine to know their workflow."""
    rows = await connection.execute(
        select(change_marks.c.change_id, change_marks.c.kind)
        .where(change_marks.c.done_at.is_(None), change_marks.c.asked_at <= asked_before)
        .order_by(change_marks.c.asked_at)
    )
    return tuple((row.change_id, MarkKind(row.kind)) for row in rows)


async def _mark_card(connection: Connection, change_id: str) -> None:
    await cards.mark(connection, Kind.CHANGE, change_id, urgency=Urgency.PROGRESS)


def _mark(row: Row[Any]) -> Mark:
    return Mark(
        change_id=row.change_id,
        kind=MarkKind(row.kind),
        asked_at=row.asked_at,
        state=MarkState(row.state),
        done_at=row.done_at,
        reference=row.reference,
        detail=row.detail,
        attempts=row.attempts,
    )
