"""Notices in the database: each is said once, on a card of its own."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import select

from bot.domain.card import Kind, Urgency
from bot.domain.notice import Line, Notice, Piece, pieces_of
from bot.errors import NotKnown
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.notices import notices

_LINES = TypeAdapter(tuple[tuple[Piece, ...], ...])


async def announce(
    connection: Connection,
    *,
    id: str,  # noqa: A002  the column's name
    channel: str,
    headline: str,
    lines: Sequence[Line],
    at: datetime,
    urgency: Urgency = Urgency.NEW,
) -> bool:
    """Say something in `channel` (`#name`, or an id), once for each `id`; False when it is said.

    Headline and lines are plain text and pieces (see `bot.domain.notice`): the card escapes them.
    """
    kept = tuple(pieces_of(line) for line in lines)
    said = await connection.execute(
        insert_into(connection, notices)
        .values(id=id, headline=headline, lines=_LINES.dump_python(kept, mode="json"), at=at)
        .on_conflict_do_nothing()
        .returning(notices.c.id)
    )
    if said.first() is None:
        return False
    await cards.open_card(
        connection, kind=Kind.SYSTEM, subject_id=id, channel=channel, urgency=urgency
    )
    return True


async def find(connection: Connection, notice_id: str) -> Notice | None:
    found = await connection.execute(select(notices).where(notices.c.id == notice_id))
    row = found.first()
    if row is None:
        return None
    return Notice(
        id=row.id, headline=row.headline, lines=_LINES.validate_python(row.lines), at=row.at
    )


async def get(connection: Connection, notice_id: str) -> Notice:
    """Return the notice.

    Raises:
        NotKnown: it is not there.
    """
    notice = await find(connection, notice_id)
    if notice is None:
        raise NotKnown("There is no such notice any more.")
    return notice


async def latest(connection: Connection, prefix: str) -> tuple[Notice, ...]:
    """The notices whose id begins with `prefix`, newest first."""
    rows = await connection.execute(
        select(notices)
        .where(notices.c.id.startswith(prefix, autoescape=True))
        .order_by(notices.c.at.desc(), notices.c.id.desc())
    )
    return tuple(
        Notice(id=row.id, headline=row.headline, lines=_LINES.validate_python(row.lines), at=row.at)
        for row in rows
    )
