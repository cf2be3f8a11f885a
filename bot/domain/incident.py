"""PagerDuty's incident as a card shows it, and what people ask of it from there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class IncidentStatus(StrEnum):
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


_FURTHER = tuple(IncidentStatus)
"""The statuses in the order an incident usually goes through them."""


@dataclass(frozen=True, slots=True)
class Responder:
    """Somebody in PagerDuty; `slack_id` is None where nobody has matched the two yet."""

    id: str
    name: str
    slack_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyIncident:
    """An incident as PagerDuty last told of it. Names come from PagerDuty."""

    id: str
    number: int | None
    title: str
    status: IncidentStatus
    urgency: str
    priority: str | None = None
    """`P1` and so on, as the account calls them; None where PagerDuty gave none."""
    url: str
    incident_key: str | None
    service_id: str | None = None
    assignees: tuple[str, ...] = ()
    acknowledged_by: Responder | None = None
    acknowledged_at: datetime | None = None
    resolved_by: Responder | None = None
    resolved_at: datetime | None = None
    triggers_again_at: datetime | None = None
    """When its acknowledgement ends by itself: it is snoozed until then."""
    created_at: datetime
    told_at: datetime
    """When PagerDuty says this was so; an older word never replaces a newer one."""

    @property
    def is_open(self) -> bool:
        return self.status is not IncidentStatus.RESOLVED

    def after(self, told: "PagerDutyIncident") -> "PagerDutyIncident":
        """What is known after PagerDuty told this: the newer word, with who acknowledged kept.

        Webhooks are told apart by fractions of a second. REST gives whole ones, and everything that
        happened until it was asked: within its second a status that is further on counts, and of
        the same status REST's word, so that what a webhook brings late undoes nothing.
        """
        is_by_rest = not told.told_at.microsecond
        is_exact = not is_by_rest and self.told_at.microsecond
        same_second = told.told_at.replace(microsecond=0) == self.told_at.replace(microsecond=0)
        if is_exact or not same_second:
            is_newer = told.told_at >= self.told_at
        else:
            further = _FURTHER.index(told.status) - _FURTHER.index(self.status)
            is_newer = further > 0 or (further == 0 and is_by_rest)
        if not is_newer:
            return self
        same = told.status is self.status
        if told.is_open and told.status is not IncidentStatus.ACKNOWLEDGED:
            return told
        return replace(
            told,
            acknowledged_by=told.acknowledged_by or self.acknowledged_by,
            acknowledged_at=(self.acknowledged_at if same else None)
            or told.acknowledged_at
            or self.acknowledged_at,
            triggers_again_at=told.triggers_again_at
            or (self.triggers_again_at if told.is_open and same else None),
            resolved_by=told.resolved_by or self.resolved_by,
            resolved_at=(self.resolved_at if same else None) or told.resolved_at,
        )

    @property
    def label(self) -> str:
        return f"#{self.number}" if self.number is not None else self.id


class Moved(StrEnum):
    """What is different of an incident that a reader of its thread wants to know."""

    STATUS = "status"
    PAGED = "paged"
    """Somebody else is called for it."""
    PRIORITY = "priority"


def moved(before: PagerDutyIncident | None, now: PagerDutyIncident) -> tuple[Moved, ...]:
    """What is new since `before`; of an incident nobody heard of, only that it stands otherwise.

    Whoever acknowledges has it assigned to them, and a resolved one is nobody's: no news of its
    own.
    """
    found = []
    if now.status is not (before.status if before else IncidentStatus.TRIGGERED):
        found.append(Moved.STATUS)
    if before is None:
        return tuple(found)
    both = bool(now.assignees and before.assignees)
    taken = Moved.STATUS in found and now.status is IncidentStatus.ACKNOWLEDGED
    if both and now.is_open and not taken and set(now.assignees) != set(before.assignees):
        found.append(Moved.PAGED)
    if now.priority != before.priority:
        found.append(Moved.PRIORITY)
    return tuple(found)


class ResponseKind(StrEnum):
    """What a person may ask of PagerDuty from a card."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    ESCALATE = "escalate"
    """`detail`: `level`."""
    RESPONDER = "add responder"
    """`detail`: `id`, `type` and `name` of a user or an escalation policy, and `message`."""
    SNOOZE = "snooze"
    """`detail`: `until`, an ISO 8601 moment."""
    PRIORITY = "priority"
    """`detail`: `id` and `name`."""


class ResponseState(StrEnum):
    PENDING = "pending"
    """Promised; PagerDuty has not confirmed it yet."""
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What somebody asked of a group's incident."""

    id: str
    group_id: str
    incident_id: str
    kind: ResponseKind
    by: str
    """Slack user id."""
    email: str
    asked_at: datetime
    detail: Mapping[str, str] = field(default_factory=dict)
    tried_at: datetime | None = None
    """When PagerDuty was asked first: from then on it may have happened."""
    state: ResponseState = ResponseState.PENDING
    why: str = ""
    """Why it failed, sentences."""
