"""Alert groups, their alerts, PagerDuty's incidents beside them, and what people asked of those."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
)

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

alert_groups = Table(
    "alert_groups",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("dedup_key", Text, nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("service", Text),
    Column("environment", Text),
    Column("channel", Text, nullable=False),
    Column("is_routed", Boolean, nullable=False),
    Column("mention", Text),
    Column("state", Text, nullable=False),
    Column("state_revision", Integer, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("acknowledged_at", Moment),
    Column("condition", JSON(none_as_null=True)),
    Column("condition_note", Text, nullable=False),
    Column("value", Float(53)),
    Column("normal", Float(53)),
    Column("peak", Float(53)),
    Column("peak_at", Moment),
    Column("truncated", Integer, nullable=False),
    Column("told_firing", JSON, nullable=False),
    Column("told_severity", Integer),
    Column("is_open", Boolean, nullable=False),
    Column(
        "is_blind",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="whether its source has no data at all",
    ),
    comment="One row for each occurrence of an alert group; what its card shows",
)
Index(
    "uq_alert_groups_open",
    alert_groups.c.receiver,
    alert_groups.c.group_key,
    unique=True,
    sqlite_where=alert_groups.c.is_open,
    postgresql_where=alert_groups.c.is_open,
)
Index("ix_alert_groups_key", alert_groups.c.receiver, alert_groups.c.group_key)
Index("ix_alert_groups_dedup_key", alert_groups.c.dedup_key)
Index("ix_alert_groups_name", alert_groups.c.name, alert_groups.c.started_at)

alerts = Table(
    "alerts",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment),
    Column("labels", JSON, nullable=False),
    Column("annotations", JSON, nullable=False),
    Column("source_url", Text, nullable=False),
    Column("value", Float(53)),
    Column(
        "links",
        JSON,
        nullable=False,
        server_default="{}",
        comment="label and address of the sender's own pages",
    ),
    Column(
        "note",
        Text,
        nullable=False,
        server_default="",
        comment="what the sender says beside it, a sentence",
    ),
    Column(
        "is_blind",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="whether its source has no data",
    ),
    PrimaryKeyConstraint("group_id", "fingerprint", "starts_at"),
    comment="The alerts of a group's occurrence; ends_at is null while one fires",
)

pagerduty_incidents = Table(
    "pagerduty_incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Integer),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("priority", Text, comment="P1 and so on; null where PagerDuty gave none"),
    Column("url", Text, nullable=False),
    Column("incident_key", Text),
    Column("service_id", Text),
    Column("assignees", JSON, nullable=False),
    Column("acknowledged_by", JSON(none_as_null=True)),
    Column("acknowledged_at", Moment),
    Column("resolved_by", JSON(none_as_null=True)),
    Column("resolved_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("claim_until", Moment, comment="until then an alert group may still claim it"),
    Column(
        "triggers_again_at",
        Moment,
        comment="when an acknowledgement ends by itself: snoozed until then",
    ),
    Index(None, "incident_key"),
    comment="PagerDuty's incidents as PagerDuty last told of them",
)
Index(
    "ix_pagerduty_incidents_unclaimed",
    pagerduty_incidents.c.claim_until,
    sqlite_where=pagerduty_incidents.c.claim_until.is_not(None),
    postgresql_where=pagerduty_incidents.c.claim_until.is_not(None),
)

alert_group_incidents = Table(
    "alert_group_incidents",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("incident_id", Text, ForeignKey("pagerduty_incidents.id"), nullable=False),
    PrimaryKeyConstraint("group_id", "incident_id"),
    Index(None, "incident_id"),
    comment="PagerDuty may merge alerts of several groups into one incident, and open several",
)

pagerduty_users = Table(
    "pagerduty_users",
    metadata,
    Column("slack_id", Text, primary_key=True),
    Column("pagerduty_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False, comment="what PagerDuty knows the person by"),
    Column("verified_at", Moment, nullable=False),
    Index(None, "pagerduty_id"),
    comment="Who in Slack is who in PagerDuty: asked once, then kept",
)

responses = Table(
    "responses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("incident_id", Text, ForeignKey("pagerduty_incidents.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column(
        "detail",
        JSON,
        nullable=False,
        server_default="{}",
        comment="what exactly: a level, a priority, a person, until when",
    ),
    Column(
        "tried_at",
        Moment,
        comment="before PagerDuty was asked first: from then on it may have happened",
    ),
    Index(None, "group_id", "asked_at"),
    comment="What people asked of PagerDuty from a card: the row first, then its workflow",
)
Index(
    "uq_responses_pending",
    responses.c.group_id,
    unique=True,
    sqlite_where=responses.c.state == "pending",
    postgresql_where=responses.c.state == "pending",
)

enrichments = Table(
    "enrichments",
    metadata,
    Column("id", Text, primary_key=True, comment="the workflow's id"),
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("phase", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("finished_at", Moment),
    comment="Looks for more about a group: one when it begins, one when it has ended",
)
Index(
    "ix_enrichments_unfinished",
    enrichments.c.asked_at,
    sqlite_where=enrichments.c.finished_at.is_(None),
    postgresql_where=enrichments.c.finished_at.is_(None),
)

findings = Table(
    "findings",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("missing", Text, comment="why the source gave nothing; null when it answered"),
    Column("note", Text, nullable=False, comment="what it has to say beside what it drew"),
    Column("picture", Text, comment="the key of the picture it made"),
    Column("said", JSON(none_as_null=True), comment="what it knows, in a shape of its own"),
    Column("found_at", Moment, nullable=False),
    PrimaryKeyConstraint("group_id", "source"),
    comment="What each source said about a group last, or that it said nothing",
)
