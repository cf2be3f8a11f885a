"""Alert groups folded into one storm card."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OWED = "is_folded IS {false} AND (wanted > shown OR entries > delivered)"


def upgrade() -> None:
    op.add_column(
        "cards",
        sa.Column(
            "is_folded",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="a storm's card shows it: Slack is owed nothing of its own",
        ),
    )
    op.drop_index("ix_cards_owed", table_name="cards")
    op.create_index(
        "ix_cards_owed",
        "cards",
        ["channel"],
        sqlite_where=sa.text(OWED.format(false="0")),
        postgresql_where=sa.text(OWED.format(false="false")),
    )
    op.create_table(
        "storms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column(
            "state_revision",
            sa.Integer(),
            nullable=False,
            comment="goes up when groups join, or it ends",
        ),
        sa.Column(
            "own_criticals",
            sa.Integer(),
            nullable=False,
            comment="critical groups with their own card",
        ),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("joined_at", Moment(), nullable=False, comment="when the last group joined"),
        sa.Column(
            "over_at",
            Moment(),
            nullable=True,
            comment="null while whatever begins in the channel joins it",
        ),
        sa.ForeignKeyConstraint(["channel"], ["channels.name"], name=op.f("fk_storms_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storms")),
        comment="One row for each time cards came faster than their channel can show them",
    )
    op.create_index(
        "uq_storms_open",
        "storms",
        ["channel"],
        unique=True,
        sqlite_where=sa.text("over_at IS NULL"),
        postgresql_where=sa.text("over_at IS NULL"),
    )
    op.create_table(
        "storm_groups",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("storm_id", sa.Text(), nullable=False),
        sa.Column(
            "severity",
            sa.Integer(),
            nullable=False,
            comment="as it joined: the list keeps its order",
        ),
        sa.Column(
            "since",
            sa.Integer(),
            nullable=False,
            comment="the storm's revision that it joined with",
        ),
        sa.Column(
            "is_folded",
            sa.Boolean(),
            nullable=False,
            comment="false where it has a card of its own",
        ),
        sa.Column(
            "noted_by", sa.Text(), nullable=True, comment="who is on it, where it pages nobody"
        ),
        sa.Column("noted_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_storm_groups_group_id")
        ),
        sa.ForeignKeyConstraint(["storm_id"], ["storms.id"], name=op.f("fk_storm_groups_storm_id")),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_storm_groups")),
        comment="The alert groups of a storm; none ever leaves it",
    )
    op.create_index("ix_storm_groups_storm_id_since", "storm_groups", ["storm_id", "since"])
    op.create_table(
        "storm_acts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("storm_id", sa.Text(), nullable=False),
        sa.Column(
            "revision",
            sa.Integer(),
            nullable=False,
            comment="which groups are meant: those it showed",
        ),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column(
            "groups", sa.JSON(), nullable=False, comment="the Slack groups they were in then"
        ),
        sa.Column(
            "email",
            sa.Text(),
            nullable=True,
            comment="what PagerDuty knows them by; null where nothing pages",
        ),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column(
            "done_at",
            Moment(),
            nullable=True,
            comment="when each group had its answer, or its request",
        ),
        sa.ForeignKeyConstraint(["storm_id"], ["storms.id"], name=op.f("fk_storm_acts_storm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storm_acts")),
        comment="Acknowledge all: the row first, then each of its groups",
    )
    op.create_index("ix_storm_acts_storm_id_asked_at", "storm_acts", ["storm_id", "asked_at"])
    op.create_index(
        "ix_storm_acts_open",
        "storm_acts",
        ["asked_at"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "storm_act_groups",
        sa.Column("act_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False, comment="asked, noted, nothing or refused"),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["storm_acts.id"], name=op.f("fk_storm_act_groups_act_id")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_storm_act_groups_group_id")
        ),
        sa.PrimaryKeyConstraint("act_id", "group_id", name=op.f("pk_storm_act_groups")),
        comment="What became of each group of an act; a request of PagerDuty is a response's row",
    )
    op.create_table(
        "storm_silences",
        sa.Column("silence_id", sa.Text(), nullable=False),
        sa.Column("storm_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="of the alerts it silences"),
        sa.ForeignKeyConstraint(
            ["silence_id"], ["silences.id"], name=op.f("fk_storm_silences_silence_id")
        ),
        sa.ForeignKeyConstraint(
            ["storm_id"], ["storms.id"], name=op.f("fk_storm_silences_storm_id")
        ),
        sa.PrimaryKeyConstraint("silence_id", name=op.f("pk_storm_silences")),
        comment="The silences that were made for a storm, one for each alert name",
    )
    op.create_index("ix_storm_silences_storm_id", "storm_silences", ["storm_id"])


def downgrade() -> None:
    for table in ("storm_silences", "storm_act_groups", "storm_acts", "storm_groups", "storms"):
        op.drop_table(table)
    op.drop_index("ix_cards_owed", table_name="cards")
    op.create_index(
        "ix_cards_owed",
        "cards",
        ["channel"],
        sqlite_where=sa.text("wanted > shown OR entries > delivered"),
        postgresql_where=sa.text("wanted > shown OR entries > delivered"),
    )
    with op.batch_alter_table("cards") as batch:
        batch.drop_column("is_folded")
