"""Scalings: what somebody wants, what AWS showed, and what is promised to be set back."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scaling_places",
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="of the scaling that was set last"
        ),
        sa.PrimaryKeyConstraint("environment", "service", name=op.f("pk_scaling_places")),
        comment="One row a place, locked by whoever decides what stands there",
    )
    op.create_table(
        "scalings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column(
            "lasts_s",
            sa.Float(),
            nullable=True,
            comment="how long it is to stand; null for good",
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("forced", sa.Text(), nullable=True),
        sa.Column("overridden", sa.JSON(), nullable=False),
        sa.Column("is_dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column(
            "run", sa.Integer(), nullable=False, comment="names the workflow that works on it"
        ),
        sa.Column(
            "is_working",
            sa.Boolean(),
            nullable=False,
            comment="whether a workflow is to work on it",
        ),
        sa.Column(
            "is_touching",
            sa.Boolean(),
            nullable=False,
            comment="whether AWS is being asked for it",
        ),
        sa.Column(
            "number",
            sa.Integer(),
            nullable=True,
            comment="its order in its place, from when AWS is to be asked",
        ),
        sa.Column("proposal", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("found", sa.JSON(none_as_null=True), nullable=True, comment="what it returns to"),
        sa.Column("wanted", sa.JSON(none_as_null=True), nullable=True, comment="what it set"),
        sa.Column("progress", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column(
            "asked_aws_at",
            Moment(),
            nullable=True,
            comment="when AWS was first about to be asked to set it",
        ),
        sa.Column("set_at", Moment(), nullable=True),
        sa.Column("until", Moment(), nullable=True),
        sa.Column(
            "returning_at",
            Moment(),
            nullable=True,
            comment="when AWS was first about to be asked to set it back",
        ),
        sa.Column(
            "hurried_by", sa.Text(), nullable=True, comment="who wanted it back before its time"
        ),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column(
            "ended_for",
            sa.Text(),
            nullable=True,
            comment="the scaling that ended it, or to which it handed over",
        ),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("silent_since", Moment(), nullable=True),
        sa.Column("silent_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scalings")),
        comment="Scalings, and the promises to set back what stands for a while only",
    )
    with op.batch_alter_table("scalings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_scalings_environment_asked_at"),
            ["environment", "asked_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_scalings_environment_service_number"),
            ["environment", "service", "number"],
            unique=True,
        )
        batch_op.create_index(
            "ix_scalings_until",
            ["until"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.create_index(
            "ix_scalings_working",
            ["changed_at"],
            unique=False,
            sqlite_where=sa.text("is_working"),
            postgresql_where=sa.text("is_working"),
        )
        batch_op.create_index(
            "uq_scalings_touching",
            ["environment", "service"],
            unique=True,
            sqlite_where=sa.text("is_touching"),
            postgresql_where=sa.text("is_touching"),
        )
