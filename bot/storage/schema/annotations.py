"""Where alert groups are marked in Grafana: the row first, then the workflow that marks them."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

alert_annotations = Table(
    "alert_annotations",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("phase", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("done_at", Moment),
    Column(
        "attempted_at",
        Moment,
        comment="written before Grafana is asked: a second attempt looks first",
    ),
    Column("reference", Text, comment="Grafana's id of the annotation"),
    PrimaryKeyConstraint("group_id", "phase"),
    comment="Marks of an alert group in Grafana: one as it begins, which its end closes",
)
Index(
    "ix_alert_annotations_owed",
    alert_annotations.c.asked_at,
    sqlite_where=alert_annotations.c.done_at.is_(None),
    postgresql_where=alert_annotations.c.done_at.is_(None),
)
