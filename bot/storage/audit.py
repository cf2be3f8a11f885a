"""The audit in the database: entries are added, read and never written again.

The chain's end is one row that whoever adds an entry locks until its transaction ends, so the order
of commits is the order of numbers, and a transaction that fails leaves no gap. Two rules follow:

- Nothing is locked after the head. Cards are locked in the order of their ids, rows of a story
  before their cards, and the head last of all: a transaction that waited for a card while it held
  the head could wait for one that holds the card and waits for the head.
- Every other writer of an entry waits for it: add it as the last thing before the commit.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Row,
    Text,
    and_,
    cast,
    false,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)

from bot import metrics
from bot.catalog import ANY
from bot.domain.audit import Entry, Head, Link, Unreadable, link_after
from bot.domain.audit_proof import Problem, Walk
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.audit import audit_entries, audit_heads

THE_HEAD = 1
PAGE = 1000
"""Entries read at once when the chain is walked."""


async def add(connection: Connection, entry: Entry) -> bool:
    """Write the entry at the end of the chain; False when its key is there already.

    It stands or falls with the caller's transaction, whose last write it should be (see above).
    """
    before = await _locked_head(connection)
    if await find(connection, entry.key) is not None:
        return False
    link = link_after(before, entry)
    kept = link.entry
    await connection.execute(
        insert(audit_entries).values(
            number=link.number,
            key=kept.key,
            at=kept.at,
            actor=kept.actor,
            act=kept.act,
            environment=kept.environment,
            service=kept.service,
            subject=kept.subject,
            source=kept.source,
            outcome=kept.outcome,
            detail=dict(kept.detail),
            previous=link.previous,
            hash=link.hash,
        )
    )
    await connection.execute(
        update(audit_heads)
        .where(audit_heads.c.id == THE_HEAD)
        .values(number=link.number, hash=link.hash)
    )
    metrics.audit_entries.labels(kept.outcome).inc()
    return True


async def find(connection: Connection, key: str) -> Link | None:
    """The entry with this key."""
    found = await connection.execute(select(audit_entries).where(audit_entries.c.key == key))
    row = found.first()
    return None if row is None else _read(row)


async def head(connection: Connection) -> Head | None:
    """The end of the chain; None where nothing was ever written."""
    row = (await connection.execute(_head())).first()
    return None if row is None else Head(row.number, row.hash)


async def holds(connection: Connection, posted: Head) -> bool:
    """Whether the entry that was the head then is still there with the same hash."""
    entries = audit_entries.c
    same = select(entries.number).where(
        entries.number == posted.number, entries.hash == posted.hash
    )
    return (await connection.execute(same)).first() is not None


@dataclass(frozen=True, slots=True)
class Verified:
    """What a walk found, and the head that the chain had then."""

    head: Head
    problems: tuple[Problem, ...]


async def verify(connection: Connection, posted: Sequence[Head] = ()) -> Verified:
    """Walk the chain from its first entry, page by page, in the caller's snapshot.

    `posted` are heads known from elsewhere: the chain must still contain them.
    """
    end = await head(connection)
    walk = Walk(end, posted)
    after: int | None = None
    while links := await _page(connection, after):
        for link in links:
            walk.see(link)
        after = links[-1].number
    return Verified(end or Head(), walk.end())


async def _page(connection: Connection, after: int | None) -> list[Link | Unreadable]:
    asked = select(*_AS_WRITTEN).order_by(audit_entries.c.number).limit(PAGE)
    if after is not None:
        asked = asked.where(audit_entries.c.number > after)
    return [_link_as_written(row) for row in await connection.execute(asked)]


# Whoever altered a row may have left a moment or a text that cannot be read as one.
_RAW: dict[str, ColumnElement[Any]] = {
    "at": type_coerce(audit_entries.c.at, Float(53)).label("at"),
    "detail": cast(audit_entries.c.detail, Text).label("detail"),
}
_AS_WRITTEN: list[ColumnElement[Any]] = [
    _RAW.get(column.name, column) for column in audit_entries.c
]


def _is_text(column: ColumnElement[Any]) -> bool:
    return isinstance(column.type, Text)


def _link_as_written(row: Row[Any]) -> Link | Unreadable:
    texts = (value for column, value in zip(audit_entries.c, row, strict=True) if _is_text(column))
    if not all(value is None or isinstance(value, str) for value in texts):
        return Unreadable(row.number)
    try:
        at = datetime.fromtimestamp(float(row.at), UTC)
        return _link(row, at=at, detail=dict(json.loads(row.detail)))
    except (ValueError, TypeError, OverflowError, OSError):
        return Unreadable(row.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries somebody asked for; what is None does not narrow them."""

    places: frozenset[tuple[str, str]] | None = None
    """Only what was done in these, as (environment, service), or in one of their environments
    without a service of its own."""
    actor: str | None = None
    since: datetime | None = None
    act: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        entries = audit_entries.c
        found: list[ColumnElement[bool]] = []
        if self.places is not None:
            found.append(or_(false(), *(_in(*place) for place in sorted(self.places))))
        if self.actor is not None:
            found.append(entries.actor == self.actor)
        if self.since is not None:
            found.append(entries.at >= self.since)
        if self.act is not None:
            found.append(entries.act == self.act)
        return found


def _in(environment: str, service: str) -> ColumnElement[bool]:
    entries = audit_entries.c
    of_all = or_(entries.service.is_(None), entries.service == ANY)
    return and_(entries.environment == environment, or_(entries.service == service, of_all))


async def newest(
    connection: Connection, wanted: Wanted, *, at_most: int
) -> tuple[tuple[Link, ...], int]:
    """The newest of these entries, newest first, and how many there are in all."""
    conditions = wanted.conditions()
    rows = await connection.execute(
        select(audit_entries)
        .where(*conditions)
        .order_by(audit_entries.c.number.desc())
        .limit(at_most)
    )
    links = tuple(_read(row) for row in rows)
    counted = select(func.count()).select_from(audit_entries).where(*conditions)
    return links, int((await connection.execute(counted)).scalar_one())


async def with_keys(connection: Connection, keys: Iterable[str]) -> dict[str, Link]:
    """Of these keys, the entries that are there."""
    rows = await connection.execute(
        select(audit_entries).where(audit_entries.c.key.in_(list(keys)))
    )
    return {row.key: _read(row) for row in rows}


async def _locked_head(connection: Connection) -> Head:
    row = (await connection.execute(_head().with_for_update())).first()
    if row is None:
        # Of two that come first at the same moment, one waits here for the other's commit.
        begun = Head()
        await connection.execute(
            insert_into(connection, audit_heads)
            .values(id=THE_HEAD, number=begun.number, hash=begun.hash)
            .on_conflict_do_nothing()
        )
        row = (await connection.execute(_head().with_for_update())).one()
    return Head(row.number, row.hash)


def _head() -> Any:
    return select(audit_heads.c.number, audit_heads.c.hash).where(audit_heads.c.id == THE_HEAD)


def _read(row: Row[Any]) -> Link:
    return _link(row, at=row.at, detail=row.detail)


def _link(row: Row[Any], *, at: datetime, detail: dict[str, str]) -> Link:
    entry = Entry(
        key=row.key,
        at=at,
        actor=row.actor,
        act=row.act,
        outcome=row.outcome,
        environment=row.environment,
        service=row.service,
        subject=row.subject,
        source=row.source,
        detail=detail,
    )
    return Link(row.number, entry, row.previous, row.hash)
