"""Notes people write for PagerDuty in Slack, and the messages they mark to become such."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

marked_messages = Table(
    "marked_messages",
    metadata,
    Column("channel_id", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("marked_at", Moment, nullable=False),
    PrimaryKeyConstraint("channel_id", "ts", "by"),
    comment="Messages somebody marked with the emoji of notes; no row once they were read",
)

pagerduty_notes = Table(
    "pagerduty_notes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True, comment="what it was made of: once each"),
    Column("incident_id", Text, ForeignKey("pagerduty_incidents.id"), nullable=False),
    Column(
        "group_id",
        Text,
        ForeignKey("alert_groups.id"),
        nullable=False,
        comment="whose thread is told",
    ),
    Column("by", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("content", Text, nullable=False, comment="as PagerDuty is given it"),
    Column("is_from_thread", Boolean, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("tried_at", Moment),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("pagerduty_id", Text),
    Index(None, "incident_id"),
    comment="Notes people wrote for PagerDuty in Slack: the row first, then its workflow",
)
