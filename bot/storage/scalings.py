"""Scalings in the database. Whatever moves or tells of one marks every card that shows it.

Whoever decides what stands in a place locks its row first (`lock_place`), so that promises are set,
handed over and ended one after another, whichever replica does it. Of two that would ask AWS at the
same moment one succeeds, by a unique index.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypedDict, Unpack

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, and_, func, insert, not_, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from bot.domain.card import Kind, Urgency
from bot.domain.scaling.capacity import Capacity
from bot.domain.scaling.proposal import Proposal
from bot.domain.scaling.scaling import (
    AT_REST,
    STACKED,
    TOUCHING,
    Progress,
    Scaling,
    ScalingState,
)
from bot.domain.scaling.wish import Wish
from bot.errors import Conflict, NotKnown
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.scalings import scaling_places, scalings

NO_SCALING = "There is no such scaling any more."
S = ScalingState

_JSON: Mapping[str, TypeAdapter[Any]] = {
    "wish": TypeAdapter(Wish),
    "proposal": TypeAdapter(Proposal),
    "found": TypeAdapter(Capacity),
    "wanted": TypeAdapter(Capacity),
    "progress": TypeAdapter(Progress),
    "overridden": TypeAdapter(tuple[str, ...]),
}


class Facts(TypedDict, total=False):
    """What may be told of a scaling beside its state; the fields of `Scaling` by name."""

    expires_at: datetime | None
    proposal: Proposal | None
    number: int | None
    found: Capacity | None
    wanted: Capacity | None
    overridden: tuple[str, ...]
    confirmed_by: str | None
    asked_aws_at: datetime | None
    set_at: datetime | None
    until: datetime | None
    progress: Progress | None
    returning_at: datetime | None
    hurried_by: str | None
    finished_at: datetime | None
    ended_by: str | None
    ended_for: str | None
    why: str | None
    silent_since: datetime | None
    silent_why: str | None


class Occupied(Conflict):
    """AWS is being asked for another scaling of this place."""


async def add(connection: Connection, scaling: Scaling) -> bool:
    """Write a new scaling; False when it stands already."""
    if await find(connection, scaling.id) is not None:
        return False
    await connection.execute(insert(scalings).values(**_columns(scaling)))
    return True


async def find(connection: Connection, scaling_id: str) -> Scaling | None:
    found = await connection.execute(select(scalings).where(scalings.c.id == scaling_id))
    row = found.first()
    return None if row is None else _scaling(row)


async def get(connection: Connection, scaling_id: str) -> Scaling:
    """Return the scaling.

    Raises:
        NotKnown: it is not there; its row was removed by retention, or the id is made up.
    """
    scaling = await find(connection, scaling_id)
    if scaling is None:
        raise NotKnown(NO_SCALING)
    return scaling


async def _locked(connection: Connection, scaling_id: str) -> Scaling:
    """The scaling as nobody else can change it until the transaction ends: what one of them is
    handed must not be written over by whoever moves it at the same moment."""
    one = select(scalings).where(scalings.c.id == scaling_id).with_for_update()
    row = (await connection.execute(one)).first()
    if row is None:
        raise NotKnown(NO_SCALING)
    return _scaling(row)


async def lock_place(connection: Connection, environment: str, service: str) -> int:
    """Have this place to oneself until the transaction ends; returns the last number given there.

    Call it before any row of a scaling is read that is to be decided by.
    """
    where = (scaling_places.c.environment == environment, scaling_places.c.service == service)
    new = insert_into(connection, scaling_places)
    row = new.values(environment=environment, service=service, number=0)
    await connection.execute(row.on_conflict_do_nothing())
    locked = select(scaling_places.c.number).where(*where).with_for_update()
    return int((await connection.execute(locked)).scalar_one())


async def take_number(connection: Connection, environment: str, service: str) -> int:
    """The next number of a place that this transaction has locked."""
    taken = await connection.execute(
        update(scaling_places)
        .where(scaling_places.c.environment == environment, scaling_places.c.service == service)
        .values(number=scaling_places.c.number + 1)
        .returning(scaling_places.c.number)
    )
    return int(taken.scalar_one())


async def move(
    connection: Connection,
    scaling_id: str,
    to: ScalingState,
    *,
    of: Iterable[ScalingState],
    at: datetime,
    **facts: Unpack[Facts],
) -> Scaling | None:
    """Move a scaling that stands in one of `of`, with what is known by then; None if it does not.

    Of two that try at the same moment one succeeds. The cards are marked in this transaction.

    Raises:
        Occupied: AWS is being asked for another one of this place; nothing is written.
        ImpossibleMove: the state table has no such move.
    """
    scaling = await _locked(connection, scaling_id)
    if scaling.state not in set(of):
        return None
    moved = replace(scaling.to(to, at=at), **facts)
    row = update(scalings).where(scalings.c.id == scaling.id).values(**_columns(moved))
    try:
        async with connection.begin_nested():
            await connection.execute(row)
    except IntegrityError:
        raise Occupied(
            f"Another scaling of {scaling.service} in {scaling.environment} is being set now."
        ) from None
    await _mark(connection, moved)
    return moved


async def note(connection: Connection, scaling_id: str, **facts: Unpack[Facts]) -> bool:
    """Write down what is news about a scaling, without moving it; False when nothing was."""
    scaling = await _locked(connection, scaling_id)
    noted = replace(scaling, **facts)
    if noted == scaling:
        return False
    await connection.execute(
        update(scalings)
        .where(scalings.c.id == scaling_id)
        .values(**{name: _column(name, getattr(noted, name)) for name in facts})
    )
    await _mark(connection, noted)
    return True


async def promises(connection: Connection, environment: str, service: str) -> tuple[Scaling, ...]:
    """What stands in this place and goes back by itself, the one that was set first in front."""
    rows = await connection.execute(
        select(scalings)
        .where(*_in(environment, service), scalings.c.state.in_(STACKED))
        .where(scalings.c.until.is_not(None))
        .order_by(scalings.c.number)
    )
    return tuple(_scaling(row) for row in rows)


async def touching(connection: Connection, environment: str, service: str) -> Scaling | None:
    """The scaling for which AWS is being asked in this place."""
    rows = await connection.execute(
        select(scalings).where(*_in(environment, service), scalings.c.is_touching)
    )
    row = rows.first()
    return None if row is None else _scaling(row)


async def set_after(connection: Connection, scaling: Scaling) -> Scaling | None:
    """The scaling that was last set in this place after this one."""
    rows = await connection.execute(
        select(scalings)
        .where(*_in(*scaling.place), scalings.c.set_at.is_not(None))
        .where(scalings.c.number > (scaling.number or 0))
        .order_by(scalings.c.number.desc())
        .limit(1)
    )
    row = rows.first()
    return None if row is None else _scaling(row)


async def to_work_on(connection: Connection, moved_before: datetime) -> tuple[Scaling, ...]:
    """Those on which a workflow is to work, and old enough for the engine to know of it."""
    rows = await connection.execute(
        select(scalings)
        .where(scalings.c.is_working, scalings.c.changed_at <= moved_before)
        .order_by(scalings.c.changed_at)
    )
    return tuple(_scaling(row) for row in rows)


async def over(connection: Connection, at: datetime) -> tuple[Scaling, ...]:
    """Promises that stand and whose time is over, and proposals nobody confirmed in time."""
    is_due = and_(scalings.c.state == S.STANDING, scalings.c.until <= at)
    has_expired = and_(scalings.c.state == S.PROPOSED, scalings.c.expires_at <= at)
    rows = await connection.execute(
        select(scalings)
        .where(scalings.c.finished_at.is_(None), or_(is_due, has_expired))
        .order_by(scalings.c.environment, scalings.c.service, scalings.c.number)
    )
    return tuple(_scaling(row) for row in rows)


async def page(
    connection: Connection, places: Iterable[tuple[str, str]], *, newest: int
) -> tuple[tuple[Scaling, ...], int]:
    """The scalings that asked AWS for something in these places, newest first.

    Places are (environment, service). Returns at most `newest`, and how many there are.
    """
    in_places = tuple_(scalings.c.environment, scalings.c.service).in_(list(places))
    where = and_(in_places, scalings.c.set_at.is_not(None), not_(scalings.c.is_dry_run))
    count = await connection.execute(select(func.count()).select_from(scalings).where(where))
    rows = await connection.execute(
        select(scalings)
        .where(where)
        .order_by(scalings.c.set_at.desc(), scalings.c.id.desc())
        .limit(newest)
    )
    return tuple(_scaling(row) for row in rows), int(count.scalar_one())


async def mark_place(connection: Connection, environment: str, service: str) -> None:
    """What stands or is proposed in this place shows what has become of another one there."""
    shown = select(scalings.c.id).where(
        *_in(environment, service), scalings.c.state.in_(STACKED | {S.PROPOSED})
    )
    for scaling_id in (await connection.execute(shown.order_by(scalings.c.id))).scalars():
        await cards.mark(connection, Kind.SCALING, scaling_id, urgency=Urgency.PROGRESS)


async def _mark(connection: Connection, scaling: Scaling) -> None:
    urgency = Urgency.OUTCOME if scaling.is_final else Urgency.PROGRESS
    await cards.mark(connection, Kind.SCALING, scaling.id, urgency=urgency)


def _in(environment: str, service: str) -> tuple[ColumnElement[bool], ...]:
    return scalings.c.environment == environment, scalings.c.service == service


_FIELDS = tuple(field.name for field in fields(Scaling))


def _columns(scaling: Scaling) -> dict[str, Any]:
    return {
        **{name: _column(name, getattr(scaling, name)) for name in _FIELDS},
        "is_working": scaling.state not in AT_REST,
        "is_touching": scaling.state in TOUCHING,
    }


def _column(name: str, value: Any) -> Any:
    if name in _JSON and value is not None:
        return _JSON[name].dump_python(value, mode="json")
    return value


def _scaling(row: Row[Any]) -> Scaling:
    return Scaling(**{name: _value(name, getattr(row, name)) for name in _FIELDS})


def _value(name: str, column: Any) -> Any:
    if name == "state":
        return ScalingState(column)
    if name in _JSON and column is not None:
        return _JSON[name].validate_python(column)
    return column
