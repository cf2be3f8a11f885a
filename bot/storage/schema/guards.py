"""What stands in the way of a change: locks that people hold, and freezes somebody declared."""

from sqlalchemy import Column, Index, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

locks = Table(
    "locks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("service", Text, nullable=False, comment="* for every service there"),
    Column("owner", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("nudged_at", Moment, comment="when the owner was last asked whether it is still needed"),
    Column("change_id", Text, comment="the rollback that set it"),
    Column("released_at", Moment),
    Column("released_by", Text),
    comment="Holds on places; one that stands refuses changes",
)
Index(
    "uq_locks_standing",
    locks.c.environment,
    locks.c.service,
    unique=True,
    sqlite_where=locks.c.released_at.is_(None),
    postgresql_where=locks.c.released_at.is_(None),
)

freezes = Table(
    "freezes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("service", Text, nullable=False, comment="* for every service there"),
    Column("begins_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("lifted_at", Moment),
    Column("lifted_by", Text),
    Index(None, "environment", "ends_at"),
    comment="Periods without changes that somebody declared; recurring ones stand in the catalogue",
)
