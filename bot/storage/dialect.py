"""What both databases can do and SQLAlchemy writes per dialect."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.database import Connection


def insert_into(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT; both dialects write it alike."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table)
