"""Freezes somebody declared. Those that recur stand in the catalogue and have no rows."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from bot.catalog import ANY
from bot.domain.card import Kind, Urgency
from bot.domain.freeze import Declared
from bot.errors import NotKnown
from bot.storage import approvals, cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.guards import freezes

NO_FREEZE = "There is no such freeze any more."
_FIELDS = tuple(field.name for field in fields(Declared))


async def add(connection: Connection, freeze: Declared) -> bool:
    """Write a new freeze; False when it stands already."""
    new = insert_into(connection, freezes).values(
        **{name: getattr(freeze, name) for name in _FIELDS}
    )
    written = await connection.execute(new.on_conflict_do_nothing().returning(freezes.c.id))
    if written.first() is None:
        return False
    await approvals.mark_waiting(connection, freeze.environment, freeze.service)
    return True


async def get(connection: Connection, freeze_id: str) -> Declared:
    """Return the freeze.

    Raises:
        NotKnown: it is not there; its row was removed by retention, or the id is made up.
    """
    row = (await connection.execute(select(freezes).where(freezes.c.id == freeze_id))).first()
    if row is None:
        raise NotKnown(NO_FREEZE)
    return _freeze(row)


async def ahead(
    connection: Connection, environment: str, service: str, *, at: datetime
) -> tuple[Declared, ...]:
    """The freezes that refuse changes of this service then or later; what begins first first."""
    rows = await connection.execute(
        select(freezes)
        .where(
            freezes.c.environment == environment,
            freezes.c.service.in_([service, ANY]),
            freezes.c.ends_at > at,
            freezes.c.lifted_at.is_(None),
        )
        .order_by(freezes.c.begins_at, freezes.c.id)
    )
    return tuple(_freeze(row) for row in rows)


async def lift(connection: Connection, freeze_id: str, *, by: str, at: datetime) -> Declared | None:
    """Lift a freeze; None when it was lifted already, or is over. Its cards are marked."""
    lifted = await connection.execute(
        update(freezes)
        .where(freezes.c.id == freeze_id, freezes.c.lifted_at.is_(None), freezes.c.ends_at > at)
        .values(lifted_at=at, lifted_by=by)
        .returning(freezes.c.id)
    )
    if lifted.first() is None:
        return None
    return await mark(connection, freeze_id, urgency=Urgency.OUTCOME)


async def mark(connection: Connection, freeze_id: str, *, urgency: Urgency) -> Declared:
    """Mark the cards of a freeze that began or is over, and of the proposals it concerns."""
    freeze = await get(connection, freeze_id)
    await cards.mark(connection, Kind.FREEZE, freeze_id, urgency=urgency)
    await approvals.mark_waiting(connection, freeze.environment, freeze.service)
    return freeze


async def between(
    connection: Connection, *, after: datetime, until: datetime
) -> tuple[Declared, ...]:
    """The freezes that begin or end in this time: their cards look different then."""
    began = (freezes.c.begins_at > after) & (freezes.c.begins_at <= until)
    ended = (freezes.c.ends_at > after) & (freezes.c.ends_at <= until)
    rows = await connection.execute(
        select(freezes).where(freezes.c.lifted_at.is_(None), began | ended).order_by(freezes.c.id)
    )
    return tuple(_freeze(row) for row in rows)


def _freeze(row: Row[Any]) -> Declared:
    return Declared(**{name: getattr(row, name) for name in _FIELDS})
