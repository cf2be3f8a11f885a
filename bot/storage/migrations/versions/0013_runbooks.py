"""Runbooks in threads, their steps ticked, cards in other cards' threads; the last time by name."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "runbooks",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="of the file, without its ending"),
        sa.Column(
            "steps", sa.JSON(), nullable=False, comment="as the file said when the group began"
        ),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="goes up with each tick and untick"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_runbooks_group_id_alert_groups")
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_runbooks")),
        comment="The runbook that stands in an alert group's thread",
    )
    op.create_table(
        "runbook_ticks",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False, comment="counted from 0"),
        sa.Column("by", sa.Text(), nullable=False, comment="Slack's id"),
        sa.Column("name", sa.Text(), nullable=False, comment="what they are called"),
        sa.Column("at", Moment(), nullable=False),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="of the runbook once it was ticked"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["runbooks.group_id"], name=op.f("fk_runbook_ticks_group_id_runbooks")
        ),
        sa.PrimaryKeyConstraint("group_id", "step", name=op.f("pk_runbook_ticks")),
        comment="The steps that are done, each ticked by whoever was first",
    )
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "under", sa.Text(), nullable=True, comment="the card in whose thread it stands"
            )
        )
        batch_op.create_foreign_key(batch_op.f("fk_cards_under_cards"), "cards", ["under"], ["id"])
        batch_op.create_index(batch_op.f("ix_cards_under"), ["under"], unique=False)
    op.create_index("ix_alert_groups_name", "alert_groups", ["name", "started_at"])


def downgrade() -> None:
    op.drop_index("ix_alert_groups_name", table_name="alert_groups")
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cards_under"))
        batch_op.drop_constraint(batch_op.f("fk_cards_under_cards"), type_="foreignkey")
        batch_op.drop_column("under")
    op.drop_table("runbook_ticks")
    op.drop_table("runbooks")
