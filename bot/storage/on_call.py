"""Who is on call for each service, as PagerDuty last said: looked up slowly, read at once."""

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, literal, select

from bot.domain.oncall import LastSaid, OnCall, Roster
from bot.storage.database import Connection, Moment
from bot.storage.dialect import insert_into
from bot.storage.schema.homes import on_call

_ON_CALL = TypeAdapter(OnCall)


async def see(connection: Connection, roster: Roster, *, at: datetime) -> None:
    """Write down what PagerDuty said; where it kept silent, what it said before stays."""
    for service, said in roster.services.items():
        found = _ON_CALL.dump_python(said, mode="json")
        heard = {"found": found, "seen_at": at, "silent_since": None, "silent_why": None}
        await _upsert(connection, service, heard, heard)
    for service, why in roster.silent.items():
        silent = {"silent_since": at, "silent_why": why}
        still = {
            "silent_since": func.coalesce(on_call.c.silent_since, literal(at, Moment())),
            "silent_why": why,
        }
        await _upsert(connection, service, silent, still)


async def seen(connection: Connection) -> tuple[LastSaid, ...]:
    """What is known of every service that was ever looked up."""
    rows = await connection.execute(select(on_call).order_by(on_call.c.service))
    return tuple(
        LastSaid(
            service=row.service,
            on_call=None if row.found is None else _ON_CALL.validate_python(row.found),
            seen_at=row.seen_at,
            silent_since=row.silent_since,
            silent_why=row.silent_why,
        )
        for row in rows
    )


async def _upsert(
    connection: Connection, service: str, new: dict[str, Any], known: dict[str, Any]
) -> None:
    row = insert_into(connection, on_call).values(service=service, **new)
    await connection.execute(
        row.on_conflict_do_update(index_elements=[on_call.c.service], set_=known)
    )
