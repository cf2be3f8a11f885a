"""Answers that are cards: what was asked, and what was found for it so far."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False, comment="the right that it takes to ask"),
        sa.Column("environment", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("found_at", Moment(), nullable=True),
        sa.Column("found_round", sa.Integer(), nullable=True, comment="the round that found it"),
        sa.Column("completed_at", Moment(), nullable=True),
        sa.Column(
            "trouble",
            sa.Text(),
            nullable=True,
            comment="why it ended before everything was asked",
        ),
        sa.Column(
            "alive_until",
            Moment(),
            nullable=False,
            comment="whoever asks the sources is dead if it has not said more by then",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        comment="Questions that are answered with a card, and what was found for them",
    )
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_answers_unfinished",
            ["alive_until"],
            unique=False,
            sqlite_where=sa.text("completed_at IS NULL"),
            postgresql_where=sa.text("completed_at IS NULL"),
        )
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "otherwise",
                sa.Text(),
                nullable=True,
                comment="where it stands if the bot cannot post in its channel",
            )
        )
