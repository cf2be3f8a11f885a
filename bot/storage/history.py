"""What was done in a place: for telling people, and for knowing what of it was not ours."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from bot.domain.card import Kind, Urgency
from bot.domain.change import FINAL, Change, ChangeState
from bot.storage import cards
from bot.storage import changes as rows
from bot.storage.database import Connection
from bot.storage.schema.changes import change_attempts, changes


@dataclass(frozen=True, slots=True)
class Attempt:
    """A change that asked ECS for something, and when it first did."""

    change: Change
    asked_ecs_at: datetime


async def page(
    connection: Connection, places: Iterable[tuple[str, str]], *, newest: int
) -> tuple[tuple[Change, ...], int]:
    """The changes that were begun in these places, by (environment, service), newest first.

    Returns at most `newest` of them, and how many there are.
    """
    where = and_(tuple_(changes.c.environment, changes.c.service).in_(list(places)), _was_begun())
    counted = await connection.execute(select(func.count()).select_from(changes).where(where))
    ids = await connection.execute(
        select(changes.c.id)
        .where(where)
        .order_by(
            func.coalesce(changes.c.started_at, changes.c.asked_at).desc(), changes.c.id.desc()
        )
        .limit(newest)
    )
    found = [await rows.get(connection, change_id) for change_id in ids.scalars().all()]
    return tuple(found), int(counted.scalar_one())


def _was_begun() -> ColumnElement[bool]:
    """ECS was asked for it, or may have been."""
    was_asked = or_(changes.c.started_at.is_not(None), changes.c.state == ChangeState.UNPROVEN)
    return and_(was_asked, not_(changes.c.is_dry_run))


async def places_under_way(connection: Connection) -> frozenset[tuple[str, str]]:
    """Where a change is under way, as (environment, service)."""
    found = await connection.execute(
        select(changes.c.environment, changes.c.service).where(changes.c.under_way)
    )
    return frozenset((row.environment, row.service) for row in found)


async def attempts(
    connection: Connection, environment: str, service: str, *, moved_since: datetime
) -> tuple[Attempt, ...]:
    """The changes of this place that asked ECS for something, or may have, and moved since then."""
    asked = func.min(change_attempts.c.at)
    found = await connection.execute(
        select(changes.c.id, changes.c.started_at, asked.label("asked"))
        .outerjoin(change_attempts, change_attempts.c.change_id == changes.c.id)
        .where(
            changes.c.environment == environment,
            changes.c.service == service,
            changes.c.changed_at >= moved_since,
        )
        .group_by(changes.c.id, changes.c.started_at)
        .having(or_(asked.is_not(None), changes.c.started_at.is_not(None)))
    )
    return tuple(
        [
            Attempt(await rows.get(connection, row.id), row.asked or row.started_at)
            for row in found.all()
        ]
    )


async def recorded(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Which of these changes are there."""
    found = await connection.execute(select(changes.c.id).where(changes.c.id.in_(list(ids))))
    return frozenset(found.scalars())


async def add_found(connection: Connection, change: Change) -> bool:
    """Write a change that others made; one that is under way gets its card.

    False when it stands already, or when one under way would stand beside another: of two that try
    at the same moment one succeeds.
    """
    before = await rows.latest_started(connection, change.environment, change.service)
    try:
        async with connection.begin_nested():
            is_new = await rows.add(connection, change)
    except IntegrityError:
        return False
    if not is_new:
        return False
    if change.state not in FINAL:
        await cards.open_card(
            connection,
            kind=Kind.CHANGE,
            subject_id=change.id,
            channel=change.channel,
            urgency=Urgency.NEW,
        )
    await rows.mark_alerts(connection, change)
    if before is not None and _is_newer(change, before):
        # What is not the latest any more loses the button for its way back.
        await cards.mark(connection, Kind.CHANGE, before.id)
    return True


def _is_newer(change: Change, before: Change) -> bool:
    if change.started_at is None or before.started_at is None:
        return False
    return change.started_at > before.started_at
