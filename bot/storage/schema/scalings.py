"""Scalings: what somebody wants, what AWS showed, and what is promised to be set back."""

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

scalings = Table(
    "scalings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("correlation_id", Text),
    Column("wish", JSON, nullable=False),
    Column("lasts_s", Float, comment="how long it is to stand; null for good"),
    Column("reason", Text),
    Column("forced", Text),
    Column("overridden", JSON, nullable=False),
    Column("is_dry_run", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_revision", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("run", Integer, nullable=False, comment="names the workflow that works on it"),
    Column("is_working", Boolean, nullable=False, comment="whether a workflow is to work on it"),
    Column("is_touching", Boolean, nullable=False, comment="whether AWS is being asked for it"),
    Column("number", Integer, comment="its order in its place, from when AWS is to be asked"),
    Column("proposal", JSON(none_as_null=True)),
    Column("found", JSON(none_as_null=True), comment="what it returns to"),
    Column("wanted", JSON(none_as_null=True), comment="what it set"),
    Column("progress", JSON(none_as_null=True)),
    Column("expires_at", Moment),
    Column("confirmed_by", Text),
    Column("asked_aws_at", Moment, comment="when AWS was first about to be asked to set it"),
    Column("set_at", Moment),
    Column("until", Moment),
    Column("returning_at", Moment, comment="when AWS was first about to be asked to set it back"),
    Column("hurried_by", Text, comment="who wanted it back before its time"),
    Column("finished_at", Moment),
    Column("ended_by", Text),
    Column("ended_for", Text, comment="the scaling that ended it, or to which it handed over"),
    Column("why", Text),
    Column("silent_since", Moment),
    Column("silent_why", Text),
    Index(None, "environment", "service", "number", unique=True),
    Index(None, "environment", "asked_at"),
    comment="Scalings, and the promises to set back what stands for a while only",
)
Index(
    "uq_scalings_touching",
    scalings.c.environment,
    scalings.c.service,
    unique=True,
    sqlite_where=scalings.c.is_touching,
    postgresql_where=scalings.c.is_touching,
)
Index(
    "ix_scalings_working",
    scalings.c.changed_at,
    sqlite_where=scalings.c.is_working,
    postgresql_where=scalings.c.is_working,
)
Index(
    "ix_scalings_until",
    scalings.c.until,
    sqlite_where=scalings.c.finished_at.is_(None),
    postgresql_where=scalings.c.finished_at.is_(None),
)

scaling_places = Table(
    "scaling_places",
    metadata,
    Column("environment", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("number", Integer, nullable=False, comment="of the scaling that was set last"),
    comment="One row a place, locked by whoever decides what stands there",
)
