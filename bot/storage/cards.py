"""Cards as the rest of the bot uses them: open one, say what it shows, mark it, add to its thread.

Every function belongs into the transaction that changes the rows a card is a view of. Cards are
locked in the order of their ids, so that transactions marking the same ones cannot block each
other for ever.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, case, func, insert, or_, select, update

from bot.cards.blocks import Message
from bot.domain.card import Kind, Place, Urgency
from bot.logs import correlation
from bot.storage.database import Connection, database_now
from bot.storage.dialect import insert_into
from bot.storage.schema.cards import card_shows, cards, channels, pictures, thread_entries


async def open_card(
    connection: Connection,
    *,
    kind: Kind,
    subject_id: str,
    channel: str,
    urgency: Urgency,
    otherwise: str | None = None,
    under: str | None = None,
) -> str:
    """Want a message for this subject in `channel` (`#name`, or an id); returns the card's id.

    The same subject in the same channel is the same card: a repetition changes nothing. Where the
    bot turns out to be no member of `channel`, it stands in `otherwise`. Where `under` is the id of
    a card of the same channel, it stands in that one's thread, once that one stands.
    """
    now = database_now()
    await ensure_channel(connection, channel)
    opened = await connection.execute(
        insert_into(connection, cards)
        .values(
            id=uuid4().hex,
            kind=kind.value,
            subject_id=subject_id,
            channel=channel,
            urgency=int(urgency),
            wanted=1,
            shown=0,
            wanted_at=now,
            correlation_id=correlation.get() or None,
            next_at=now,
            refused=0,
            reposts=0,
            failures=0,
            entries=0,
            delivered=0,
            thread_next_at=now,
            thread_failures=0,
            otherwise=otherwise,
            under=under,
        )
        .on_conflict_do_nothing()
        .returning(cards.c.id)
    )
    card_id = opened.scalar()
    if card_id is None:
        same = select(cards.c.id).where(_of(kind, subject_id), cards.c.channel == channel)
        card_id = (await connection.execute(same)).scalar_one()
    return str(card_id)


async def open_under(
    connection: Connection, kind: Kind, subject_id: str, *, card_of: tuple[Kind, str]
) -> None:
    """Want a message for this subject in the thread of each card of `card_of`, edited in place.

    A subject without a card has no thread: nothing is written.
    """
    above = await _locked(connection, _of(*card_of))
    rows = await connection.execute(
        select(cards.c.id, cards.c.channel).where(cards.c.id.in_(above)).order_by(cards.c.id)
    )
    for row in rows.all():
        await open_card(
            connection,
            kind=kind,
            subject_id=subject_id,
            channel=row.channel,
            urgency=Urgency.PROGRESS,
            under=row.id,
        )


async def ensure_channel(connection: Connection, name: str) -> None:
    """Have a row that deliverers can claim for this channel."""
    row = insert_into(connection, channels).values(name=name, post_at=database_now())
    await connection.execute(row.on_conflict_do_nothing())


async def show(
    connection: Connection, *, card_of: tuple[Kind, str], kind: Kind, subject_id: str
) -> None:
    """From now on the cards of `card_of` also show this row: marking it marks them."""
    for card_id in await _locked(connection, _of(*card_of)):
        await connection.execute(
            insert_into(connection, card_shows)
            .values(card_id=card_id, kind=kind.value, subject_id=subject_id)
            .on_conflict_do_nothing()
        )


async def mark(
    connection: Connection, kind: Kind, subject_id: str, *, urgency: Urgency = Urgency.PROGRESS
) -> None:
    """Want a new revision of every card whose subject this row is, or that shows it.

    A storm's card shows so many rows that no news of one of them may hurry it.
    """
    shown_by = select(card_shows.c.card_id).where(
        card_shows.c.kind == kind.value, card_shows.c.subject_id == subject_id
    )
    marked = or_(_of(kind, subject_id), cards.c.id.in_(shown_by))
    found = await connection.execute(
        select(cards.c.id, cards.c.kind).where(marked).order_by(cards.c.id).with_for_update()
    )
    rows = found.all()
    storms = [row.id for row in rows if row.kind == Kind.STORM.value]
    await want(connection, [row.id for row in rows if row.id not in storms], urgency=urgency)
    await want(connection, storms, urgency=max(urgency, Urgency.PROGRESS))


async def want(connection: Connection, card_ids: Sequence[str], *, urgency: Urgency) -> None:
    """Want a new revision of these cards.

    What is owed already keeps the time since when, and the more urgent of both urgencies. News
    that may not wait goes out without the pause between two edits, but never before the end of a
    pause that a failure asked for.
    """
    if not card_ids:
        return
    now = database_now()
    is_owed = cards.c.wanted > cards.c.shown
    next_at: ColumnElement[Any] = cards.c.next_at
    if urgency < Urgency.PROGRESS:
        well = and_(cards.c.failures == 0, cards.c.attempted_at.is_(None))
        next_at = case((well, now), else_=next_at)
    await connection.execute(
        update(cards)
        .where(cards.c.id.in_(card_ids))
        .values(
            wanted=cards.c.wanted + 1,
            urgency=case(
                (and_(is_owed, cards.c.urgency < int(urgency)), cards.c.urgency),
                else_=int(urgency),
            ),
            wanted_at=case((is_owed, cards.c.wanted_at), else_=now),
            correlation_id=correlation.get() or cards.c.correlation_id,
            next_at=next_at,
        )
    )


async def add_entry(
    connection: Connection, kind: Kind, subject_id: str, *, key: str, message: Message
) -> None:
    """Add an entry to the thread of each of this subject's cards, once for each `key`.

    A subject without a card has no thread: nothing is written.
    """
    for card_id in await _locked(connection, _of(kind, subject_id)):
        await _number(connection, card_id, key, message)


async def add_picture(
    connection: Connection,
    kind: Kind,
    subject_id: str,
    *,
    key: str,
    png: bytes,
    name: str,
    alt: str,
) -> None:
    """Add a picture to the thread of each of this subject's cards, once for each `key`.

    When Slack has processed it the card is marked, and `picture_file_id` gives what a block
    may show.
    """
    for card_id in await _locked(connection, _of(kind, subject_id)):
        number = await _number(connection, card_id, key, None)
        if number is None:
            continue
        await connection.execute(
            insert(pictures).values(
                card_id=card_id,
                number=number,
                png=png,
                name=name,
                alt=alt,
                completed=False,
                looks=0,
                usable=False,
            )
        )


async def picture_file_id(
    connection: Connection, kind: Kind, subject_id: str, key: str
) -> str | None:
    """Slack's id of a picture that a block may show; None before that, or where it is refused."""
    found = await connection.execute(
        select(pictures.c.file_id)
        .join(
            thread_entries,
            and_(
                thread_entries.c.card_id == pictures.c.card_id,
                thread_entries.c.number == pictures.c.number,
            ),
        )
        .join(cards, cards.c.id == pictures.c.card_id)
        .where(_of(kind, subject_id), thread_entries.c.key == key, pictures.c.usable)
        .order_by(cards.c.id)
        .limit(1)
    )
    return found.scalar()


