"""The audit in the database: entries are added, read and never written again.

The chain's end is one row that whoever adds an entry locks until its transaction ends, so the order
of commits is the order of numbers, and a transaction that fails leaves no gap. Two rules follow:

- Nothing is locked after the head. Cards are locked in the order of their ids, rows of a story
  before their cards, and the head last of all: a transaction that waited for a card while it held
  the head could wait for one that holds the card and waits for the head.
- Every other writer of an entry waits for it: add it as the last thing before the commit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, select, update

from bot.domain.audit import Entry, Head, Link, link_after
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
    return True


async def find(connection: Connection, key: str) -> Link | None:
    """The entry with this key."""
    found = await connection.execute(select(audit_entries).where(audit_entries.c.key == key))
    row = found.first()
    return None if row is None else _link(row)


async def head(connection: Connection) -> Head | None:
    """The end of the chain; None where nothing was ever written."""
    row = (await connection.execute(_head())).first()
    return None if row is None else Head(row.number, row.hash)


async def page(connection: Connection, *, after: int | None) -> tuple[Link, ...]:
    """The next entries by number, at most `PAGE`; None begins before any number there is."""
    asked = select(audit_entries).order_by(audit_entries.c.number).limit(PAGE)
    if after is not None:
        asked = asked.where(audit_entries.c.number > after)
    return tuple(_link(row) for row in await connection.execute(asked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries somebody asked for; what is None does not narrow them."""

    environments: frozenset[str] | None = None
    """Only what was done in these, or nowhere in particular."""
    actor: str | None = None
    since: datetime | None = None
    act: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        entries = audit_entries.c
        found: list[ColumnElement[bool]] = []
        if self.environments is not None:
            found.append(entries.environment.in_(sorted(self.environments)))
        if self.actor is not None:
            found.append(entries.actor == self.actor)
        if self.since is not None:
            found.append(entries.at >= self.since)
        if self.act is not None:
            found.append(entries.act == self.act)
        return found


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
    links = tuple(_link(row) for row in rows)
    counted = select(func.count()).select_from(audit_entries).where(*conditions)
    return links, int((await connection.execute(counted)).scalar_one())


async def with_keys(connection: Connection, keys: Iterable[str]) -> dict[str, Link]:
    """Of these keys, the entries that are there."""
    rows = await connection.execute(
        select(audit_entries).where(audit_entries.c.key.in_(list(keys)))
    )
    return {row.key: _link(row) for row in rows}


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


def _link(row: Row[Any]) -> Link:
    entry = Entry(
        key=row.key,
        at=row.at,
        actor=row.actor,
        act=row.act,
        outcome=row.outcome,
        environment=row.environment,
        service=row.service,
        subject=row.subject,
        source=row.source,
        detail=row.detail,
    )
    return Link(row.number, entry, row.previous, row.hash)
