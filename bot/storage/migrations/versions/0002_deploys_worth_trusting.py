"""Deploys worth trusting: approvals, locks, freezes, the audit, and what a bake says."""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GUARDS: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        """CREATE TRIGGER audit_entries_not_altered BEFORE UPDATE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END""",
        """CREATE TRIGGER audit_entries_not_removed BEFORE DELETE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION audit_entries_append_only() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'audit_entries is append-only'; END $$""",
        """CREATE TRIGGER audit_entries_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only()""",
    ),
}
"""By dialect: the database refuses to alter or remove an entry, whoever asks it to."""


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="the same act has the same key"),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="a Slack user id, or who else acted"),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column(
            "subject", sa.Text(), nullable=True, comment="the change, lock or freeze it was done to"
        ),
        sa.Column(
            "source", sa.Text(), nullable=False, comment="the channel and the message or command"
        ),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False, comment="hash of the entry before it"),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_audit_entries_key")),
        comment="The audit: append-only and chained, denied attempts too",
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_entries_actor_at"), ["actor", "at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_audit_entries_environment_at"), ["environment", "at"], unique=False
        )

    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)

    op.create_table(
        "audit_heads",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_heads")),
        comment="One row, locked by whoever adds an entry: the end of the chain",
    )
    op.create_table(
        "freezes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False, comment="* for every service there"),
        sa.Column("begins_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("lifted_at", Moment(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freezes")),
        comment="Periods without changes that somebody declared; recurring ones stand in the catalogue",
    )
    with op.batch_alter_table("freezes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_freezes_environment_ends_at"), ["environment", "ends_at"], unique=False
        )

    op.create_table(
        "locks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False, comment="* for every service there"),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column(
            "nudged_at",
            Moment(),
            nullable=True,
            comment="when the owner was last asked whether it is still needed",
        ),
        sa.Column("change_id", sa.Text(), nullable=True, comment="the rollback that set it"),
        sa.Column("released_at", Moment(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locks")),
        comment="Holds on places; one that stands refuses changes",
    )
    with op.batch_alter_table("locks", schema=None) as batch_op:
        batch_op.create_index(
            "uq_locks_standing",
            ["environment", "service"],
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False, comment="the same news has the same id"),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        comment="System cards: the audit's head, what was forced, what nobody owns",
    )
    op.create_table(
        "change_approvals",
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("voided_at", Moment(), nullable=True),
        sa.Column("void_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name=op.f("fk_change_approvals_change_id")
        ),
        sa.PrimaryKeyConstraint("change_id", "by", "at", name=op.f("pk_change_approvals")),
        comment="Who approved exactly what; void once it is not exactly that any more",
    )
    with op.batch_alter_table("change_approvals", schema=None) as batch_op:
        batch_op.create_index(
            "uq_change_approvals_standing",
            ["change_id", "by"],
            unique=True,
            sqlite_where=sa.text("voided_at IS NULL"),
            postgresql_where=sa.text("voided_at IS NULL"),
        )

    op.create_table(
        "change_marks",
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column(
            "reference",
            sa.Text(),
            nullable=True,
            comment="what the other system calls what was made there",
        ),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name=op.f("fk_change_marks_change_id")
        ),
        sa.PrimaryKeyConstraint("change_id", "kind", name=op.f("pk_change_marks")),
        comment="What other systems are to be told of a change, and whether they have been",
    )
    with op.batch_alter_table("change_marks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_change_marks_owed",
            ["asked_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin", sa.Text(), nullable=False, server_default="bot"))
        batch_op.add_column(sa.Column("strategy", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("is_dry_run", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("forced", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("overridden", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("stage", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(
            sa.Column("is_promoted", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("steady_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("bake_until", Moment(), nullable=True))
        batch_op.add_column(sa.Column("hold", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("judgement", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("kept_by", sa.Text(), nullable=True))

    with op.batch_alter_table("pagerduty_incidents", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "priority",
                sa.Text(),
                nullable=True,
                comment="P1 and so on; null where PagerDuty gave none",
            )
        )
