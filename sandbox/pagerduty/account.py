"""What can happen to incidents, whoever asks for it: an event, the REST API, or a person's page."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.pagerduty.records import (
    Alert,
    ChangeEvent,
    Dated,
    Incident,
    LogEntry,
    Note,
    Policy,
    Priority,
    ResponderRequest,
    Status,
    User,
    new_id,
)

PRIORITIES = (
    Priority("PPRIOR1", "P1", "Critical: customers cannot use the product"),
    Priority("PPRIOR2", "P2", "Severe: customers notice"),
    Priority("PPRIOR3", "P3", "Moderate"),
)
USERS = tuple(
    User(person.pagerduty_id, person.real_name, person.email)
    for person in seeds.PEOPLE
    if person.pagerduty_id
)
POLICIES = (Policy("PEPCRED", "CredLink on call"), Policy("PEPDATA", "CredLink database"))
"""The first one is the service's."""
MOST_NOTES = 2000
ON_CALL = next(user for user in USERS if user.id == seeds.CAROL.pagerduty_id)


class AlreadyResolved(Exception):
    """A resolved incident neither acknowledges nor resolves again."""


class TooManyNotes(Exception):
    """An incident has room for 2,000."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something webhooks are sent for; `agent` is None when no person did it.

    `note` is set for `incident.annotated`, `asked` and `state` for `incident.responder.*`, and
    `data` for whatever has a shape of its own: the incident's reference is added to it.
    """

    event_type: str
    at: float
    incident: Incident
    agent: User | None
    note: Note | None = None
    asked: ResponderRequest | None = None
    responder: User | None = None
    state: str = "pending"
    data: Mapping[str, Any] | None = None


