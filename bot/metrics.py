"""What the bot counts about itself, for its own /metrics.

Names follow Prometheus' practice: a unit in the name, `_total` for counters. Labels have few
values: never an id, a person or a text from outside.
"""

from prometheus_client import Counter, Gauge, Histogram

webhooks = Counter(
    "credlink_webhooks_total", "Webhooks received, by what became of them.", ["source", "outcome"]
)
inbox_waiting = Gauge("credlink_inbox_waiting", "Webhooks accepted and not yet worked off.")
pagerduty_events = Counter(
    "credlink_pagerduty_events_total",
    "PagerDuty's events worked off: about an incident, beside one, or of an unknown type.",
    ["outcome"],
)
sentry_webhooks = Counter(
    "credlink_sentry_webhooks_total",
    "Sentry's webhooks worked off, by resource and by what became of them.",
    ["resource", "outcome"],
)
inbox_failures = Counter(
    "credlink_inbox_failures_total", "Webhooks that could not be worked off.", ["source"]
)

slack_requests = Counter(
    "credlink_slack_requests_total",
    "Requests from Slack, by kind and outcome.",
    ["kind", "outcome"],
)
slack_calls = Counter(
    "credlink_slack_calls_total", "Calls to Slack, by method and outcome.", ["method", "outcome"]
)
slack_connected = Gauge("credlink_slack_connected", "1 while Slack reaches us.")
ack_seconds = Histogram(
    "credlink_slack_ack_seconds",
    "From Slack's request to our answer.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3),
)

cards_owed = Gauge("credlink_cards_owed", "Cards whose wanted revision Slack does not show yet.")
card_delay_seconds = Histogram(
    "credlink_card_delay_seconds",
    "From wanting a revision to Slack showing it.",
    ["urgency"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)

changes = Counter("credlink_changes_total", "Changes that ended, by verdict.", ["kind", "verdict"])
audit_entries = Counter("credlink_audit_entries_total", "Audit entries, by outcome.", ["outcome"])
source_up = Gauge(
    "credlink_source_up",
    "1 if this outside system answered when it was asked last; not there before it is asked.",
    ["system"],
)
swept = Counter("credlink_swept_total", "Promises repeated to the engine by the sweeper.", ["kind"])
workflows_given_up = Gauge(
    "credlink_workflows_given_up", "Workflows under way in too many crashes; a person must look."
)
ecs_events = Counter(
    "credlink_ecs_events_total", "Events of ECS from a queue, by what became of them.", ["outcome"]
)
