"""What a PagerDuty account holds; moments are seconds since the epoch."""

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

_ALPHABET = string.ascii_uppercase + string.digits


def new_id() -> str:
    """Make an id like PagerDuty's newer ones; random, so that two sandboxes never share one."""
    return "Q" + "".join(random.choices(_ALPHABET, k=13))


class Status(StrEnum):
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Priority:
    id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Dated:
    """Somebody and since when: an assignment or an acknowledgement."""

    at: float
    user: User


@dataclass(slots=True)
class Alert:
    """One condition behind an incident; `key` is the dedup key of the events that made it."""

    id: str
    key: str
    summary: str
    severity: str
    created_at: float
    body: Mapping[str, Any]
    status: Status = Status.TRIGGERED
    resolved_at: float | None = None


@dataclass(frozen=True, slots=True)
class Note:
    id: str
    at: float
    user: User
    content: str


@dataclass(frozen=True, slots=True)
class Policy:
    """An escalation policy: the levels of both are those of the one rota."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ResponderRequest:
    """Somebody was asked to join: a user, or whoever a policy calls."""

    at: float
    requester: User
    target: User | Policy
    message: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of an incident's history; `agent` is None for what the service itself did."""

    id: str
    at: float
    kind: str
    summary: str
    agent: User | None


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    id: str
    at: float
    summary: str
    source: str | None
    details: Mapping[str, Any]
    links: tuple[Mapping[str, Any], ...]


@dataclass(slots=True, eq=False)
class Incident:
    id: str
    number: int
    key: str
    title: str
    urgency: str
    created_at: float
    updated_at: float
    status: Status = Status.TRIGGERED
    status_changed_at: float = 0.0
    status_changed_by: User | None = None
    assignments: list[Dated] = field(default_factory=list)
    acknowledgements: list[Dated] = field(default_factory=list)
    priority: Priority | None = None
    resolution: str | None = None
    resolved_at: float | None = None
    snoozed_until: float | None = None
    alerts: list[Alert] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    responder_requests: list[ResponderRequest] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
