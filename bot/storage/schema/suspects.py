"""What people said of suspects, and what is known of the moment an alert group began."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

suspect_verdicts = Table(
    "suspect_verdicts",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("kind", Text, nullable=False, comment="change, scaling, lock or freeze"),
    Column("subject_id", Text, nullable=False, comment="the row of that kind"),
    Column("environment", Text),
    Column("service", Text),
    Column("version", Text, comment="what the suspect brought; null where it brought none"),
    Column("alert", Text, nullable=False, comment="the alert group's name"),
    Column("is_cause", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("group_id", "kind", "subject_id"),
    comment="What people said of a suspect: this was it, or not this",
)
Index(
    "ix_suspect_verdicts_version",
    suspect_verdicts.c.environment,
    suspect_verdicts.c.service,
    suspect_verdicts.c.version,
)

onset_traffic = Table(
    "onset_traffic",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("change_id", Text, ForeignKey("changes.id"), nullable=False),
    Column("weight", Float(53), nullable=False, comment="percent of the production traffic"),
    PrimaryKeyConstraint("group_id", "change_id"),
    comment="How far a change under way was when a group of its place began: it goes on from there",
)

onsets = Table(
    "onsets",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), primary_key=True),
    Column(
        "turned_at", Moment, comment="when the value left what is normal; null where nobody can say"
    ),
    Column("rising_since", Moment, comment="since when it had been on its way there"),
    Column("busier", Float(53), comment="by what factor requests had grown then"),
    Column(
        "depends_on",
        JSON,
        nullable=False,
        comment="the services that the group's own calls, as the catalogue said then",
    ),
    comment="What is known of the moment a group began; the moments once Prometheus has answered",
)
