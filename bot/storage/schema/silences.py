"""Silences: those made here and those Alertmanager tells of, and the alert groups they cover."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

silences = Table(
    "silences",
    metadata,
    Column("id", Text, primary_key=True, comment="of its answer's card, or Alertmanager's own"),
    Column("alertmanager_id", Text, unique=True),
    Column("is_ours", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_revision", Integer, nullable=False),
    Column("matchers", JSON, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("created_by", Text, nullable=False, comment="a name, as Alertmanager has it"),
    Column("by", Text, comment="Slack's id of who made it here"),
    Column("reason", Text, nullable=False),
    Column("ended_by", Text, comment="Slack's id of who ended it here"),
    Column("why", Text, nullable=False, comment="why Alertmanager does not have it"),
    Column("warned_of", Moment, comment="the end that the threads were warned of"),
    Column("claimed_until", Moment, comment="until then somebody is making it"),
    comment="Silences as Alertmanager last told of them; a row of ours is the promise of one",
)
Index(
    "ix_silences_open",
    silences.c.ends_at,
    sqlite_where=silences.c.state.in_(["asked", "live"]),
    postgresql_where=silences.c.state.in_(["asked", "live"]),
)

silence_groups = Table(
    "silence_groups",
    metadata,
    Column("silence_id", Text, ForeignKey("silences.id"), nullable=False),
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("alerts", JSON, nullable=False, comment="fingerprints of those it covers"),
    PrimaryKeyConstraint("silence_id", "group_id"),
    Index(None, "group_id"),
    comment="Which silence covers which alert group now",
)