async def latest_picture(
    connection: Connection, kind: Kind, subject_id: str, prefix: str
) -> str | None:
    """Slack's id of the newest picture whose key begins so and that a block may show."""
    found = await connection.execute(
        select(pictures.c.file_id)
        .join(
            thread_entries,
            and_(
                thread_entries.c.card_id == pictures.c.card_id,
                thread_entries.c.number == pictures.c.number,
            ),
        )
        .join(cards, cards.c.id == pictures.c.card_id)
        .where(
            _of(kind, subject_id),
            thread_entries.c.key.startswith(prefix, autoescape=True),
            pictures.c.usable,
        )
        .order_by(pictures.c.number.desc())
        .limit(1)
    )
    return found.scalar()


async def card_channel_and_ts(connection: Connection, kind: Kind, subject_id: str) -> Place | None:
    """Where this subject's message stands; None until it is posted."""
    found = await connection.execute(
        select(cards.c.channel_id, cards.c.ts)
        .where(_of(kind, subject_id), cards.c.ts.is_not(None))
        .order_by(cards.c.id)
        .limit(1)
    )
    row = found.first()
    return None if row is None else Place(row.channel_id, row.ts)


async def count_owed(connection: Connection) -> int:
    """How many cards Slack does not show as they are."""
    is_behind = cards.c.wanted > cards.c.shown
    asked = select(func.count()).where(is_behind, cards.c.is_folded.is_(False))
    return int((await connection.execute(asked)).scalar_one())


async def fold(connection: Connection, kind: Kind, subject_ids: Sequence[str]) -> None:
    """Owe Slack nothing of these cards: a storm's shows them. Its channel's row must be locked.

    None of them may have been posted, nor may a post of one have begun.
    """
    which = and_(cards.c.kind == kind.value, cards.c.subject_id.in_(subject_ids))
    await connection.execute(update(cards).where(which).values(is_folded=True))


async def unfold(connection: Connection, kind: Kind, subject_id: str, *, urgency: Urgency) -> None:
    """Owe Slack the card of this subject from now on."""
    now = database_now()
    await connection.execute(
        update(cards)
        .where(_of(kind, subject_id), cards.c.is_folded)
        .values(
            is_folded=False,
            wanted=cards.c.wanted + 1,
            wanted_at=now,
            urgency=int(urgency),
            next_at=now,
            thread_next_at=now,
        )
    )


def _of(kind: Kind, subject_id: str) -> ColumnElement[bool]:
    return and_(cards.c.kind == kind.value, cards.c.subject_id == subject_id)


async def _locked(connection: Connection, which: ColumnElement[bool]) -> Sequence[str]:
    found = select(cards.c.id).where(which).order_by(cards.c.id).with_for_update()
    return (await connection.execute(found)).scalars().all()


async def _number(
    connection: Connection, card_id: str, key: str, message: Message | None
) -> int | None:
    """Add an entry to a locked card under its next number; None when the key is there already.

    The card's row stays locked until the transaction ends, so the order of commits is the order
    of numbers.
    """
    there = select(thread_entries.c.number).where(
        thread_entries.c.card_id == card_id, thread_entries.c.key == key
    )
    if (await connection.execute(there)).first() is not None:
        return None
    counted = (
        update(cards)
        .where(cards.c.id == card_id)
        .values(entries=cards.c.entries + 1)
        .returning(cards.c.entries)
    )
    number = int((await connection.execute(counted)).scalar_one())
    kept = None if message is None else {"text": message.text, "blocks": list(message.blocks)}
    await connection.execute(
        insert(thread_entries).values(
            card_id=card_id, number=number, key=key, message=kept, refused=False
        )
    )
    return number
