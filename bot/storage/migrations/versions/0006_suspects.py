"""Suspects: what people said of them, and what is known of the moment a group began."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suspect_verdicts",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="change, scaling, lock or freeze"),
        sa.Column("subject_id", sa.Text(), nullable=False, comment="the row of that kind"),
        sa.Column("environment", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column(
            "version",
            sa.Text(),
            nullable=True,
            comment="what the suspect brought; null where it brought none",
        ),
        sa.Column("alert", sa.Text(), nullable=False, comment="the alert group's name"),
        sa.Column("is_cause", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["alert_groups.id"],
            name=op.f("fk_suspect_verdicts_group_id_alert_groups"),
        ),
        sa.PrimaryKeyConstraint("group_id", "kind", "subject_id", name=op.f("pk_suspect_verdicts")),
        comment="What people said of a suspect: this was it, or not this",
    )
    op.create_index(
        "ix_suspect_verdicts_version",
        "suspect_verdicts",
        ["environment", "service", "version"],
    )
    op.create_table(
        "onset_traffic",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column(
            "weight",
            sa.Float(precision=53),
            nullable=False,
            comment="percent of the production traffic",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_onset_traffic_group_id_alert_groups")
        ),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name=op.f("fk_onset_traffic_change_id_changes")
        ),
        sa.PrimaryKeyConstraint("group_id", "change_id", name=op.f("pk_onset_traffic")),
        comment="How far a change under way was when a group of its place began: "
        "it goes on from there",
    )
    op.create_table(
        "onsets",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column(
            "turned_at",
            Moment(),
            nullable=True,
            comment="when the value left what is normal; null where nobody can say",
        ),
        sa.Column(
            "rising_since",
            Moment(),
            nullable=True,
            comment="since when it had been on its way there",
        ),
        sa.Column(
            "busier",
            sa.Float(precision=53),
            nullable=True,
            comment="by what factor requests had grown then",
        ),
        sa.Column(
            "depends_on",
            sa.JSON(),
            nullable=False,
            comment="the services that the group's own calls, as the catalogue said then",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_onsets_group_id_alert_groups")
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_onsets")),
        comment="What is known of the moment a group began; the moments once Prometheus has answered",
    )
