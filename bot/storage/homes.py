"""App Homes: who opened theirs, what Slack shows there, and which replica publishes it now.

A home is published by whoever holds its lease, from rows that were read after the lease was taken:
so an older view never replaces a newer one, whichever replica drew it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from bot.storage.database import Connection, database_now, in_seconds
from bot.storage.dialect import insert_into
from bot.storage.schema.homes import homes

OPEN_FOR_S = 86_400.0
"""A home that nobody has opened for a day is not kept up to date any more."""


@dataclass(frozen=True, slots=True)
class Home:
    """One person's home, and what Slack has of it."""

    person: str
    shown: str | None
    """The hash of what was published last; None: not known to be anything."""
    view_hash: str | None
    """Slack's own hash of it: with that, Slack refuses what is older than what it has."""
    failures: int


async def opened(connection: Connection, person: str, *, is_empty: bool) -> None:
    """Note that somebody looks at their home; `is_empty` when Slack has nothing to show there."""
    now = database_now()
    anew: dict[str, Any] = {"opened_at": now, "next_at": now}
    if is_empty:
        anew |= {"shown": None, "view_hash": None}
    row = insert_into(connection, homes).values(person=person, failures=0, **anew)
    await connection.execute(row.on_conflict_do_update(index_elements=[homes.c.person], set_=anew))


async def due(connection: Connection, owner: str) -> tuple[Home, ...]:
    """The homes opened within a day that may be published now and that nobody else publishes.

    A lease of the same owner counts as free, so that a restarted process goes on at once.
    """
    rows = await connection.execute(select(homes).where(_due(owner)).order_by(homes.c.next_at))
    return tuple(_home(row) for row in rows)


async def is_any_open(connection: Connection) -> bool:
    """Whether somebody has opened theirs within a day."""
    found = select(homes.c.person).where(_is_open()).limit(1)
    return (await connection.execute(found)).first() is not None


async def claim(
    connection: Connection, people: Collection[str], owner: str, *, lease_s: float
) -> tuple[Home, ...]:
    """Take the leases of those of these homes that are still due."""
    ready = (
        select(homes.c.person)
        .where(homes.c.person.in_(people), _due(owner))
        .with_for_update(skip_locked=True)
        .cte("ready")
    )
    taken = await connection.execute(
        update(homes)
        .where(homes.c.person.in_(select(ready.c.person)))
        .values(owner=owner, lease_until=in_seconds(lease_s))
        .returning(homes)
    )
    return tuple(_home(row) for row in taken)


async def shown(
    connection: Connection,
    person: str,
    owner: str,
    *,
    shown: str,
    view_hash: str | None,
    pause_s: float,
) -> None:
    """Slack shows this now; the next may follow after `pause_s`. The lease is given back."""
    await _end(
        connection,
        person,
        owner,
        {
            "shown": shown,
            "view_hash": view_hash,
            "next_at": in_seconds(pause_s),
            "failures": 0,
            "last_error": None,
        },
    )


async def put_off(
    connection: Connection, person: str, owner: str, *, for_s: float, error: str | None = None
) -> None:
    """Try again after `for_s`; with an error it counts as a failure, and what Slack has of the
    home is not known any more. The lease is given back.
    """
    values: dict[str, Any] = {"next_at": in_seconds(for_s)}
    if error is not None:
        values |= {
            "failures": homes.c.failures + 1,
            "last_error": error,
            "shown": None,
            "view_hash": None,
        }
    await _end(connection, person, owner, values)


async def _end(connection: Connection, person: str, owner: str, values: dict[str, Any]) -> None:
    await connection.execute(
        update(homes)
        .where(homes.c.person == person, homes.c.owner == owner)
        .values(owner=None, lease_until=None, **values)
    )


def _is_open() -> ColumnElement[bool]:
    return homes.c.opened_at > database_now() - OPEN_FOR_S


def _due(owner: str) -> ColumnElement[bool]:
    now = database_now()
    is_over = or_(homes.c.lease_until.is_(None), homes.c.lease_until <= now)
    free = or_(is_over, homes.c.owner == owner)
    return and_(_is_open(), homes.c.next_at <= now, free)


def _home(row: Any) -> Home:
    return Home(row.person, row.shown, row.view_hash, row.failures)
