"""Rows that promise something to the engine, as its sweeps look for them."""

from datetime import datetime

from sqlalchemy import ColumnElement, Table, select

from bot.storage.database import Connection


async def unkept(
    connection: Connection, table: Table, is_open: ColumnElement[bool], asked_before: datetime
) -> tuple[str, ...]:
    """The ids of those of a table that are open, old enough for the engine to know them; the oldest
    first. The table has an `id` and says when it was asked (`asked_at`)."""
    rows = await connection.execute(
        select(table.c.id)
        .where(is_open, table.c.asked_at <= asked_before)
        .order_by(table.c.asked_at)
    )
    return tuple(rows.scalars())
