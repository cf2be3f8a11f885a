"""What stands now, everywhere: for a look at all of it at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.domain.card import Kind, Place
from bot.domain.change import ChangeState
from bot.domain.freeze import Declared
from bot.domain.lock import Lock
from bot.storage import freezes, locks, storms
from bot.storage.database import Connection
from bot.storage.schema.alerts import alert_groups
from bot.storage.schema.cards import cards
from bot.storage.schema.changes import changes as changes_table
from bot.storage.schema.guards import freezes as freezes_table
from bot.storage.schema.guards import locks as locks_table


async def under_way(connection: Connection) -> tuple[str, ...]:
    """The ids of the changes that are under way, the first begun first."""
    c = changes_table.c
    return await _ids(connection, select(c.id).where(c.under_way).order_by(c.started_at, c.id))


async def proposed(connection: Connection) -> tuple[str, ...]:
    """The ids of the changes that wait for somebody's word, the first asked for first."""
    c = changes_table.c
    wanted = select(c.id).where(c.state == ChangeState.PROPOSED).order_by(c.asked_at, c.id)
    return await _ids(connection, wanted)


async def open_groups(connection: Connection) -> tuple[str, ...]:
    """The ids of the alert groups that have not ended, the worst first."""
    c = alert_groups.c
    wanted = select(c.id).where(c.is_open).order_by(c.severity.desc(), c.started_at, c.id)
    return await _ids(connection, wanted)


async def standing_locks(connection: Connection, *, at: datetime) -> tuple[Lock, ...]:
    """Every lock that stands then, the oldest first."""
    c = locks_table.c
    wanted = select(c.id).where(c.released_at.is_(None)).order_by(c.at, c.id)
    found = [await locks.get(connection, lock_id) for lock_id in await _ids(connection, wanted)]
    return tuple(lock for lock in found if lock.stands(at))


async def freezes_ahead(connection: Connection, *, at: datetime) -> tuple[Declared, ...]:
    """The declared freezes that stand then or are still to come, the first first."""
    c = freezes_table.c
    wanted = select(c.id).where(c.ends_at > at, c.lifted_at.is_(None)).order_by(c.begins_at, c.id)
    return tuple(
        [await freezes.get(connection, freeze_id) for freeze_id in await _ids(connection, wanted)]
    )


async def places_of(
    connection: Connection, subjects: Iterable[tuple[Kind, str]]
) -> Mapping[tuple[Kind, str], Place]:
    """Where the messages of these cards stand; those not posted yet are left out.

    A group that is folded into a storm stands on the storm's card.
    """
    wanted = set(subjects)
    rows = await connection.execute(
        select(cards.c.kind, cards.c.subject_id, cards.c.channel_id, cards.c.ts)
        .where(
            cards.c.subject_id.in_(sorted({subject_id for _, subject_id in wanted})),
            cards.c.ts.is_not(None),
        )
        .order_by(cards.c.id.desc())
    )
    found = {(Kind(row.kind), row.subject_id): Place(row.channel_id, row.ts) for row in rows}
    folded = await storms.places_of(
        connection, [one for kind, one in wanted - found.keys() if kind is Kind.ALERT_GROUP]
    )
    found |= {(Kind.ALERT_GROUP, group_id): place for group_id, place in folded.items()}
    return {subject: place for subject, place in found.items() if subject in wanted}


async def _ids(connection: Connection, wanted: Any) -> tuple[str, ...]:
    return tuple((await connection.execute(wanted)).scalars())
