"""Silences, made here or elsewhere, and the alert groups they cover."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "silences",
        sa.Column(
            "id",
            sa.Text(),
            nullable=False,
            comment="of its answer's card, or Alertmanager's own",
        ),
        sa.Column("alertmanager_id", sa.Text(), nullable=True),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_revision", sa.Integer(), nullable=False),
        sa.Column("matchers", sa.JSON(), nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column(
            "created_by", sa.Text(), nullable=False, comment="a name, as Alertmanager has it"
        ),
        sa.Column("by", sa.Text(), nullable=True, comment="Slack's id of who made it here"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True, comment="Slack's id of who ended it here"),
        sa.Column("why", sa.Text(), nullable=False, comment="why Alertmanager does not have it"),
        sa.Column(
            "warned_of", Moment(), nullable=True, comment="the end that the threads were warned of"
        ),
        sa.Column(
            "claimed_until", Moment(), nullable=True, comment="until then somebody is making it"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
        sa.UniqueConstraint("alertmanager_id", name=op.f("uq_silences_alertmanager_id")),
        comment="Silences as Alertmanager last told of them; a row of ours is the promise of one",
    )
    with op.batch_alter_table("silences", schema=None) as batch_op:
        batch_op.create_index(
            "ix_silences_open",
            ["ends_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('asked', 'live')"),
            postgresql_where=sa.text("state IN ('asked', 'live')"),
        )
    op.create_table(
        "silence_groups",
        sa.Column("silence_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("alerts", sa.JSON(), nullable=False, comment="fingerprints of those it covers"),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["alert_groups.id"],
            name=op.f("fk_silence_groups_group_id_alert_groups"),
        ),
        sa.ForeignKeyConstraint(
            ["silence_id"], ["silences.id"], name=op.f("fk_silence_groups_silence_id_silences")
        ),
        sa.PrimaryKeyConstraint("silence_id", "group_id", name=op.f("pk_silence_groups")),
        comment="Which silence covers which alert group now",
    )
    with op.batch_alter_table("silence_groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_silence_groups_group_id"), ["group_id"], unique=False)
