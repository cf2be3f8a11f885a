"""Webhooks as they were received."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, comment="the order they are worked off in"),
    Column("source", Text, nullable=False),
    Column("delivery_key", Text, nullable=False, comment="the same for a delivery sent twice"),
    Column("partition_key", Text, nullable=False, comment="worked off one at a time, in order"),
    Column("body", LargeBinary, nullable=False, comment="the bytes that were proved"),
    Column("received_at", Moment, nullable=False),
    Column("state", Text, nullable=False, comment="waiting, done or poisoned"),
    Column("owner", Text, comment="the worker that has claimed it"),
    Column("lease_until", Moment),
    Column("next_at", Moment, nullable=False, comment="when it may be tried next"),
    Column("failures", Integer, nullable=False),
    Column("last_error", Text),
    sqlite_autoincrement=True,
    comment="Webhooks that were answered 202: proved, kept, then thought about",
)

WAITING = "waiting"
DONE = "done"
POISONED = "poisoned"

is_waiting = inbox.c.state == WAITING

Index(
    "ix_inbox_waiting",
    inbox.c.partition_key,
    inbox.c.id,
    sqlite_where=is_waiting,
    postgresql_where=is_waiting,
)
Index("ix_inbox_delivery_key", inbox.c.delivery_key)
