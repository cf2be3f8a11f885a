"""Alerts in other dialects than Alertmanager's: Grafana's and CloudWatch's."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm_states",
        sa.Column("arn", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="in CloudWatch's word"),
        sa.Column(
            "since",
            Moment(),
            nullable=False,
            comment="as CloudWatch says, which may tell it late",
        ),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_alarm_states")),
        comment="The newest state of each CloudWatch alarm that was told of; older news is none",
    )
    op.add_column(
        "alerts",
        sa.Column(
            "links",
            sa.JSON(),
            nullable=False,
            server_default="{}",
            comment="label and address of the sender's own pages",
        ),
    )
    op.add_column(
        "alerts",
        sa.Column(
            "note",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="what the sender says beside it, a sentence",
        ),
    )
    op.add_column(
        "alerts",
        sa.Column(
            "is_blind",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="whether its source has no data",
        ),
    )
    op.add_column(
        "alert_groups",
        sa.Column(
            "is_blind",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="whether its source has no data at all",
        ),
    )


def downgrade() -> None:
    with op.batch_alter_table("alert_groups") as groups:
        groups.drop_column("is_blind")
    with op.batch_alter_table("alerts") as alerts:
        alerts.drop_column("is_blind")
        alerts.drop_column("note")
        alerts.drop_column("links")
    op.drop_table("alarm_states")
