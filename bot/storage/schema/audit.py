"""Who did what: rows that are only ever added, each holding the hash of the one before it."""

from sqlalchemy import JSON, Column, Index, Integer, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

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
