"""The bot's own database as somebody with the file reads it, past the bot."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

Rows = Mapping[str, frozenset[str]]
"""Table → its rows, each as text."""

OF_THE_SHOW = frozenset(
    {"audit_entries", "audit_heads", "budgets", "card_shows", "cards", "changes", "channels"}
    | {"leases", "observed", "pictures", "seen", "thread_entries"}
)
"""Where it stands what is shown, who asked, and what the bot saw by itself: not what was done."""


def database_of(folder: Path) -> Path:
    """The file in a world's folder."""
    return folder / "bot.sqlite"


def all_rows(database: Path) -> Rows:
    """Everything that stands in it now, but for what only shows."""
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        listed = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [name for (name,) in listed if name not in OF_THE_SHOW]
        return {name: _rows(connection, name) for name in tables}


def _rows(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    return frozenset(repr(row) for row in connection.execute(f'SELECT * FROM "{table}"'))  # noqa: S608


def changes_of(database: Path) -> Mapping[str, str]:
    """Change id → its state and all that is known of it, as text; dry runs are left out."""
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("SELECT * FROM changes WHERE NOT is_dry_run")
        return {row["id"]: repr(tuple(row)) for row in found}


def alter(database: Path, statement: str, *values: object) -> int:
    """Write past the bot; returns how many rows that changed."""
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        return connection.execute(statement, values).rowcount
