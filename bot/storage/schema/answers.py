"""Questions that are answered with a card."""

from sqlalchemy import JSON, Column, Index, Integer, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

answers = Table(
    "answers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("channel", Text, nullable=False),
    Column("words", JSON, nullable=False),
    Column("verb", Text, nullable=False, comment="the right that it takes to ask"),
    Column("environment", Text),
    Column("service", Text),
    Column("round", Integer, nullable=False),
    Column("found", JSON(none_as_null=True)),
    Column("found_at", Moment),
    Column("found_round", Integer, comment="the round that found it"),
    Column("completed_at", Moment),
    Column("trouble", Text, comment="why it ended before everything was asked"),
    Column(
        "alive_until",
        Moment,
        nullable=False,
        comment="whoever asks the sources is dead if it has not said more by then",
    ),
    comment="Questions that are answered with a card, and what was found for them",
)
Index(
    "ix_answers_unfinished",
    answers.c.alive_until,
    sqlite_where=answers.c.completed_at.is_(None),
    postgresql_where=answers.c.completed_at.is_(None),
)