class Account:
    """The account's incidents, and the verbs that change them.

    Every change of an incident is told to `announce` after it has happened, in order.
    """

    def __init__(self, clock: Clock, announce: Callable[[Occurrence], None]) -> None:
        self._clock = clock
        self._announce = announce
        self._numbers = itertools.count(1)
        self.incidents: dict[str, Incident] = {}
        self.changes: list[ChangeEvent] = []

    def user_by_email(self, email: str) -> User | None:
        return next((user for user in USERS if user.email.lower() == email.lower()), None)

    def open_incident(self, key: str) -> Incident | None:
        """The incident that events with this dedup key belong to, if one is open."""
        return next(
            (
                incident
                for incident in self.incidents.values()
                if incident.key == key and incident.status is not Status.RESOLVED
            ),
            None,
        )

    def trigger(
        self, *, key: str, summary: str, severity: str, body: Mapping[str, Any]
    ) -> Incident:
        """Open an incident; a key with an open incident is only one more line in its log."""
        now = self._clock.now()
        known = self.open_incident(key)
        if known is not None:
            self._log(known, "trigger", "Triggered again through the API", None)
            known.updated_at = now
            return known
        incident = Incident(
            id=new_id(),
            number=next(self._numbers),
            key=key,
            title=summary,
            urgency="high" if severity in {"critical", "error"} else "low",
            created_at=now,
            updated_at=now,
            status_changed_at=now,
            assignments=[Dated(now, ON_CALL)],
            alerts=[Alert(new_id(), key, summary, severity, now, body)],
        )
        self.incidents[incident.id] = incident
        self._log(incident, "trigger", "Triggered through the API", None)
        self._log(incident, "assign", f"Assigned to {ON_CALL.name}", None)
        self._tell("incident.triggered", incident, None)
        return incident

    def acknowledge(self, incident: Incident, by: User | None) -> None:
        """Acknowledge; a person who does so becomes the assignee, as in PagerDuty.

        By nobody (an event) it leaves the assignment alone. Acknowledging twice changes nothing.
        """
        self._must_be_open(incident)
        if incident.status is Status.ACKNOWLEDGED and (
            by is None or any(entry.user == by for entry in incident.acknowledgements)
        ):
            return
        now = self._clock.now()
        if by is not None:
            incident.acknowledgements.append(Dated(now, by))
            incident.assignments = [Dated(now, by)]
        self._move(incident, Status.ACKNOWLEDGED, by)
        self._log(incident, "acknowledge", _by("Acknowledged", by), by)
        self._tell("incident.acknowledged", incident, by)

    def resolve(self, incident: Incident, by: User | None, *, resolution: str = "") -> None:
        self._must_be_open(incident)
        now = self._clock.now()
        for alert in incident.alerts:
            alert.status = Status.RESOLVED
            alert.resolved_at = alert.resolved_at or now
        incident.resolved_at = now
        incident.resolution = resolution or None
        incident.assignments = []
        incident.acknowledgements = []
        incident.snoozed_until = None
        self._move(incident, Status.RESOLVED, by)
        self._log(incident, "resolve", _by("Resolved", by), by)
        self._tell("incident.resolved", incident, by)

    def make_triggered(self, incident: Incident, by: User | None) -> None:
        """Reopen what was resolved, or take an acknowledgement back; triggered stays as it is."""
        if incident.status is Status.TRIGGERED:
            return
        was_resolved = incident.status is Status.RESOLVED
        incident.acknowledgements = []
        incident.snoozed_until = None
        incident.resolved_at = None
        incident.assignments = incident.assignments or [Dated(self._clock.now(), ON_CALL)]
        self._move(incident, Status.TRIGGERED, by)
        if was_resolved:
            self._log(incident, "reopen", _by("Reopened", by), by)
            self._tell("incident.reopened", incident, by)
        else:
            self._log(incident, "unacknowledge", _by("Unacknowledged", by), by)
            self._tell("incident.unacknowledged", incident, by)

    def reassign(self, incident: Incident, to: tuple[User, ...], by: User) -> None:
        self._must_be_open(incident)
        now = self._clock.now()
        incident.assignments = [Dated(now, user) for user in to]
        incident.updated_at = now
        self._log(incident, "assign", f"Reassigned to {', '.join(user.name for user in to)}", by)
        self._tell("incident.reassigned", incident, by)

    def escalate(self, incident: Incident, to: tuple[User, ...], by: User) -> None:
        """Page the next ones; what was acknowledged is triggered again, for they have not."""
        self._must_be_open(incident)
        now = self._clock.now()
        incident.assignments = [Dated(now, user) for user in to]
        incident.acknowledgements = []
        incident.snoozed_until = None
        self._move(incident, Status.TRIGGERED, by)
        self._log(incident, "escalate", f"Escalated to {', '.join(u.name for u in to)}", by)
        self._tell("incident.escalated", incident, by)

    def set_priority(self, incident: Incident, priority: Priority | None, by: User) -> None:
        if incident.priority == priority:
            return
        incident.priority = priority
        incident.updated_at = self._clock.now()
        name = priority.name if priority else "none"
        self._log(incident, "priority_change", f"Priority set to {name}", by)
        self._tell("incident.priority_updated", incident, by)

    def annotate(self, incident: Incident, content: str, by: User) -> Note:
        if len(incident.notes) >= MOST_NOTES:
            raise TooManyNotes(incident.id)
        note = Note(new_id(), self._clock.now(), by, content)
        incident.notes.append(note)
        incident.updated_at = note.at
        self._log(incident, "annotate", f"Note added by {by.name}", by)
        self._announce(Occurrence("incident.annotated", note.at, incident, by, note=note))
        return note

    def snooze(self, incident: Incident, duration_s: float, by: User) -> None:
        """Acknowledge until then; whoever holds the clock calls `wake` after it."""
        self.acknowledge(incident, by)
        incident.snoozed_until = self._clock.now() + duration_s
        self._log(incident, "snooze", f"Snoozed by {by.name}", by)

    def wake(self, incident: Incident) -> None:
        """Trigger again what was snoozed, if its time is over."""
        until = incident.snoozed_until
        if until is not None and self._clock.now() >= until:
            self.make_triggered(incident, None)

    def ask_responder(
        self, incident: Incident, target: User | Policy, responder: User, message: str, by: User
    ) -> None:
        """Ask somebody to join: `responder` is the target itself, or whom the policy calls."""
        asked = ResponderRequest(self._clock.now(), by, target, message)
        incident.responder_requests.append(asked)
        incident.updated_at = asked.at
        self._log(incident, "responder_request", f"{by.name} asked {target.name} to join", by)
        self._announce(
            Occurrence(
                "incident.responder.added", asked.at, incident, by, asked=asked, responder=responder
            )
        )

    def reply(self, incident: Incident, asked: ResponderRequest, by: User, state: str) -> None:
        """Somebody who was asked to join answers: accepted or declined."""
        self._announce(
            Occurrence(
                "incident.responder.replied",
                self._clock.now(),
                incident,
                by,
                asked=asked,
                responder=by,
                state=state,
            )
        )

    def say(
        self, event_type: str, incident: Incident, data: Mapping[str, Any], by: User | None = None
    ) -> None:
        """Whatever else PagerDuty tells of an incident: a status update, a workflow, a field."""
        self._announce(Occurrence(event_type, self._clock.now(), incident, by, data=data))

    def log_entries(self) -> Iterator[tuple[Incident, LogEntry]]:
        """Every incident's history, newest first, as PagerDuty lists it."""
        entries = [(incident, e) for incident in self.incidents.values() for e in incident.log]
        yield from sorted(entries, key=lambda pair: pair[1].at, reverse=True)

    def _must_be_open(self, incident: Incident) -> None:
        if incident.status is Status.RESOLVED:
            raise AlreadyResolved(incident.id)

    def _move(self, incident: Incident, status: Status, by: User | None) -> None:
        incident.status = status
        incident.status_changed_at = incident.updated_at = self._clock.now()
        incident.status_changed_by = by

    def _log(self, incident: Incident, kind: str, summary: str, agent: User | None) -> None:
        incident.log.append(LogEntry(new_id(), self._clock.now(), kind, summary, agent))

    def _tell(self, event_type: str, incident: Incident, agent: User | None) -> None:
        self._announce(Occurrence(event_type, self._clock.now(), incident, agent))


def _by(what: str, by: User | None) -> str:
    return f"{what} by {by.name}" if by else f"{what} through the API"
