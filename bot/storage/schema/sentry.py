"""Sentry's issues, the alert groups they stand beside, and what people asked of them."""

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

sentry_issues = Table(
    "sentry_issues",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("short_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("culprit", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("assignee", Text),
    Column("moved_by", Text, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("commit", JSON(none_as_null=True)),
    Column("is_commit_asked", Boolean, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("state_revision", Integer, nullable=False),
    comment="Sentry's issues as Sentry last told of them",
)

alert_group_issues = Table(
    "alert_group_issues",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("issue_id", Text, ForeignKey("sentry_issues.id"), nullable=False),
    Column("why", Text, nullable=False),
    Column("events", Integer, comment="around the onset; null while Sentry has not been asked"),
    Column("users", Integer),
    Column("counted_at", Moment, comment="until when events and users are counted"),
    Column("events_before", Integer, nullable=False, comment="in as long a time before"),
    Column("release", Text, comment="the running version in which it was first seen"),
    Column("rule", Text, nullable=False, comment="Sentry's alert rule that told of it"),
    PrimaryKeyConstraint("group_id", "issue_id"),
    Index(None, "issue_id"),
    comment="Which issues a group's card shows, and why",
)

sentry_watches = Table(
    "sentry_watches",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), primary_key=True),
    Column("due_at", Moment, nullable=False, comment="when Sentry is asked again"),
    Index(None, "due_at"),
    comment="Open groups whose issues are looked at again",
)

issue_acts = Table(
    "issue_acts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("issue_id", Text, ForeignKey("sentry_issues.id"), nullable=False),
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("source", Text, nullable=False),
    Column("link", Text, nullable=False, comment="to the card it was asked from"),
    Column("asked_at", Moment, nullable=False),
    Column(
        "tried_at",
        Moment,
        comment="before Sentry was asked first: from then on it may have happened",
    ),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index(None, "issue_id", "asked_at"),
    comment="What people asked of issues from a card: the row first, then its workflow",
)
Index(
    "uq_issue_acts_pending",
    issue_acts.c.issue_id,
    unique=True,
    sqlite_where=issue_acts.c.state == "pending",
    postgresql_where=issue_acts.c.state == "pending",
)
