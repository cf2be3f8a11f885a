"""What each source found out about an alert group, in its own shape."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("findings") as findings:
        findings.add_column(
            sa.Column(
                "said",
                sa.JSON(none_as_null=True),
                nullable=True,
                comment="what it knows, in a shape of its own",
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("findings") as findings:
        findings.drop_column("said")
