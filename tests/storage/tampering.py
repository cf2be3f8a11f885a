"""What somebody does who owns the database: the guard goes first, and then the rows."""

from sqlalchemy import text

from bot.storage.database import Connection

GUARDS = {
    "sqlite": (
        "DROP TRIGGER audit_entries_not_altered",
        "DROP TRIGGER audit_entries_not_removed",
    ),
    "postgresql": ("DROP TRIGGER audit_entries_append_only ON audit_entries",),
}


async def unguard(connection: Connection) -> None:
    """Let entries of the audit be altered and removed."""
    for statement in GUARDS[connection.dialect.name]:
        await connection.execute(text(statement))
