"""The next entry of a card's thread, and a picture on its way into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, update

from bot.cards.blocks import Message
from bot.domain.card import Urgency
from bot.storage.cards import want
from bot.storage.database import Connection, database_now, in_seconds
from bot.storage.schema.cards import cards, pictures, thread_entries


@dataclass(frozen=True, slots=True)
class Picture:
    """A thread entry that is a file, and how far its upload has come.

    `file_id` is kept before the upload is completed: after doubt Slack says what became of it.
    """

    png: bytes | None
    name: str
    alt: str
    file_id: str | None
    completing_at: datetime | None
    completed: bool
    looks: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A thread entry: a message, or a picture."""

    card_id: str
    number: int
    key: str
    message: Message | None
    picture: Picture | None
    refused: bool
    attempted_at: datetime | None


async def next_entry(connection: Connection, card_id: str) -> Entry | None:
    """The first entry Slack does not have yet."""
    found = await connection.execute(
        select(
            thread_entries,
            *(column for column in pictures.c if column.name not in {"card_id", "number"}),
        )
        .join(cards, cards.c.id == thread_entries.c.card_id)
        .outerjoin(
            pictures,
            and_(
                pictures.c.card_id == thread_entries.c.card_id,
                pictures.c.number == thread_entries.c.number,
            ),
        )
        .where(cards.c.id == card_id, thread_entries.c.number == cards.c.delivered + 1)
    )
    row = found.first()
    if row is None:
        return None
    message = picture = None
    if row.message is not None:
        message = Message(row.message["text"], tuple(row.message["blocks"]))
    else:
        picture = Picture(
            png=row.png,
            name=row.name,
            alt=row.alt,
            file_id=row.file_id,
            completing_at=row.completing_at,
            completed=row.completed,
            looks=row.looks,
        )
    return Entry(
        card_id=card_id,
        number=row.number,
        key=row.key,
        message=message,
        picture=picture,
        refused=row.refused,
        attempted_at=row.attempted_at,
    )


async def begin_entry(connection: Connection, entry: Entry, *, unknown_for_s: float) -> None:
    """Note that an entry is being posted; until `unknown_for_s` from now it is not due."""
    await connection.execute(
        _of(entry).values(attempted_at=func.coalesce(thread_entries.c.attempted_at, database_now()))
    )
    await _wait(connection, entry, unknown_for_s)


async def entry_not_sent(connection: Connection, entry: Entry) -> None:
    """The post that began is known to have failed: there is nothing to look for."""
    await connection.execute(_of(entry).values(attempted_at=None))


async def refuse_entry(connection: Connection, entry: Entry) -> None:
    """Slack refused its blocks: it is delivered as text."""
    await connection.execute(_of(entry).values(refused=True))
    await _wait(connection, entry, 0)


async def delivered(connection: Connection, entry: Entry, ts: str | None) -> None:
    """Slack has the entry; without a `ts` it never will, and the thread goes on without it."""
    await connection.execute(_of(entry).values(ts=ts, attempted_at=None))
    await connection.execute(
        update(cards)
        .where(cards.c.id == entry.card_id, cards.c.delivered == entry.number - 1)
        .values(delivered=entry.number, thread_failures=0, thread_next_at=database_now())
    )


async def uploaded(connection: Connection, entry: Entry, file_id: str) -> None:
    """Slack has the bytes under this id; nobody sees them yet."""
    await connection.execute(_picture(entry).values(file_id=file_id))


async def begin_completing(connection: Connection, entry: Entry, *, unknown_for_s: float) -> None:
    """Note that the upload is being completed: from now on it may be visible."""
    await connection.execute(_picture(entry).values(completing_at=database_now()))
    await _wait(connection, entry, unknown_for_s)


async def not_completed(connection: Connection, entry: Entry) -> None:
    """Slack refused to complete it: the bytes are still there, nobody sees them."""
    await connection.execute(_picture(entry).values(completing_at=None))


async def completed(connection: Connection, entry: Entry, *, look_in_s: float) -> None:
    """Slack has taken the file; it appears when it has been processed."""
    await connection.execute(_picture(entry).values(completed=True))
    await _wait(connection, entry, look_in_s)


async def looked(connection: Connection, entry: Entry, *, look_in_s: float) -> None:
    """The file is not there yet."""
    await connection.execute(_picture(entry).values(looks=pictures.c.looks + 1))
    await _wait(connection, entry, look_in_s)


async def upload_again(connection: Connection, entry: Entry) -> None:
    """Slack does not know the file: begin from its bytes."""
    await connection.execute(
        _picture(entry).values(file_id=None, completing_at=None, completed=False)
    )


async def shared(connection: Connection, entry: Entry, ts: str | None, *, usable: bool) -> None:
    """The picture stands in the thread; a card may show it in a block when it is `usable`."""
    await connection.execute(_picture(entry).values(png=None, usable=usable))
    await delivered(connection, entry, ts)
    if usable:
        await want(connection, [entry.card_id], urgency=Urgency.PROGRESS)


async def refuse_pictures(connection: Connection, file_ids: Sequence[str]) -> bool:
    """Slack refused to show these files in a block: they stay in the thread, cards go without.

    False when none of them was usable anyway: then they are not what Slack refused.
    """
    refused = (
        update(pictures)
        .where(pictures.c.file_id.in_(file_ids), pictures.c.usable)
        .values(usable=False)
    )
    return (await connection.execute(refused)).rowcount > 0


def _of(entry: Entry) -> Any:
    return update(thread_entries).where(
        thread_entries.c.card_id == entry.card_id, thread_entries.c.number == entry.number
    )


def _picture(entry: Entry) -> Any:
    return update(pictures).where(
        pictures.c.card_id == entry.card_id, pictures.c.number == entry.number
    )


async def _wait(connection: Connection, entry: Entry, for_s: float) -> None:
    await connection.execute(
        update(cards).where(cards.c.id == entry.card_id).values(thread_next_at=in_seconds(for_s))
    )
