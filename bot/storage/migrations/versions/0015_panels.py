"""Grafana's marks of alert groups."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_annotations",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column(
            "attempted_at",
            Moment(),
            nullable=True,
            comment="written before Grafana is asked: a second attempt looks first",
        ),
        sa.Column("reference", sa.Text(), nullable=True, comment="Grafana's id of the annotation"),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["alert_groups.id"],
            name=op.f("fk_alert_annotations_group_id_alert_groups"),
        ),
        sa.PrimaryKeyConstraint("group_id", "phase", name=op.f("pk_alert_annotations")),
        comment="Marks of an alert group in Grafana: one as it begins, which its end closes",
    )
    with op.batch_alter_table("alert_annotations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alert_annotations_owed",
            ["asked_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )


def downgrade() -> None:
    op.drop_table("alert_annotations")
