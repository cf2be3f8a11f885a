"""PagerDuty's JSON for what the account holds.

Sources: https://developer.pagerduty.com/api-reference and, for webhooks,
https://developer.pagerduty.com/docs/webhooks-overview
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import seeds
from sandbox.pagerduty.account import POLICIES, Occurrence
from sandbox.pagerduty.records import (
    Alert,
    ChangeEvent,
    Incident,
    LogEntry,
    Note,
    Policy,
    Priority,
    ResponderRequest,
    Status,
    User,
)
from sandbox.pagerduty.rota import Rota, Shift

Document = dict[str, Any]

ESCALATION_POLICY_ID = POLICIES[0].id
SCHEDULE_ID = "PSCHEDU"


def moment(at: float) -> str:
    """Write a moment as the REST API does: UTC, whole seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Documents:
    """Writes documents whose links lead back to the stand-in, wherever it listens by then."""

    address: Callable[[], str]

    @property
    def url(self) -> str:
        return self.address()

    def _reference(self, kind: str, path: str, id_: str, summary: str) -> Document:
        return {
            "id": id_,
            "type": kind,
            "summary": summary,
            "self": f"{self.url}/{path}/{id_}",
            "html_url": f"{self.url}/{path}/{id_}",
        }

    def user_reference(self, user: User) -> Document:
        return self._reference("user_reference", "users", user.id, user.name)

    def service_reference(self) -> Document:
        return self._reference(
            "service_reference", "services", seeds.PAGERDUTY_SERVICE_ID, seeds.SERVICE
        )

    def escalation_policy_reference(self, policy: Policy = POLICIES[0]) -> Document:
        return self._reference(
            "escalation_policy_reference", "escalation_policies", policy.id, policy.name
        )

    def escalation_policy(self, policy: Policy, rota: Rota) -> Document:
        """A rule for each level: the schedule on the first, one person on the second."""
        levels = [[self.schedule_reference()]]
        if rota.always is not None:
            levels.append([self.user_reference(rota.always)])
        return self.escalation_policy_reference(policy) | {
            "type": "escalation_policy",
            "name": policy.name,
            "description": None,
            "num_loops": 0,
            "on_call_handoff_notifications": "if_has_services",
            "escalation_rules": [
                {
                    "id": f"{policy.id}L{number}",
                    "escalation_delay_in_minutes": 15,
                    "targets": targets,
                    "escalation_rule_assignment_strategy": {"type": "assign_to_everyone"},
                }
                for number, targets in enumerate(levels, start=1)
            ],
            "services": [self.service_reference()] if policy is POLICIES[0] else [],
            "teams": [],
        }

    def responder_request(self, asked: ResponderRequest, incident: Incident) -> Document:
        return {
            "incident": self.incident_reference(incident),
            "requester": self.user_reference(asked.requester),
            "requested_at": moment(asked.at),
            "message": asked.message,
            "responder_request_targets": [{"responder_request_target": self._target(asked)}],
        }

    def _target(self, asked: ResponderRequest) -> Document:
        if isinstance(asked.target, User):
            return self.user_reference(asked.target)
        return self.escalation_policy_reference(asked.target)

    def schedule_reference(self) -> Document:
        return self._reference("schedule_reference", "schedules", SCHEDULE_ID, "CredLink weekly")

    def incident_reference(self, incident: Incident) -> Document:
        return self._reference("incident_reference", "incidents", incident.id, incident.title)

    def user(self, user: User) -> Document:
        return self.user_reference(user) | {
            "type": "user",
            "name": user.name,
            "email": user.email,
            "role": "user",
            "time_zone": "Europe/Berlin",
            "description": None,
            "job_title": None,
            "invitation_sent": False,
            "teams": [],
            "contact_methods": [],
            "notification_rules": [],
        }

    def service(self, *, created_at: float) -> Document:
        return self.service_reference() | {
            "type": "service",
            "name": seeds.SERVICE,
            "description": "What CredLink's customers talk to",
            "status": "active",
            "created_at": moment(created_at),
            "auto_resolve_timeout": None,
            "acknowledgement_timeout": None,
            "alert_creation": "create_alerts_and_incidents",
            "escalation_policy": self.escalation_policy_reference(),
            "integrations": [],
            "teams": [],
        }

    def priority(self, priority: Priority) -> Document:
        return self._reference("priority", "priorities", priority.id, priority.name) | {
            "name": priority.name,
            "description": priority.description,
        }

    def incident(self, incident: Incident) -> Document:
        by = incident.status_changed_by
        return self.incident_reference(incident) | {
            "type": "incident",
            "summary": f"[#{incident.number}] {incident.title}",
            "incident_number": incident.number,
            "incident_key": incident.key,
            "title": incident.title,
            "description": incident.title,
            "status": incident.status,
            "urgency": incident.urgency,
            "created_at": moment(incident.created_at),
            "updated_at": moment(incident.updated_at),
            "resolved_at": _optional_moment(incident.resolved_at),
            "last_status_change_at": moment(incident.status_changed_at),
            "last_status_change_by": (self.user_reference(by) if by else self.service_reference()),
            "service": self.service_reference(),
            "escalation_policy": self.escalation_policy_reference(),
            "teams": [],
            "assigned_via": "escalation_policy",
            "assignments": [
                {"at": moment(entry.at), "assignee": self.user_reference(entry.user)}
                for entry in incident.assignments
            ],
            "acknowledgements": [
                {"at": moment(entry.at), "acknowledger": self.user_reference(entry.user)}
                for entry in incident.acknowledgements
            ],
            "pending_actions": (
                [{"type": "unacknowledge", "at": moment(incident.snoozed_until)}]
                if incident.snoozed_until is not None
                else []
            ),
            "priority": self.priority(incident.priority) if incident.priority else None,
            "alert_counts": _alert_counts(incident),
            "is_mergeable": True,
            "basic_alert_grouping": None,
            "alert_grouping": None,
            "resolve_reason": None,
            "resolution": incident.resolution,
            "incidents_responders": [],
            "responder_requests": [
                self.responder_request(asked, incident) for asked in incident.responder_requests
            ],
        }

    def alert(self, alert: Alert, incident: Incident) -> Document:
        return self._reference(
            "alert", f"incidents/{incident.id}/alerts", alert.id, alert.summary
        ) | {
            "alert_key": alert.key,
            "status": alert.status if alert.status is Status.RESOLVED else Status.TRIGGERED,
            "severity": alert.severity,
            "created_at": moment(alert.created_at),
            "resolved_at": _optional_moment(alert.resolved_at),
            "suppressed": False,
            "incident": self.incident_reference(incident),
            "service": self.service_reference(),
            "body": {"type": "alert_body", "details": alert.body},
        }

    def note(self, note: Note) -> Document:
        return {
            "id": note.id,
            "user": self.user_reference(note.user),
            "channel": {"summary": "The PagerDuty website or APIs"},
            "content": note.content,
            "created_at": moment(note.at),
        }

    def log_entry(self, entry: LogEntry, incident: Incident) -> Document:
        return self._reference(
            f"{entry.kind}_log_entry", "log_entries", entry.id, entry.summary
        ) | {
            "created_at": moment(entry.at),
            "agent": (
                self.user_reference(entry.agent) if entry.agent else self.service_reference()
            ),
            "channel": {"type": "api"},
            "incident": self.incident_reference(incident),
            "service": self.service_reference(),
            "teams": [],
        }

    def on_call(self, shift: Shift, *, with_user: bool) -> Document:
        user = shift.user
        return {
            "user": self.user(user) if with_user else self.user_reference(user),
            "escalation_policy": self.escalation_policy_reference(),
            "schedule": None if shift.start is None else self.schedule_reference(),
            "escalation_level": shift.level,
            "start": _optional_moment(shift.start),
            "end": _optional_moment(shift.end),
        }

    def change_event(self, change: ChangeEvent) -> Document:
        return self._reference("change_event", "change_events", change.id, change.summary) | {
            "timestamp": moment(change.at),
            "source": change.source,
            "custom_details": change.details,
            "links": list(change.links),
            "services": [self.service_reference()],
        }

    def webhook(self, occurrence: Occurrence) -> Document:
        """The body of a v3 webhook."""
        agent = self.user_reference(occurrence.agent) if occurrence.agent else None
        return _event(
            occurrence.event_type, "incident", occurrence.at, agent, self._webhook_data(occurrence)
        )

    def ping(self, at: float) -> Document:
        """The body of PagerDuty's test webhook."""
        return _event(
            "pagey.ping",
            "pagey",
            at,
            None,
            {"type": "ping", "message": "Hello from your friend Pagey!"},
        )

    def _webhook_data(self, occurrence: Occurrence) -> Mapping[str, Any]:
        incident = occurrence.incident
        if occurrence.note is not None:
            return {
                "id": occurrence.note.id,
                "type": "incident_note",
                "incident": self.incident_reference(incident),
                "content": occurrence.note.content,
                "trimmed": False,
            }
        if occurrence.asked is not None and occurrence.responder is not None:
            of_policy = isinstance(occurrence.asked.target, Policy)
            return {
                "type": "incident_responder",
                "incident": self.incident_reference(incident),
                "user": self.user_reference(occurrence.responder),
                "escalation_policy": self._target(occurrence.asked) if of_policy else None,
                "message": occurrence.asked.message,
                "state": occurrence.state,
            }
        if occurrence.data is not None:
            return {"incident": self.incident_reference(incident), **occurrence.data}
        priority = incident.priority
        return {
            "id": incident.id,
            "type": "incident",
            "self": f"{self.url}/incidents/{incident.id}",
            "html_url": f"{self.url}/incidents/{incident.id}",
            "number": incident.number,
            "status": incident.status,
            "incident_key": incident.key,
            "created_at": moment(incident.created_at),
            "title": incident.title,
            "service": self.service_reference(),
            "assignees": [self.user_reference(entry.user) for entry in incident.assignments],
            "escalation_policy": self.escalation_policy_reference(),
            "teams": [],
            "priority": (
                self._reference("priority_reference", "priorities", priority.id, priority.name)
                if priority
                else None
            ),
            "urgency": incident.urgency,
            "conference_bridge": None,
            "resolve_reason": None,
        }


def _event(
    event_type: str,
    resource_type: str,
    at: float,
    agent: Document | None,
    data: Mapping[str, Any],
) -> Document:
    occurred_at = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return {
        "event": {
            "id": str(uuid.uuid4()),
            "event_type": event_type,
            "resource_type": resource_type,
            "occurred_at": occurred_at.replace("+00:00", "Z"),
            "agent": agent,
            "client": None,
            "data": data,
        }
    }


def _optional_moment(at: float | None) -> str | None:
    return None if at is None else moment(at)


def _alert_counts(incident: Incident) -> dict[str, int]:
    resolved = sum(alert.status is Status.RESOLVED for alert in incident.alerts)
    return {
        "all": len(incident.alerts),
        "triggered": len(incident.alerts) - resolved,
        "resolved": resolved,
    }
