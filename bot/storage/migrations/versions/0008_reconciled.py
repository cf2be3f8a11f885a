"""Reconciled: what Alertmanager was seen to hold, and which systems are silent."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outages",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("is_said", sa.Boolean(), nullable=False, comment="whether a card says so"),
        sa.PrimaryKeyConstraint("system", name=op.f("pk_outages")),
        comment="Systems that no replica has reached since then; no row while one answers",
    )
    op.create_table(
        "sightings",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column(
            "seen_at", Moment(), nullable=False, comment="when Alertmanager last had an alert of it"
        ),
        sa.Column(
            "gone_at", Moment(), nullable=True, comment="the first look after that which found none"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_sightings_group_id_alert_groups")
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_sightings")),
        comment="Which open alert groups Alertmanager was seen to hold",
    )
