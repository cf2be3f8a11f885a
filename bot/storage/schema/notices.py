"""What the bot itself has to say, where no change or alert group says it."""

from sqlalchemy import JSON, Column, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True, comment="the same news has the same id"),
    Column("headline", Text, nullable=False),
    Column("lines", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    comment="System cards: the audit's head, what was forced, what nobody owns",
)
