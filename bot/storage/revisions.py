"""What runs in each place as last seen, and which task definitions proved themselves there."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import delete, select

from bot.domain.plan import GoodRevision, Observed, Revision
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.changes import good_revisions, observed

KEPT_SHOWN = 20
"""Newer than this many good revisions nobody rolls back past."""
_REVISION = TypeAdapter(Revision)


async def add_good(
    connection: Connection, environment: str, service: str, revision: GoodRevision
) -> None:
    """Write down that this revision proved itself; again means: it did once more, now."""
    values = {**asdict(revision), "environment": environment, "service": service}
    await _upsert(connection, good_revisions, values)


async def withdraw_good(
    connection: Connection, environment: str, service: str, *, task_definition: str
) -> None:
    """Take back that this revision proved itself: somebody had to roll back from it."""
    await connection.execute(
        delete(good_revisions).where(
            good_revisions.c.environment == environment,
            good_revisions.c.service == service,
            good_revisions.c.task_definition == task_definition,
        )
    )


async def good(connection: Connection, environment: str, service: str) -> tuple[GoodRevision, ...]:
    """The revisions that proved themselves in this place, the last one first."""
    rows = await connection.execute(
        select(good_revisions)
        .where(good_revisions.c.environment == environment, good_revisions.c.service == service)
        .order_by(good_revisions.c.good_at.desc())
        .limit(KEPT_SHOWN)
    )
    return tuple(
        GoodRevision(
            task_definition=row.task_definition,
            image=row.image,
            version=row.version,
            digest=row.digest,
            change_id=row.change_id,
            good_at=row.good_at,
        )
        for row in rows
    )


async def see(connection: Connection, seen: Observed) -> None:
    """Write down what was seen to run, in place of what was seen before."""
    values = {**asdict(seen), "running": _REVISION.dump_python(seen.running, mode="json")}
    await _upsert(connection, observed, values)


async def seen(
    connection: Connection, places: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Observed]:
    """What was last seen to run, by (environment, service)."""
    wanted = frozenset(places)
    rows = await connection.execute(select(observed))
    found = {(row.environment, row.service): row for row in rows}
    return {key: _observed(row) for key, row in found.items() if key in wanted}


def _observed(row: Any) -> Observed:
    return Observed(
        service=row.service,
        environment=row.environment,
        running=_REVISION.validate_python(row.running),
        since=row.since,
        desired=row.desired,
        healthy=row.healthy,
        rollout=row.rollout,
        seen_at=row.seen_at,
        trouble=row.trouble,
    )


async def _upsert(connection: Connection, table: Any, values: dict[str, Any]) -> None:
    keys = [column.name for column in table.primary_key.columns]
    new = {name: value for name, value in values.items() if name not in keys}
    await connection.execute(
        insert_into(connection, table)
        .values(**values)
        .on_conflict_do_update(index_elements=keys, set_=new)
    )
