"""Changes, what people did to them, and what runs and ran well where."""

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
    false,
)

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

changes = Table(
    "changes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("version", Text),
    Column("reason", Text),
    Column("origin", Text, nullable=False, server_default="bot"),
    Column("strategy", Text),
    Column("is_dry_run", Boolean, nullable=False, server_default=false()),
    Column("forced", Text),
    Column("overridden", JSON, nullable=False, server_default="[]"),
    Column("asks_first", Boolean, nullable=False),
    Column("undoes", Text),
    Column("state", Text, nullable=False),
    Column("state_revision", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("under_way", Boolean, nullable=False),
    Column("expires_at", Moment),
    Column("confirmed_by", Text),
    Column("ended_by", Text),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("verdict", Text),
    Column("why", Text),
    Column("plan", JSON(none_as_null=True)),
    Column("rollout", JSON(none_as_null=True)),
    Column("back", JSON(none_as_null=True)),
    Column("progress", JSON(none_as_null=True)),
    Column("failure", JSON(none_as_null=True)),
    Column("stage", JSON(none_as_null=True)),
    Column("is_promoted", Boolean, nullable=False, server_default=false()),
    Column("steady_at", Moment),
    Column("bake_until", Moment),
    Column("hold", JSON(none_as_null=True)),
    Column("judgement", JSON(none_as_null=True)),
    Column("kept_by", Text),
    Column("silent_since", Moment),
    Column("silent_why", Text),
    comment="One row for each change; its state and plan, what its card shows",
)
Index("ix_changes_place", changes.c.environment, changes.c.service, changes.c.started_at)
Index(
    "uq_changes_under_way",
    changes.c.environment,
    changes.c.service,
    unique=True,
    sqlite_where=changes.c.under_way,
    postgresql_where=changes.c.under_way,
)

change_acts = Table(
    "change_acts",
    metadata,
    Column("change_id", Text, ForeignKey("changes.id"), nullable=False),
    Column("state_revision", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("told_at", Moment),
    PrimaryKeyConstraint("change_id", "state_revision"),
    comment="What people did to a change; told_at is null until its workflow has heard of it",
)
Index(
    "ix_change_acts_untold",
    change_acts.c.at,
    sqlite_where=change_acts.c.told_at.is_(None),
    postgresql_where=change_acts.c.told_at.is_(None),
)

change_approvals = Table(
    "change_approvals",
    metadata,
    Column("change_id", Text, ForeignKey("changes.id"), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("digest", Text),
    Column("definition", Text, nullable=False),
    Column("voided_at", Moment),
    Column("void_why", Text),
    PrimaryKeyConstraint("change_id", "by", "at"),
    comment="Who approved exactly what; void once it is not exactly that any more",
)
Index(
    "uq_change_approvals_standing",
    change_approvals.c.change_id,
    change_approvals.c.by,
    unique=True,
    sqlite_where=change_approvals.c.voided_at.is_(None),
    postgresql_where=change_approvals.c.voided_at.is_(None),
)

change_marks = Table(
    "change_marks",
    metadata,
    Column("change_id", Text, ForeignKey("changes.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("reference", Text, comment="what the other system calls what was made there"),
    Column("detail", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    PrimaryKeyConstraint("change_id", "kind"),
    comment="What other systems are to be told of a change, and whether they have been",
)
Index(
    "ix_change_marks_owed",
    change_marks.c.asked_at,
    sqlite_where=change_marks.c.done_at.is_(None),
    postgresql_where=change_marks.c.done_at.is_(None),
)

change_attempts = Table(
    "change_attempts",
    metadata,
    Column("change_id", Text, ForeignKey("changes.id"), nullable=False),
    Column("what", Text, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("change_id", "what"),
    comment="Written before AWS is asked to change something: a second attempt looks first",
)

good_revisions = Table(
    "good_revisions",
    metadata,
    Column("environment", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("task_definition", Text, nullable=False),
    Column("image", Text, nullable=False),
    Column("version", Text),
    Column("digest", Text),
    Column("change_id", Text, nullable=False),
    Column("good_at", Moment, nullable=False),
    PrimaryKeyConstraint("environment", "service", "task_definition"),
    comment="Task definitions that proved themselves, and when they last did",
)

observed = Table(
    "observed",
    metadata,
    Column("environment", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("running", JSON, nullable=False),
    Column("since", Moment),
    Column("desired", Integer, nullable=False),
    Column("healthy", Integer, nullable=False),
    Column("rollout", Text),
    Column("seen_at", Moment, nullable=False),
    Column("trouble", Text),
    PrimaryKeyConstraint("environment", "service"),
    comment="What was seen to run in each place when AWS was last asked",
)
