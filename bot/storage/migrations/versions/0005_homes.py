"""App Home: who opened it and what it shows, and who is on call, as it was last seen."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "homes",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=True, comment="hash of the blocks Slack has"),
        sa.Column(
            "view_hash", sa.Text(), nullable=True, comment="Slack's own; it refuses an older one"
        ),
        sa.Column("next_at", Moment(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True, comment="the replica that publishes it now"),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_homes")),
        comment="One row for each person who opened the App Home",
    )
    op.create_table(
        "on_call",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("found", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("seen_at", Moment(), nullable=True, comment="when PagerDuty last answered"),
        sa.Column("silent_since", Moment(), nullable=True),
        sa.Column("silent_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_on_call")),
        comment="Who is on call for each service, as PagerDuty last said",
    )
