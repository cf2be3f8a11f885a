"""The first tables."""

import sqlalchemy as sa
from alembic import op

from bot.storage.database import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_groups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text()),
        sa.Column("environment", sa.Text()),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("is_routed", sa.Boolean(), nullable=False),
        sa.Column("mention", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_revision", sa.Integer(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("resolved_at", Moment()),
        sa.Column("acknowledged_at", Moment()),
        sa.Column("condition", sa.JSON(none_as_null=True)),
        sa.Column("condition_note", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(precision=53)),
        sa.Column("normal", sa.Float(precision=53)),
        sa.Column("peak", sa.Float(precision=53)),
        sa.Column("peak_at", Moment()),
        sa.Column("truncated", sa.Integer(), nullable=False),
        sa.Column("told_firing", sa.JSON(), nullable=False),
        sa.Column("told_severity", sa.Integer()),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_groups")),
        comment="One row for each occurrence of an alert group; what its card shows",
    )
    op.create_index("ix_alert_groups_dedup_key", "alert_groups", ["dedup_key"])
    op.create_index("ix_alert_groups_key", "alert_groups", ["receiver", "group_key"])
    op.create_index(
        "uq_alert_groups_open",
        "alert_groups",
        ["receiver", "group_key"],
        unique=True,
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    )
    op.create_table(
        "budgets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("full_at", Moment(), nullable=False, comment="when every token is back"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_budgets")),
        comment="Token buckets for Slack's limits of the whole workspace, shared by all replicas",
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("asks_first", sa.Boolean(), nullable=False),
        sa.Column("undoes", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("under_way", sa.Boolean(), nullable=False),
        sa.Column("expires_at", Moment()),
        sa.Column("confirmed_by", sa.Text()),
        sa.Column("ended_by", sa.Text()),
        sa.Column("started_at", Moment()),
        sa.Column("finished_at", Moment()),
        sa.Column("verdict", sa.Text()),
        sa.Column("why", sa.Text()),
        sa.Column("plan", sa.JSON(none_as_null=True)),
        sa.Column("rollout", sa.JSON(none_as_null=True)),
        sa.Column("back", sa.JSON(none_as_null=True)),
        sa.Column("progress", sa.JSON(none_as_null=True)),
        sa.Column("failure", sa.JSON(none_as_null=True)),
        sa.Column("silent_since", Moment()),
        sa.Column("silent_why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        comment="One row for each change; its state and plan, what its card shows",
    )
    op.create_index("ix_changes_place", "changes", ["environment", "service", "started_at"])
    op.create_index(
        "uq_changes_under_way",
        "changes",
        ["environment", "service"],
        unique=True,
        sqlite_where=sa.text("under_way"),
        postgresql_where=sa.text("under_way"),
    )
    op.create_table(
        "channels",
        sa.Column(
            "name", sa.Text(), nullable=False, comment="as the catalogue says it: #name or an id"
        ),
        sa.Column("owner", sa.Text(), comment="the deliverer that has claimed it"),
        sa.Column("lease_until", Moment()),
        sa.Column("post_at", Moment(), nullable=False, comment="when Slack lets us post here next"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channels")),
        comment="One row for each channel that has a card: what deliverers claim",
    )
    op.create_table(
        "good_revisions",
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("task_definition", sa.Text(), nullable=False),
        sa.Column("image", sa.Text(), nullable=False),
        sa.Column("version", sa.Text()),
        sa.Column("digest", sa.Text()),
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("good_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint(
            "environment", "service", "task_definition", name=op.f("pk_good_revisions")
        ),
        comment="Task definitions that proved themselves, and when they last did",
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), nullable=False, comment="the order they are worked off in"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "delivery_key", sa.Text(), nullable=False, comment="the same for a delivery sent twice"
        ),
        sa.Column(
            "partition_key", sa.Text(), nullable=False, comment="worked off one at a time, in order"
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the bytes that were proved"),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, done or poisoned"),
        sa.Column("owner", sa.Text(), comment="the worker that has claimed it"),
        sa.Column("lease_until", Moment()),
        sa.Column("next_at", Moment(), nullable=False, comment="when it may be tried next"),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        comment="Webhooks that were answered 202: proved, kept, then thought about",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_delivery_key", "inbox", ["delivery_key"])
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["partition_key", "id"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        comment="One row for each replica's engine and for each chore only one replica does at a time",
    )
    op.create_table(
        "observed",
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("running", sa.JSON(), nullable=False),
        sa.Column("since", Moment()),
        sa.Column("desired", sa.Integer(), nullable=False),
        sa.Column("healthy", sa.Integer(), nullable=False),
        sa.Column("rollout", sa.Text()),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("trouble", sa.Text()),
        sa.PrimaryKeyConstraint("environment", "service", name=op.f("pk_observed")),
        comment="What was seen to run in each place when AWS was last asked",
    )
    op.create_table(
        "pagerduty_incidents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("incident_key", sa.Text()),
        sa.Column("service_id", sa.Text()),
        sa.Column("assignees", sa.JSON(), nullable=False),
        sa.Column("acknowledged_by", sa.JSON(none_as_null=True)),
        sa.Column("acknowledged_at", Moment()),
        sa.Column("resolved_by", sa.JSON(none_as_null=True)),
        sa.Column("resolved_at", Moment()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.Column(
            "claim_until",
            Moment(),
            comment="until then an alert group may still claim it",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pagerduty_incidents")),
        comment="PagerDuty's incidents as PagerDuty last told of them",
    )
    op.create_index("ix_pagerduty_incidents_incident_key", "pagerduty_incidents", ["incident_key"])
    op.create_index(
        "ix_pagerduty_incidents_unclaimed",
        "pagerduty_incidents",
        ["claim_until"],
        sqlite_where=sa.text("claim_until IS NOT NULL"),
        postgresql_where=sa.text("claim_until IS NOT NULL"),
    )
    op.create_table(
        "pagerduty_users",
        sa.Column("slack_id", sa.Text(), nullable=False),
        sa.Column("pagerduty_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="what PagerDuty knows the person by"),
        sa.Column("verified_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("slack_id", name=op.f("pk_pagerduty_users")),
        comment="Who in Slack is who in PagerDuty: asked once, then kept",
    )
    op.create_index("ix_pagerduty_users_pagerduty_id", "pagerduty_users", ["pagerduty_id"])
    op.create_table(
        "seen",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("until_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_seen")),
        comment="Keys of what was done; after until_at the same key counts as new",
    )
    op.create_index("ix_seen_until_at", "seen", ["until_at"])
    op.create_table(
        "alert_group_incidents",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_alert_group_incidents_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["pagerduty_incidents.id"],
            name=op.f("fk_alert_group_incidents_incident_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "incident_id", name=op.f("pk_alert_group_incidents")),
        comment="PagerDuty may merge alerts of several groups into one incident, and open several",
    )
    op.create_index(
        "ix_alert_group_incidents_incident_id", "alert_group_incidents", ["incident_id"]
    )
    op.create_table(
        "alerts",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment()),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("annotations", sa.JSON(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(precision=53)),
        sa.ForeignKeyConstraint(["group_id"], ["alert_groups.id"], name=op.f("fk_alerts_group_id")),
        sa.PrimaryKeyConstraint("group_id", "fingerprint", "starts_at", name=op.f("pk_alerts")),
        comment="The alerts of a group's occurrence; ends_at is null while one fires",
    )
    op.create_table(
        "cards",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column(
            "wanted_at", Moment(), nullable=False, comment="since when shown is behind wanted"
        ),
        sa.Column("correlation_id", sa.Text(), comment="of the act that last wanted a revision"),
        sa.Column(
            "next_at", Moment(), nullable=False, comment="when the message may be tried next"
        ),
        sa.Column(
            "channel_id",
            sa.Text(),
            comment="Slack's id of the channel the message stands in",
        ),
        sa.Column("ts", sa.Text(), comment="the message; null until posted"),
        sa.Column(
            "attempted_at",
            Moment(),
            comment="a post began then and how it ended is not known",
        ),
        sa.Column(
            "refused", sa.Integer(), nullable=False, comment="revision whose blocks Slack refused"
        ),
        sa.Column(
            "reposts",
            sa.Integer(),
            nullable=False,
            comment="how often a deleted message was renewed",
        ),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("last_error", sa.Text()),
        sa.Column(
            "entries", sa.Integer(), nullable=False, comment="number of the last thread entry"
        ),
        sa.Column(
            "delivered", sa.Integer(), nullable=False, comment="number of the last one Slack has"
        ),
        sa.Column("thread_next_at", Moment(), nullable=False),
        sa.Column("thread_failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["channel"], ["channels.name"], name=op.f("fk_cards_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
        sa.UniqueConstraint(
            "kind", "subject_id", "channel", name=op.f("uq_cards_kind_subject_id_channel")
        ),
        comment="One row for each message that shows a row; owed while wanted is ahead of shown",
    )
    op.create_index(
        "ix_cards_owed",
        "cards",
        ["channel"],
        sqlite_where=sa.text("wanted > shown OR entries > delivered"),
        postgresql_where=sa.text("wanted > shown OR entries > delivered"),
    )
    op.create_table(
        "change_acts",
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("state_revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("told_at", Moment()),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name=op.f("fk_change_acts_change_id")
        ),
        sa.PrimaryKeyConstraint("change_id", "state_revision", name=op.f("pk_change_acts")),
        comment="What people did to a change; told_at is null until its workflow has heard of it",
    )
    op.create_index(
        "ix_change_acts_untold",
        "change_acts",
        ["at"],
        sqlite_where=sa.text("told_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "change_attempts",
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name=op.f("fk_change_attempts_change_id")
        ),
        sa.PrimaryKeyConstraint("change_id", "what", name=op.f("pk_change_attempts")),
        comment="Written before AWS is asked to change something: a second attempt looks first",
    )
    op.create_table(
        "enrichments",
        sa.Column("id", sa.Text(), nullable=False, comment="the workflow's id"),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment()),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_enrichments_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichments")),
        comment="Looks for more about a group: one when it begins, one when it has ended",
    )
    op.create_index(
        "ix_enrichments_unfinished",
        "enrichments",
        ["asked_at"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "findings",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column(
            "missing",
            sa.Text(),
            comment="why the source gave nothing; null when it answered",
        ),
        sa.Column(
            "note", sa.Text(), nullable=False, comment="what it has to say beside what it drew"
        ),
        sa.Column("picture", sa.Text(), comment="the key of the picture it made"),
        sa.Column("found_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_findings_group_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "source", name=op.f("pk_findings")),
        comment="What each source said about a group last, or that it said nothing",
    )
    op.create_table(
        "responses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["alert_groups.id"], name=op.f("fk_responses_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["pagerduty_incidents.id"], name=op.f("fk_responses_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        comment="What people asked of PagerDuty from a card: the row first, then its workflow",
    )
    op.create_index("ix_responses_group_id_asked_at", "responses", ["group_id", "asked_at"])
    op.create_index(
        "uq_responses_pending",
        "responses",
        ["group_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "card_shows",
        sa.Column("card_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_card_shows_card_id")),
        sa.PrimaryKeyConstraint("card_id", "kind", "subject_id", name=op.f("pk_card_shows")),
        comment="What a card shows beside its own subject",
    )
    op.create_index("ix_card_shows_kind_subject_id", "card_shows", ["kind", "subject_id"])
    op.create_table(
        "thread_entries",
        sa.Column("card_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("message", sa.JSON(none_as_null=True), comment="null for a picture"),
        sa.Column(
            "refused", sa.Boolean(), nullable=False, comment="Slack refused its blocks: text only"
        ),
        sa.Column(
            "attempted_at",
            Moment(),
            comment="a post began then and how it ended is not known",
        ),
        sa.Column("ts", sa.Text()),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_thread_entries_card_id")),
        sa.PrimaryKeyConstraint("card_id", "number", name=op.f("pk_thread_entries")),
        sa.UniqueConstraint("card_id", "key", name=op.f("uq_thread_entries_card_id_key")),
        comment="The history of a card, delivered once each, in the order of their numbers",
    )
    op.create_table(
        "pictures",
        sa.Column("card_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("png", sa.LargeBinary(), comment="null once Slack has it"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column(
            "file_id",
            sa.Text(),
            comment="Slack's, kept before the upload is completed",
        ),
        sa.Column("completing_at", Moment(), comment="completing began then"),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column(
            "looks", sa.Integer(), nullable=False, comment="how often we asked whether it is ready"
        ),
        sa.Column("usable", sa.Boolean(), nullable=False, comment="a block may show it"),
        sa.ForeignKeyConstraint(
            ["card_id", "number"],
            ["thread_entries.card_id", "thread_entries.number"],
            name=op.f("fk_pictures_card_id_number"),
        ),
        sa.PrimaryKeyConstraint("card_id", "number", name=op.f("pk_pictures")),
        comment="Thread entries that are files",
    )
