"""Who did what: rows that are only ever added, each holding the hash of the one before it."""

from collections.abc import Mapping

from sqlalchemy import JSON, Column, Connection, Index, Integer, Table, Text, event, text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

GUARDS: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        """CREATE TRIGGER audit_entries_not_altered BEFORE UPDATE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END""",
        """CREATE TRIGGER audit_entries_not_removed BEFORE DELETE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION audit_entries_append_only() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'audit_entries is append-only'; END $$""",
        """CREATE TRIGGER audit_entries_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only()""",
    ),
}
"""By dialect: the database refuses to alter or remove an entry, whoever asks it to."""

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True, comment="the same act has the same key"),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False, comment="a Slack user id, or who else acted"),
    Column("act", Text, nullable=False),
    Column("environment", Text),
    Column("service", Text),
    Column("subject", Text, comment="the change, lock or freeze it was done to"),
    Column("source", Text, nullable=False, comment="the channel and the message or command"),
    Column("outcome", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("previous", Text, nullable=False, comment="hash of the entry before it"),
    Column("hash", Text, nullable=False),
    Index(None, "environment", "at"),
    Index(None, "actor", "at"),
    comment="The audit: append-only and chained, denied attempts too",
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    comment="One row, locked by whoever adds an entry: the end of the chain",
)


@event.listens_for(audit_entries, "after_create")
def _guard(_table: Table, connection: Connection, **_options: object) -> None:
    for statement in GUARDS.get(connection.dialect.name, ()):
        connection.execute(text(statement))
