"""App Home: who opened it and what it shows, and who is on call."""

from sqlalchemy import JSON, Column, Integer, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

homes = Table(
    "homes",
    metadata,
    Column("person", Text, primary_key=True),
    Column("opened_at", Moment, nullable=False),
    Column("shown", Text, comment="hash of the blocks Slack has"),
    Column("view_hash", Text, comment="Slack's own; it refuses an older one"),
    Column("next_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_error", Text),
    Column("owner", Text, comment="the replica that publishes it now"),
    Column("lease_until", Moment),
    comment="One row for each person who opened the App Home",
)

on_call = Table(
    "on_call",
    metadata,
    Column("service", Text, primary_key=True),
    Column("found", JSON(none_as_null=True)),
    Column("seen_at", Moment, comment="when PagerDuty last answered"),
    Column("silent_since", Moment),
    Column("silent_why", Text),
    comment="Who is on call for each service, as PagerDuty last said",
)
