"""Storms: alert groups whose cards are folded into one, and what people asked of all of them."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

storms = Table(
    "storms",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, ForeignKey("channels.name"), nullable=False),
    Column(
        "state_revision", Integer, nullable=False, comment="goes up when groups join, or it ends"
    ),
    Column("own_criticals", Integer, nullable=False, comment="critical groups with their own card"),
    Column("began_at", Moment, nullable=False),
    Column("joined_at", Moment, nullable=False, comment="when the last group joined"),
    Column("over_at", Moment, comment="null while whatever begins in the channel joins it"),
    comment="One row for each time cards came faster than their channel can show them",
)
Index(
    "uq_storms_open",
    storms.c.channel,
    unique=True,
    sqlite_where=storms.c.over_at.is_(None),
    postgresql_where=storms.c.over_at.is_(None),
)

storm_groups = Table(
    "storm_groups",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), primary_key=True),
    Column("storm_id", Text, ForeignKey("storms.id"), nullable=False),
    Column("severity", Integer, nullable=False, comment="as it joined: the list keeps its order"),
    Column("since", Integer, nullable=False, comment="the storm's revision that it joined with"),
    Column("is_folded", Boolean, nullable=False, comment="false where it has a card of its own"),
    Column("noted_by", Text, comment="who is on it, where it pages nobody"),
    Column("noted_at", Moment),
    Index(None, "storm_id", "since"),
    comment="The alert groups of a storm; none ever leaves it",
)

storm_acts = Table(
    "storm_acts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("storm_id", Text, ForeignKey("storms.id"), nullable=False),
    Column("revision", Integer, nullable=False, comment="which groups are meant: those it showed"),
    Column("by", Text, nullable=False),
    Column("groups", JSON, nullable=False, comment="the Slack groups they were in then"),
    Column("email", Text, comment="what PagerDuty knows them by; null where nothing pages"),
    Column("asked_at", Moment, nullable=False),
    Column("done_at", Moment, comment="when each group had its answer, or its request"),
    Index(None, "storm_id", "asked_at"),
    comment="Acknowledge all: the row first, then each of its groups",
)
Index(
    "ix_storm_acts_open",
    storm_acts.c.asked_at,
    sqlite_where=storm_acts.c.done_at.is_(None),
    postgresql_where=storm_acts.c.done_at.is_(None),
)

storm_act_groups = Table(
    "storm_act_groups",
    metadata,
    Column("act_id", Text, ForeignKey("storm_acts.id"), primary_key=True),
    Column("group_id", Text, ForeignKey("alert_groups.id"), primary_key=True),
    Column("outcome", Text, nullable=False, comment="asked, noted, nothing or refused"),
    Column("why", Text, nullable=False),
    comment="What became of each group of an act; a request of PagerDuty is a response's row",
)

storm_silences = Table(
    "storm_silences",
    metadata,
    Column("silence_id", Text, ForeignKey("silences.id"), primary_key=True),
    Column("storm_id", Text, ForeignKey("storms.id"), nullable=False),
    Column("name", Text, nullable=False, comment="of the alerts it silences"),
    Index(None, "storm_id"),
    comment="The silences that were made for a storm, one for each alert name",
)
