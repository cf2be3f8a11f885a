"""Systems that nobody of us reaches: a row each while it lasts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.reconciled import outages


@dataclass(frozen=True, slots=True)
class Outage:
    since: datetime
    is_said: bool
    """Whether a card says so."""


async def find(connection: Connection, system: str) -> Outage | None:
    found = await connection.execute(select(outages).where(outages.c.system == system))
    row = found.first()
    return None if row is None else Outage(row.since, row.is_said)


async def begin(connection: Connection, system: str, *, at: datetime) -> None:
    """A system does not answer; when that began stays as it is."""
    new = insert_into(connection, outages).values(system=system, since=at, is_said=False)
    await connection.execute(new.on_conflict_do_nothing())


async def say(connection: Connection, system: str) -> bool:
    """Say of an outage that it is being said; False when that was said before."""
    written = await connection.execute(
        update(outages)
        .where(outages.c.system == system, outages.c.is_said.is_(False))
        .values(is_said=True)
    )
    return written.rowcount > 0


async def end(connection: Connection, system: str) -> Outage | None:
    """A system answers again; returns what is over, to the first who notices."""
    ended = await connection.execute(
        delete(outages).where(outages.c.system == system).returning(outages)
    )
    row = ended.first()
    return None if row is None else Outage(row.since, row.is_said)
