"""PagerDuty's answers and events, read into models. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.pagerduty.models import (
    EscalationLevel,
    EscalationPolicy,
    Incident,
    IncidentAlert,
    LogEntry,
    Note,
    OnCall,
    Priority,
    Reference,
    ResponderRequest,
    Service,
    User,
    WebhookSubscription,
)

Raw = Mapping[str, Any]


def moment(text: str | None) -> datetime | None:
    """Read an ISO 8601 time with its offset."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def reference(raw: Raw | None) -> Reference | None:
    """Read a reference; a deleted thing is null."""
    if not raw or not raw.get("id"):
        return None
    return Reference(
        id=raw["id"],
        summary=raw.get("summary") or "",
        type=raw.get("type") or "",
        html_url=raw.get("html_url"),
    )


def incident(raw: Raw) -> Incident:
    """Read an incident of REST or of a webhook, whose assignees stand in different places."""
    assignees = [a.get("assignee") for a in raw.get("assignments") or ()]
    acknowledgers = [a.get("acknowledger") for a in raw.get("acknowledgements") or ()]
    return Incident(
        id=raw["id"],
        number=raw.get("incident_number", raw.get("number")),
        title=raw.get("title") or raw.get("summary") or "",
        status=raw["status"],
        urgency=raw.get("urgency") or "high",
        html_url=raw.get("html_url") or "",
        incident_key=raw.get("incident_key"),
        priority=(raw.get("priority") or {}).get("summary"),
        service=reference(raw.get("service")),
        escalation_policy=reference(raw.get("escalation_policy")),
        assignees=_references(assignees or raw.get("assignees") or ()),
        acknowledgers=_references(acknowledgers),
        created_at=moment(raw.get("created_at")),
        last_status_change_at=moment(raw.get("last_status_change_at")),
        last_status_change_by=reference(raw.get("last_status_change_by")),
        updated_at=moment(raw.get("updated_at")),
        triggers_again_at=_triggers_again_at(raw.get("pending_actions") or ()),
        responder_requests=tuple(
            map(_responder_request, raw.get("responder_requests") or ()),
        ),
        merged_into=_merged_into(raw.get("resolve_reason")),
    )


def _merged_into(why: Any) -> Reference | None:
    is_merge = isinstance(why, Mapping) and why.get("type") == "merge_resolve_reason"
    return reference(why.get("incident")) if is_merge else None


def _triggers_again_at(pending: Any) -> datetime | None:
    ends = [one.get("at") for one in pending if one.get("type") == "unacknowledge"]
    return min(filter(None, map(moment, ends)), default=None)


def _responder_request(raw: Raw) -> ResponderRequest:
    asked = [one.get("responder_request_target") for one in raw["responder_request_targets"]]
    requester = reference(raw.get("requester"))
    return ResponderRequest(
        requester_id=requester.id if requester else "",
        target_ids=frozenset(one.id for one in _references(asked)),
        requested_at=moment(raw.get("requested_at")),
    )


def _references(raws: Any) -> tuple[Reference, ...]:
    return tuple(found for found in map(reference, raws) if found is not None)


def alert(raw: Raw) -> IncidentAlert:
    """Read a member of an incident's `alerts`."""
    return IncidentAlert(
        id=raw["id"],
        alert_key=raw.get("alert_key") or "",
        status=raw.get("status") or "",
        severity=raw.get("severity") or "",
        summary=raw.get("summary") or "",
        created_at=moment(raw.get("created_at")),
    )


def user(raw: Raw) -> User:
    """Read a user; a mere reference has no e-mail."""
    return User(
        id=raw["id"],
        name=raw.get("name") or raw.get("summary") or "",
        email=raw.get("email") or "",
    )


def service(raw: Raw) -> Service:
    """Read a service."""
    return Service(
        id=raw["id"],
        name=raw.get("name") or raw.get("summary") or "",
        html_url=raw.get("html_url"),
        escalation_policy=reference(raw.get("escalation_policy")),
    )


def oncall(raw: Raw) -> OnCall:
    """Read a member of `oncalls`."""
    return OnCall(
        user=user(raw["user"]),
        escalation_policy=reference(raw["escalation_policy"]) or Reference(""),
        level=raw["escalation_level"],
        schedule=reference(raw.get("schedule")),
        start_at=moment(raw.get("start")),
        end_at=moment(raw.get("end")),
    )


def note(raw: Raw) -> Note:
    """Read a note."""
    return Note(
        raw["id"],
        raw.get("content") or "",
        moment(raw.get("created_at")),
        reference(raw.get("user")),
    )


def log_entry(raw: Raw) -> LogEntry:
    """Read a member of an incident's `log_entries`."""
    return LogEntry(
        id=raw["id"],
        type=raw.get("type") or "",
        created_at=moment(raw.get("created_at")),
        agent=reference(raw.get("agent")),
    )


def priority(raw: Raw) -> Priority:
    """Read a member of `priorities`."""
    return Priority(
        raw["id"], raw.get("name") or raw.get("summary") or "", raw.get("description") or ""
    )


def escalation_policy(raw: Raw) -> EscalationPolicy:
    """Read an escalation policy; a mere reference has no levels."""
    levels = [
        EscalationLevel(
            number, _references(rule.get("targets") or ()), rule.get("escalation_delay_in_minutes")
        )
        for number, rule in enumerate(raw.get("escalation_rules") or (), start=1)
    ]
    return EscalationPolicy(raw["id"], raw.get("name") or raw.get("summary") or "", tuple(levels))


def webhook_subscription(raw: Raw) -> WebhookSubscription:
    """Read a webhook subscription."""
    delivery = raw.get("delivery_method") or {}
    return WebhookSubscription(
        id=raw["id"],
        url=delivery.get("url") or "",
        active=raw.get("active", True),
        temporarily_disabled=delivery.get("temporarily_disabled", False),
        events=tuple(raw.get("events") or ()),
    )
