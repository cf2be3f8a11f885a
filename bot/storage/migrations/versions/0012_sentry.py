"""Sentry's issues as the bot was told of them, the groups they stand beside, and acts on them."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sentry_issues",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("short_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("culprit", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("moved_by", sa.Text(), nullable=False),
        sa.Column("first_seen_at", Moment(), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=False),
        sa.Column("commit", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("is_commit_asked", sa.Boolean(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.Column("state_revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sentry_issues")),
        comment="Sentry's issues as Sentry last told of them",
    )
    op.create_table(
        "alert_group_issues",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column(
            "events",
            sa.Integer(),
            nullable=True,
            comment="around the onset; null while Sentry has not been asked",
        ),
        sa.Column("users", sa.Integer(), nullable=True),
        sa.Column(
            "counted_at",
            Moment(),
            nullable=True,
            comment="until when events and users are counted",
        ),
        sa.Column(
            "events_before", sa.Integer(), nullable=False, comment="in as long a time before"
        ),
        sa.Column(
            "release",
            sa.Text(),
            nullable=True,
            comment="the running version in which it was first seen",
        ),
        sa.Column("rule", sa.Text(), nullable=False, comment="Sentry's alert rule that told of it"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_alert_group_issues_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["sentry_issues.id"], name=op.f("fk_alert_group_issues_issue_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "issue_id", name=op.f("pk_alert_group_issues")),
        comment="Which issues a group's card shows, and why",
    )
    with op.batch_alter_table("alert_group_issues", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_alert_group_issues_issue_id"), ["issue_id"], unique=False
        )

    op.create_table(
        "issue_acts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False, comment="to the card it was asked from"),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column(
            "tried_at",
            Moment(),
            nullable=True,
            comment="before Sentry was asked first: from then on it may have happened",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_issue_acts_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["sentry_issues.id"], name=op.f("fk_issue_acts_issue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_acts")),
        comment="What people asked of issues from a card: the row first, then its workflow",
    )
    with op.batch_alter_table("issue_acts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_issue_acts_issue_id_asked_at"), ["issue_id", "asked_at"], unique=False
        )
        batch_op.create_index(
            "uq_issue_acts_pending",
            ["issue_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "sentry_watches",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False, comment="when Sentry is asked again"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_sentry_watches_group_id")
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_sentry_watches")),
        comment="Open groups whose issues are looked at again",
    )
    with op.batch_alter_table("sentry_watches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sentry_watches_due_at"), ["due_at"], unique=False)


def downgrade() -> None:
    for table in ("issue_acts", "sentry_watches", "alert_group_issues", "sentry_issues"):
        op.drop_table(table)
