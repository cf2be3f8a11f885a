"""Storms in the database: which groups are folded into which card, and what is left of them.

Whoever folds or unfolds holds the channel's row first: a channel has one open storm, and no card
is folded while its posting begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, and_, exists, insert, select, update

from bot.domain.alert import Severity
from bot.domain.card import Kind, Place, Urgency
from bot.domain.storm import Left, Storm, Waiting
from bot.errors import NotKnown
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.schema.alerts import alert_groups
from bot.storage.schema.cards import card_shows, channels, owed
from bot.storage.schema.cards import cards as card_rows
from bot.storage.schema.storms import storm_groups, storms

NO_STORM = "There is no such storm any more."
_g, _a = storm_groups.c, alert_groups.c
_PLAIN = ("id", "channel", "state_revision", "own_criticals", "began_at", "joined_at", "over_at")


async def hold_channel(connection: Connection, channel: str) -> None:
    """Keep others from folding, unfolding and posting in a channel until the transaction ends."""
    held = select(channels.c.name).where(channels.c.name == channel)
    await connection.execute(held.with_for_update(key_share=True))


async def get(connection: Connection, storm_id: str) -> Storm:
    """Return the storm.

    Raises:
        NotKnown: it is not there.
    """
    row = (await connection.execute(select(storms).where(storms.c.id == storm_id))).first()
    if row is None:
        raise NotKnown(NO_STORM)
    return _storm(row)


async def open_in(connection: Connection, channel: str) -> Storm | None:
    """The storm of this channel that is not over."""
    found = select(storms).where(storms.c.channel == channel, storms.c.over_at.is_(None))
    row = (await connection.execute(found)).first()
    return None if row is None else _storm(row)


async def every_seen(connection: Connection) -> tuple[Storm, ...]:
    """The storms that are not over and whose cards stand."""
    stands = exists().where(_is_card_of(storms.c.id), card_rows.c.ts.is_not(None))
    rows = await connection.execute(
        select(storms)
        .where(storms.c.over_at.is_(None), stands)
        .order_by(storms.c.began_at, storms.c.id)
    )
    return tuple(_storm(row) for row in rows)


async def waiting(connection: Connection, channel: str) -> tuple[Waiting, ...]:
    """The groups whose cards wait to be posted in a channel and that belong to no storm."""
    rows = await connection.execute(
        select(_a.id, _a.severity, _a.started_at)
        .join(
            card_rows,
            and_(
                card_rows.c.kind == Kind.ALERT_GROUP.value,
                card_rows.c.subject_id == alert_groups.c.id,
            ),
        )
        .where(
            card_rows.c.channel == channel,
            owed,
            card_rows.c.wanted > card_rows.c.shown,
            card_rows.c.ts.is_(None),
            card_rows.c.attempted_at.is_(None),
            card_rows.c.reposts == 0,
            ~exists().where(_g.group_id == _a.id),
        )
        .order_by(_a.started_at, _a.id)
    )
    return tuple(Waiting(row.id, Severity(row.severity), row.started_at) for row in rows)


async def begin(connection: Connection, channel: str, *, at: datetime) -> Storm:
    """A storm begins in a channel that is held: its card goes before all others."""
    storm = Storm(
        id=uuid4().hex,
        channel=channel,
        state_revision=1,
        own_criticals=0,
        began_at=at,
        joined_at=at,
    )
    await connection.execute(insert(storms).values(**{n: getattr(storm, n) for n in _PLAIN}))
    await cards.open_card(
        connection,
        kind=Kind.STORM,
        subject_id=storm.id,
        channel=channel,
        urgency=Urgency.OUTCOME,
    )
    return storm


async def join(
    connection: Connection,
    storm: Storm,
    *,
    folded: Sequence[Waiting],
    own: Sequence[Waiting],
    at: datetime,
) -> Storm:
    """These groups join a storm whose channel is held; those `folded` have no card any more."""
    joined = (
        update(storms)
        .where(storms.c.id == storm.id)
        .values(
            state_revision=storms.c.state_revision + 1,
            own_criticals=storms.c.own_criticals + len(own),
            joined_at=at,
        )
        .returning(storms)
    )
    now = _storm((await connection.execute(joined)).one())
    rows = [_joining(one, now, is_folded=True) for one in folded]
    rows += [_joining(one, now, is_folded=False) for one in own]
    await connection.execute(insert(storm_groups), rows)
    card_id = await _show(connection, storm.id, Kind.ALERT_GROUP, [row["group_id"] for row in rows])
    await cards.fold(connection, Kind.ALERT_GROUP, [one.group_id for one in folded])
    await cards.want(connection, [card_id], urgency=Urgency.PROGRESS)
    return now


def _joining(one: Waiting, storm: Storm, *, is_folded: bool) -> Mapping[str, Any]:
    return {
        "group_id": one.group_id,
        "storm_id": storm.id,
        "severity": int(one.severity),
        "since": storm.state_revision,
        "is_folded": is_folded,
    }


async def show_answers(connection: Connection, storm_id: str, answer_ids: Iterable[str]) -> None:
    """What is marked with these answers, as a silence is, wants the storm's card anew too."""
    await _show(connection, storm_id, Kind.ANSWER, answer_ids)


