"""What PagerDuty answers and sends, in its words. Times are aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Reference:
    """Another of PagerDuty's things: its id, and what PagerDuty calls it (`summary`)."""

    id: str
    summary: str = ""
    type: str = ""
    html_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponderRequest:
    """Somebody was asked to join an incident."""

    requester_id: str
    target_ids: frozenset[str]
    """Users and escalation policies."""
    requested_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as it was at one moment."""

    id: str
    number: int | None
    title: str
    status: str
    """triggered, acknowledged or resolved."""
    urgency: str
    """high or low."""
    html_url: str
    incident_key: str | None
    """The dedup key of the event that opened it; alerts merged into it later have their own."""
    priority: str | None = None
    """P1 to P5 or the account's own names; None when none is set."""
    service: Reference | None = None
    escalation_policy: Reference | None = None
    assignees: tuple[Reference, ...] = ()
    acknowledgers: tuple[Reference, ...] = ()
    """Only REST says; a webhook's event says it by its agent."""
    created_at: datetime | None = None
    last_status_change_at: datetime | None = None
    last_status_change_by: Reference | None = None
    updated_at: datetime | None = None
    """Only REST says."""
    triggers_again_at: datetime | None = None
    """When its acknowledgement ends by itself, which is what snoozing means; only REST says."""
    responder_requests: tuple[ResponderRequest, ...] = ()
    """Only REST says."""
    merged_into: Reference | None = None
    """The incident its alerts were moved to, by which it was resolved."""

    @property
    def changed_at(self) -> datetime | None:
        """Since when it stands as it does, by PagerDuty's own clock."""
        known = [at for at in (self.updated_at, self.last_status_change_at) if at is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAlert:
    """One alert within an incident."""

    id: str
    alert_key: str
    """The dedup key its events carry."""
    status: str
    """triggered or resolved."""
    severity: str
    """critical, error, warning or info."""
    summary: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a PagerDuty seat."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service: what incidents are opened for."""

    id: str
    name: str
    html_url: str | None = None
    escalation_policy: Reference | None = None
    """Who is called for its incidents; None where the policy was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """One person on one level of one escalation policy."""

    user: User
    escalation_policy: Reference
    level: int
    """1 is called first."""
    schedule: Reference | None = None
    """None where the person stands in the policy itself."""
    start_at: datetime | None = None
    end_at: datetime | None = None
    """None: always."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note on an incident."""

    id: str
    content: str
    created_at: datetime | None = None
    user: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of an incident's history."""

    id: str
    type: str
    """`escalate_log_entry`, `annotate_log_entry`, …"""
    created_at: datetime | None = None
    agent: Reference | None = None


@dataclass(frozen=True, slots=True)
class Priority:
    """What the account calls P1, and so on."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class EscalationLevel:
    """Who is called on one level, and how long before the next one is."""

    level: int
    """1 is called first."""
    targets: tuple[Reference, ...]
    """Users and schedules."""
    delay_min: int | None = None


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """Who is called for the incidents that follow it, level by level."""

    id: str
    name: str
    levels: tuple[EscalationLevel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSubscription:
    """Where PagerDuty sends events to, and whether it still does."""

    id: str
    url: str
    active: bool
    temporarily_disabled: bool
    """PagerDuty stops for 24 hours after three events in a row it could not deliver."""
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One webhook of version 3. Types unknown to us keep their name and data."""

    id: str
    type: str
    """`event_type`: incident.acknowledged, …, pagey.ping."""
    resource_type: str
    occurred_at: datetime
    data: Mapping[str, Any]
    agent: Reference | None = None
    """Who or what did it; None for automation."""
    client: str | None = None
    """The name of the tool it was done with."""
    incident: Incident | None = None
    """The incident after the event, where `data` is one."""

    @property
    def incident_id(self) -> str | None:
        """The incident it is about, also for notes, responders and status updates."""
        if self.incident is not None:
            return self.incident.id
        of = self.data.get("incident")
        return str(of["id"]) if isinstance(of, Mapping) and "id" in of else None
