"""What senders say, in our own words: Alertmanager's groups and PagerDuty's incidents."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.alert import Alert, Condition, Source
from bot.domain.incident import IncidentStatus, PagerDutyIncident, Responder
from integrations.alertmanager import webhook as alertmanager
from integrations.pagerduty import models as pagerduty

VALUE_ANNOTATION = "value"
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Alerts begin in between. Go's zero, which some senders give, has no day before it to look at."""
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupUpdate:
    """What a sender says an alert group is now."""

    receiver: str
    group_key: str
    dedup_key: str
    truncated: int
    is_repeat: bool = False
    """The sender itself says that nothing is new: nobody is told anything."""
    alerts: tuple[Alert, ...]
    source: Source = Source.ALERTMANAGER
    condition: Condition | None = None
    """What its alerts compare, where the sender says so itself; Alertmanager's link carries it."""


def dedup_key_of(group_key: str) -> str:
    """The dedup key Alertmanager's PagerDuty receiver gives this group: both join by it.

    Source: prometheus/alertmanager, notify/util.go (Key.Hash), checked against 0.25.
    """
    return hashlib.sha256(group_key.encode()).hexdigest()


def from_alertmanager(told: alertmanager.Notification, *, at: datetime) -> GroupUpdate:
    """`at` is when it was received: a resolved alert without an end ended by then."""
    return GroupUpdate(
        receiver=told.receiver,
        group_key=told.group_key,
        dedup_key=dedup_key_of(told.group_key),
        truncated=told.truncated_alerts,
        is_repeat=told.is_repeat,
        alerts=tuple(_alert(alert, at) for alert in told.alerts),
    )


def _alert(told: alertmanager.Alert, at: datetime) -> Alert:
    return Alert(
        fingerprint=told.fingerprint,
        starts_at=possible(told.starts_at),
        # Alertmanager 0.25 gives a firing alert the time it would end by itself.
        ends_at=None if told.status == "firing" else told.ends_at or at,
        labels=told.labels,
        annotations=told.annotations,
        source_url=told.generator_url,
        value=read_value(told.annotations.get(VALUE_ANNOTATION, "")),
    )


def possible(moment: datetime) -> datetime:
    """The moment, or the nearest at which an alert can begin."""
    return min(max(moment, EARLIEST), LATEST)


def read_value(text: str) -> float | None:
    """The number an annotation begins with; `4.2%` and `4.2 percent` are 0.042."""
    text = text.strip()
    found = _NUMBER.match(text)
    if found is None:
        return None
    rest = text[found.end() :].strip().lower()
    return float(found[0]) / 100 if rest in {"%", "percent"} else float(found[0])


def from_pagerduty_event(event: pagerduty.Event) -> PagerDutyIncident | None:
    """The incident an event tells of, as it was after the event; None for other events.

    An event says by its agent who acknowledged or resolved; the incident within it does not. One
    in a status that nobody here knows is left as it is: the next look at PagerDuty tells more.
    """
    told = event.incident
    if told is None or told.status not in set(IncidentStatus):
        return None
    agent = responder(event.agent)
    return from_pagerduty(
        told,
        told_at=event.occurred_at,
        acknowledged_by=agent if event.type == "incident.acknowledged" else None,
        resolved_by=agent if event.type == "incident.resolved" else None,
    )


def from_pagerduty(
    told: pagerduty.Incident,
    *,
    told_at: datetime,
    acknowledged_by: Responder | None = None,
    resolved_by: Responder | None = None,
) -> PagerDutyIncident:
    """An incident of PagerDuty's REST API or of one of its events.

    Of REST, `told_at` is when it changed last by PagerDuty's clock: what an event says that
    arrives meanwhile is newer or older by the same clock.
    """
    status = IncidentStatus(told.status)
    changed_at = told.last_status_change_at or told_at
    if status is IncidentStatus.ACKNOWLEDGED and acknowledged_by is None and told.acknowledgers:
        acknowledged_by = responder(told.acknowledgers[-1])
    if status is IncidentStatus.RESOLVED and resolved_by is None:
        resolved_by = responder(told.last_status_change_by)
    return PagerDutyIncident(
        id=told.id,
        number=told.number,
        title=told.title,
        status=status,
        urgency=told.urgency,
        priority=told.priority,
        url=told.html_url,
        incident_key=told.incident_key,
        service_id=told.service.id if told.service else None,
        assignees=tuple(assignee.summary for assignee in told.assignees),
        acknowledged_by=acknowledged_by if status is IncidentStatus.ACKNOWLEDGED else None,
        acknowledged_at=changed_at if status is IncidentStatus.ACKNOWLEDGED else None,
        resolved_by=resolved_by if status is IncidentStatus.RESOLVED else None,
        resolved_at=changed_at if status is IncidentStatus.RESOLVED else None,
        triggers_again_at=(
            told.triggers_again_at if status is IncidentStatus.ACKNOWLEDGED else None
        ),
        created_at=told.created_at or told_at,
        told_at=told_at,
    )


def responder(told: pagerduty.Reference | None) -> Responder | None:
    """A person; a service, an integration or nobody is none."""
    if told is None or not told.type.startswith("user"):
        return None
    return Responder(told.id, told.summary)