async def _show(
    connection: Connection, storm_id: str, kind: Kind, subject_ids: Iterable[str]
) -> str:
    """Whatever changes one of these rows wants the storm's card anew; returns the card's id."""
    card = select(card_rows.c.id).where(_is_card_of(storm_id))
    card_id = str((await connection.execute(card)).scalar_one())
    shown = [{"card_id": card_id, "kind": kind.value, "subject_id": one} for one in subject_ids]
    await connection.execute(insert(card_shows), shown)
    return card_id


async def mark(connection: Connection, storm_id: str) -> None:
    """Want a new revision of the storm's card."""
    await cards.mark(connection, Kind.STORM, storm_id)


async def end(
    connection: Connection, storm: Storm, unfolded: Sequence[Left], *, at: datetime
) -> bool:
    """The storm is over and these groups get cards; False when that was so. Its channel is held."""
    ended = (
        update(storms)
        .where(storms.c.id == storm.id, storms.c.over_at.is_(None))
        .values(over_at=at, state_revision=storms.c.state_revision + 1)
        .returning(storms.c.id)
    )
    if (await connection.execute(ended)).first() is None:
        return False
    ids = [one.group_id for one in unfolded]
    await connection.execute(
        update(storm_groups).where(_g.group_id.in_(ids)).values(is_folded=False)
    )
    for one in unfolded:
        is_worst = one.severity is Severity.CRITICAL
        urgency = Urgency.OUTCOME if is_worst else Urgency.NEW
        await cards.unfold(connection, Kind.ALERT_GROUP, one.group_id, urgency=urgency)
    await mark(connection, storm.id)
    return True


async def is_folded(connection: Connection, group_id: str) -> bool:
    """Whether a storm's card shows this group in place of its own."""
    found = select(_g.group_id).where(_g.group_id == group_id, _g.is_folded)
    return (await connection.execute(found)).first() is not None


async def of_folded(connection: Connection, group_id: str) -> Storm | None:
    """The storm whose card shows this group in place of its own."""
    found = (
        select(storms)
        .join(storm_groups, _g.storm_id == storms.c.id)
        .where(_g.group_id == group_id, _g.is_folded)
    )
    row = (await connection.execute(found)).first()
    return None if row is None else _storm(row)


async def give_own_card(
    connection: Connection, storm_id: str, group_id: str, *, at_most: int
) -> bool:
    """A folded group gets its own card after all, as a critical one that came so.

    False when so many of its storm's have one, or it has one. The storm's channel is held.
    """
    counted = (
        update(storms)
        .where(
            storms.c.id == storm_id,
            storms.c.own_criticals < at_most,
            exists().where(_g.group_id == group_id, _g.is_folded),
        )
        .values(own_criticals=storms.c.own_criticals + 1)
        .returning(storms.c.id)
    )
    if (await connection.execute(counted)).first() is None:
        return False
    await connection.execute(
        update(storm_groups).where(_g.group_id == group_id).values(is_folded=False)
    )
    await cards.unfold(connection, Kind.ALERT_GROUP, group_id, urgency=Urgency.OUTCOME)
    return True


async def places_of(connection: Connection, group_ids: Sequence[str]) -> dict[str, Place]:
    """Where the storms' cards stand that show these groups in place of their own."""
    if not group_ids:
        return {}
    rows = await connection.execute(
        select(_g.group_id, card_rows.c.channel_id, card_rows.c.ts)
        .join(
            card_rows,
            and_(card_rows.c.kind == Kind.STORM.value, card_rows.c.subject_id == _g.storm_id),
        )
        .where(_g.group_id.in_(group_ids), _g.is_folded, card_rows.c.ts.is_not(None))
    )
    return {row.group_id: Place(row.channel_id, row.ts) for row in rows}


def _is_card_of(storm_id: str | ColumnElement[str]) -> Any:
    return and_(card_rows.c.kind == Kind.STORM.value, card_rows.c.subject_id == storm_id)


def _storm(row: Row[Any]) -> Storm:
    return Storm(**{name: getattr(row, name) for name in _PLAIN})
