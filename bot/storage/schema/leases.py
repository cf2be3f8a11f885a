"""Who is alive, and who holds what for how long."""

from sqlalchemy import Column, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until_at", Moment, nullable=False),
    comment="One row for each replica's engine and for each chore only one replica does at a time",
)
