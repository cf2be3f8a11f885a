"""Notes people write for PagerDuty, and the messages they marked: rows first, so that both are
promises."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from bot.domain.card import Kind
from bot.domain.incident import ResponseState
from bot.domain.note import Mark, Note
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.cards import cards
from bot.storage.schema.notes import marked_messages, pagerduty_notes
from bot.storage.unkept import unkept


async def keep_mark(connection: Connection, mark: Mark) -> None:
    """Keep that somebody marked a message, until it has been read."""
    new = insert_into(connection, marked_messages).values(
        channel_id=mark.channel_id, ts=mark.ts, by=mark.by, marked_at=mark.marked_at
    )
    await connection.execute(new.on_conflict_do_nothing())


async def forget_mark(connection: Connection, mark: Mark) -> bool:
    """The message has been read; False when somebody else was faster."""
    gone = await connection.execute(
        delete(marked_messages).where(
            marked_messages.c.channel_id == mark.channel_id,
            marked_messages.c.ts == mark.ts,
            marked_messages.c.by == mark.by,
        )
    )
    return gone.rowcount > 0


async def marks(connection: Connection, marked_before: datetime) -> tuple[Mark, ...]:
    """The marks nobody has read the message of, old enough to be forgotten ones."""
    rows = await connection.execute(
        select(marked_messages)
        .where(marked_messages.c.marked_at <= marked_before)
        .order_by(marked_messages.c.marked_at)
    )
    return tuple(Mark(row.channel_id, row.ts, row.by, row.marked_at) for row in rows)


async def group_of_thread(connection: Connection, channel_id: str, ts: str) -> str | None:
    """The alert group whose card this message is."""
    found = await connection.execute(
        select(cards.c.subject_id).where(
            cards.c.kind == Kind.ALERT_GROUP.value,
            cards.c.channel_id == channel_id,
            cards.c.ts == ts,
        )
    )
    return found.scalar()


async def ask(connection: Connection, note: Note) -> bool:
    """Write a note down to be carried to PagerDuty; False when its key is there already."""
    new = insert_into(connection, pagerduty_notes).values(
        id=note.id,
        key=note.key,
        incident_id=note.incident_id,
        group_id=note.group_id,
        by=note.by,
        email=note.email,
        content=note.content,
        is_from_thread=note.is_from_thread,
        asked_at=note.asked_at,
        state=note.state.value,
        why=note.why,
    )
    made = await connection.execute(new.on_conflict_do_nothing().returning(pagerduty_notes.c.id))
    return made.first() is not None


async def get(connection: Connection, note_id: str) -> Note:
    """Return a note that is known to be there."""
    wanted = select(pagerduty_notes).where(pagerduty_notes.c.id == note_id)
    return _note((await connection.execute(wanted)).one())


async def trying(connection: Connection, note_id: str, at: datetime) -> Note:
    """Say that PagerDuty is being given it now; returns it as it was before that."""
    before = await get(connection, note_id)
    await connection.execute(
        update(pagerduty_notes)
        .where(pagerduty_notes.c.id == note_id, pagerduty_notes.c.tried_at.is_(None))
        .values(tried_at=at)
    )
    return before


async def of_incident(connection: Connection, incident_id: str) -> tuple[Note, ...]:
    """The notes written for an incident here, oldest first."""
    rows = await connection.execute(
        select(pagerduty_notes)
        .where(pagerduty_notes.c.incident_id == incident_id)
        .order_by(pagerduty_notes.c.asked_at, pagerduty_notes.c.id)
    )
    return tuple(map(_note, rows))


async def is_at(connection: Connection, note_id: str, pagerduty_id: str) -> None:
    """PagerDuty has it under this id."""
    await connection.execute(
        update(pagerduty_notes)
        .where(pagerduty_notes.c.id == note_id, pagerduty_notes.c.pagerduty_id.is_(None))
        .values(pagerduty_id=pagerduty_id)
    )


async def end(connection: Connection, note: Note, state: ResponseState, *, why: str = "") -> bool:
    """Say what became of it; False when that was said already."""
    ended = await connection.execute(
        update(pagerduty_notes)
        .where(
            pagerduty_notes.c.id == note.id,
            pagerduty_notes.c.state == ResponseState.PENDING.value,
        )
        .values(state=state.value, why=why)
    )
    return ended.rowcount > 0


async def pending(connection: Connection, asked_before: datetime) -> tuple[str, ...]:
    """The ids of notes that have not arrived, old enough for the engine to know them."""
    return await unkept(
        connection,
        pagerduty_notes,
        pagerduty_notes.c.state == ResponseState.PENDING.value,
        asked_before,
    )


def _note(row: Row[Any]) -> Note:
    return Note(
        id=row.id,
        key=row.key,
        incident_id=row.incident_id,
        group_id=row.group_id,
        by=row.by,
        email=row.email,
        content=row.content,
        is_from_thread=row.is_from_thread,
        asked_at=row.asked_at,
        tried_at=row.tried_at,
        state=ResponseState(row.state),
        why=row.why,
        pagerduty_id=row.pagerduty_id,
    )
