"""What has been done already, so that a redelivery does nothing."""

from sqlalchemy import Column, Index, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

seen = Table(
    "seen",
    metadata,
    Column("key", Text, primary_key=True),
    Column("until_at", Moment, nullable=False),
    Index(None, "until_at"),
    comment="Keys of what was done; after until_at the same key counts as new",
)
