"""Cards, what they show, their threads, and the budgets Slack gives us for them."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    or_,
)

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True, comment="as the catalogue says it: #name or an id"),
    Column("owner", Text, comment="the deliverer that has claimed it"),
    Column("lease_until", Moment),
    Column("post_at", Moment, nullable=False, comment="when Slack lets us post here next"),
    comment="One row for each channel that has a card: what deliverers claim",
)

cards = Table(
    "cards",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("channel", Text, ForeignKey(channels.c.name), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("wanted_at", Moment, nullable=False, comment="since when shown is behind wanted"),
    Column("correlation_id", Text, comment="of the act that last wanted a revision"),
    Column("next_at", Moment, nullable=False, comment="when the message may be tried next"),
    Column("channel_id", Text, comment="Slack's id of the channel the message stands in"),
    Column("ts", Text, comment="the message; null until posted"),
    Column("attempted_at", Moment, comment="a post began then and how it ended is not known"),
    Column("refused", Integer, nullable=False, comment="revision whose blocks Slack refused"),
    Column("reposts", Integer, nullable=False, comment="how often a deleted message was renewed"),
    Column("failures", Integer, nullable=False, comment="in a row"),
    Column("last_error", Text),
    Column("entries", Integer, nullable=False, comment="number of the last thread entry"),
    Column("delivered", Integer, nullable=False, comment="number of the last one Slack has"),
    Column("thread_next_at", Moment, nullable=False),
    Column("thread_failures", Integer, nullable=False),
    Column("otherwise", Text, comment="where it stands if the bot cannot post in its channel"),
    Column("under", Text, ForeignKey("cards.id"), comment="the card in whose thread it stands"),
    Column(
        "is_folded",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="a storm's card shows it: Slack is owed nothing of its own",
    ),
    UniqueConstraint("kind", "subject_id", "channel"),
    Index(None, "under"),
    comment="One row for each message that shows a row; owed while wanted is ahead of shown",
)

owed = and_(
    cards.c.is_folded.is_(False),
    or_(cards.c.wanted > cards.c.shown, cards.c.entries > cards.c.delivered),
)
"""Slack does not show this card as it is, or not all of its thread."""

Index("ix_cards_owed", cards.c.channel, sqlite_where=owed, postgresql_where=owed)

card_shows = Table(
    "card_shows",
    metadata,
    Column("card_id", Text, ForeignKey(cards.c.id), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Index(None, "kind", "subject_id"),
    comment="What a card shows beside its own subject",
)

thread_entries = Table(
    "thread_entries",
    metadata,
    Column("card_id", Text, ForeignKey(cards.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("message", JSON(none_as_null=True), comment="null for a picture"),
    Column("refused", Boolean, nullable=False, comment="Slack refused its blocks: text only"),
    Column("attempted_at", Moment, comment="a post began then and how it ended is not known"),
    Column("ts", Text),
    UniqueConstraint("card_id", "key"),
    comment="The history of a card, delivered once each, in the order of their numbers",
)

pictures = Table(
    "pictures",
    metadata,
    Column("card_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("png", LargeBinary, comment="null once Slack has it"),
    Column("name", Text, nullable=False),
    Column("alt", Text, nullable=False),
    Column("file_id", Text, comment="Slack's, kept before the upload is completed"),
    Column("completing_at", Moment, comment="completing began then"),
    Column("completed", Boolean, nullable=False),
    Column("looks", Integer, nullable=False, comment="how often we asked whether it is ready"),
    Column("usable", Boolean, nullable=False, comment="a block may show it"),
    ForeignKeyConstraint(
        ["card_id", "number"], [thread_entries.c.card_id, thread_entries.c.number]
    ),
    comment="Thread entries that are files",
)

budgets = Table(
    "budgets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("full_at", Moment, nullable=False, comment="when every token is back"),
    comment="Token buckets for Slack's limits of the whole workspace, shared by all replicas",
)
