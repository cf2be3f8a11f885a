"""What a `PUT` may change of an incident, and whom a request may name.

Source: https://developer.pagerduty.com/api-reference (Incidents)
"""

from typing import Any

from sandbox.pagerduty.account import POLICIES, PRIORITIES, USERS, Account, AlreadyResolved
from sandbox.pagerduty.problems import invalid
from sandbox.pagerduty.records import Incident, Policy, Priority, Status, User


class Update:
    """The changes one `PUT` asks for, checked before any of them is made."""

    def __init__(self, body: dict[str, Any]) -> None:
        if body.get("type") not in {"incident", "incident_reference"}:
            raise invalid("Type must be 'incident' or 'incident_reference'")
        try:
            self.status = Status(body["status"]) if "status" in body else None
        except ValueError:
            raise invalid("Status must be triggered, acknowledged or resolved") from None
        self.resolution = body.get("resolution") or ""
        self.title = body.get("title")
        self.urgency = body.get("urgency")
        if self.urgency not in {None, "high", "low"}:
            raise invalid("Urgency must be high or low")
        self.assignees = tuple(
            user_of((entry.get("assignee") or {}).get("id"))
            for entry in body.get("assignments", ())
        )
        self.level = body.get("escalation_level")
        if self.level is not None and (not isinstance(self.level, int) or self.level < 1):
            raise invalid("Escalation level must be a positive integer")
        if (self.assignees and self.status is not None) or (self.assignees and self.level):
            raise invalid("Status, escalation level and assignments cannot be changed together")
        self.sets_priority = "priority" in body
        self.priority = _priority(body["priority"]) if body.get("priority") else None

    def must_fit(self, incident: Incident) -> None:
        """Refuse what a resolved incident cannot do any more."""
        reopens = self.status is Status.TRIGGERED
        wants = self.status or self.assignees or self.level
        if incident.status is Status.RESOLVED and not reopens and wants:
            raise invalid("Incident Already Resolved")

    def apply(
        self, account: Account, incident: Incident, by: User, on_level: tuple[User, ...]
    ) -> None:
        self.must_fit(incident)
        incident.title = self.title or incident.title
        incident.urgency = self.urgency or incident.urgency
        try:
            match self.status:
                case Status.ACKNOWLEDGED:
                    account.acknowledge(incident, by)
                case Status.RESOLVED:
                    account.resolve(incident, by, resolution=self.resolution)
                case Status.TRIGGERED:
                    account.make_triggered(incident, by)
        except AlreadyResolved:  # the same incident twice in one list
            raise invalid("Incident Already Resolved") from None
        if self.assignees:
            account.reassign(incident, self.assignees, by)
        if on_level:
            account.escalate(incident, on_level, by)
        if self.sets_priority:
            account.set_priority(incident, self.priority, by)


def user_of(id_: object) -> User:
    """The user with this id."""
    for user in USERS:
        if user.id == id_:
            return user
    raise invalid(f"User {id_} not found")


def target_of(reference: dict[str, Any]) -> User | Policy:
    """A responder: a user, or an escalation policy."""
    match reference.get("type"):
        case "user" | "user_reference":
            return user_of(reference.get("id"))
        case "escalation_policy" | "escalation_policy_reference":
            for policy in POLICIES:
                if policy.id == reference.get("id"):
                    return policy
            raise invalid(f"Escalation policy {reference.get('id')} not found")
    raise invalid("A responder is a user_reference or an escalation_policy_reference")


def _priority(reference: object) -> Priority:
    id_ = reference.get("id") if isinstance(reference, dict) else None
    for priority in PRIORITIES:
        if priority.id == id_:
            return priority
    raise invalid(f"Priority {id_} not found")
