"""What other systems were last seen to hold, and which of them are silent."""

from sqlalchemy import Boolean, Column, ForeignKey, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

sightings = Table(
    "sightings",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), primary_key=True),
    Column("seen_at", Moment, nullable=False, comment="when Alertmanager last had an alert of it"),
    Column("gone_at", Moment, comment="the first look after that which found none"),
    comment="Which open alert groups Alertmanager was seen to hold",
)

outages = Table(
    "outages",
    metadata,
    Column("system", Text, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("is_said", Boolean, nullable=False, comment="whether a card says so"),
    comment="Systems that no replica has reached since then; no row while one answers",
)
