"""What people ask of PagerDuty from a card, and notes that go both ways."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "responses",
        sa.Column(
            "detail",
            sa.JSON(),
            nullable=False,
            server_default="{}",
            comment="what exactly: a level, a priority, a person, until when",
        ),
    )
    op.add_column(
        "responses",
        sa.Column(
            "tried_at",
            Moment(),
            nullable=True,
            comment="before PagerDuty was asked first: from then on it may have happened",
        ),
    )
    op.add_column(
        "pagerduty_incidents",
        sa.Column(
            "triggers_again_at",
            Moment(),
            nullable=True,
            comment="when an acknowledgement ends by itself: snoozed until then",
        ),
    )
    op.create_table(
        "marked_messages",
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("marked_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "ts", "by", name=op.f("pk_marked_messages")),
        comment="Messages somebody marked with the emoji of notes; no row once they were read",
    )
    op.create_table(
        "pagerduty_notes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what it was made of: once each"),
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False, comment="whose thread is told"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="as PagerDuty is given it"),
        sa.Column("is_from_thread", sa.Boolean(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("tried_at", Moment(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("pagerduty_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_pagerduty_notes_group_id_alert_groups")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["pagerduty_incidents.id"],
            name=op.f("fk_pagerduty_notes_incident_id_pagerduty_incidents"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pagerduty_notes")),
        sa.UniqueConstraint("key", name=op.f("uq_pagerduty_notes_key")),
        comment="Notes people wrote for PagerDuty in Slack: the row first, then its workflow",
    )
    op.create_index(
        op.f("ix_pagerduty_notes_incident_id"), "pagerduty_notes", ["incident_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("pagerduty_notes")
    op.drop_table("marked_messages")
    op.drop_column("pagerduty_incidents", "triggers_again_at")
    op.drop_column("responses", "tried_at")
    op.drop_column("responses", "detail")
