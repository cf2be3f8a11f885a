"""Doing once what may arrive twice: a key written in the transaction that acts."""

from sqlalchemy import delete

from bot.storage.database import Connection, database_now, in_seconds
from bot.storage.dialect import insert_into
from bot.storage.schema.deduplication import seen


async def first_time(connection: Connection, key: str, *, keep_s: float) -> bool:
    """Remember `key` for `keep_s` seconds; False when it is remembered already.

    Written in the transaction that acts: if that fails, the key was never seen.
    """
    row = insert_into(connection, seen).values(key=key, until_at=in_seconds(keep_s))
    taken = row.on_conflict_do_update(
        index_elements=[seen.c.key],
        set_={"until_at": in_seconds(keep_s)},
        where=seen.c.until_at < database_now(),
    ).returning(seen.c.key)
    return (await connection.execute(taken)).first() is not None


async def forget_expired(connection: Connection) -> int:
    """Delete the keys whose time is over; returns how many."""
    expired = delete(seen).where(seen.c.until_at < database_now())
    return (await connection.execute(expired)).rowcount
