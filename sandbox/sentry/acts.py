"""What is done to issues, through the API or on a page, and what integrations are told of it."""

import itertools
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.sentry.hooks import Hooks
from sandbox.sentry.issues import ORGANIZATION, PROJECT, Comment, Issue, moment
from sandbox.sentry.people import User

SENTRY = {"type": "application", "id": "sentry", "name": "Sentry"}
RULE = "New issue in prod"
METRIC_RULE = "Too many errors in prod"
WORDS = {"unresolved": "unresolved", "resolved": "resolved", "ignored": "archived"}
"""Status → the action of the webhook."""


@dataclass(slots=True)
class Acts:
    hooks: Hooks
    clock: Clock
    url: str = ""
    metric_since: float | None = None
    """Since when the metric alert fires."""
    incidents: list[float | None] = field(default_factory=list)
    """When each time that it fired was over; its identifier is the place in the list, from 1."""
    _comment_ids: Iterator[int] = field(default_factory=lambda: itertools.count(7001))

    def created(self, issue: Issue) -> None:
        self._tell(issue, "created", SENTRY)

    def move(
        self, issue: Issue, status: str, actor: Mapping[str, Any], substatus: str | None = None
    ) -> None:
        """Resolve, archive or reopen; what it is already is no news."""
        if issue.status == status:
            return
        default = {"unresolved": "ongoing", "ignored": "archived_until_escalating"}
        issue.status, issue.substatus = status, substatus or default.get(status)
        self._tell(issue, WORDS[status], actor)

    def assign(self, issue: Issue, user: User | None, actor: Mapping[str, Any]) -> None:
        if issue.assignee == user:
            return
        issue.assignee = user
        self._tell(issue, "assigned" if user is not None else "unassigned", actor)

    def comment(self, issue: Issue, text: str, actor: Mapping[str, Any]) -> Comment:
        at = self.clock.now()
        made = Comment(str(next(self._comment_ids)), text, str(actor["name"]), at)
        issue.comments.insert(0, made)
        data = {
            "comment": text,
            "project_slug": PROJECT,
            "comment_id": int(made.id),
            "issue_id": int(issue.id),
            "timestamp": moment(at),
        }
        self.hooks.send("comment", "created", data, actor)
        return made

    def alert_about(self, issue: Issue, environment: str, *, rule: str = RULE) -> None:
        """Have an issue alert rule fire about it."""
        event_id = secrets.token_hex(16)
        event = {
            "event_id": event_id,
            "issue_id": issue.id,
            "issue_url": f"{self.url}/api/0/issues/{issue.id}/",
            "url": f"{self.url}/api/0/projects/{ORGANIZATION}/{PROJECT}/events/{event_id}/",
            "web_url": f"{self.url}/organizations/{ORGANIZATION}/issues/{issue.id}"
            f"/events/{event_id}/",
            "title": issue.title,
            "culprit": issue.culprit,
            "level": issue.level,
            "environment": environment,
            "release": issue.first_release,
            "datetime": moment(self.clock.now()),
            "project": 1,
            "platform": "python",
            "type": "error",
            "tags": [
                ["environment", environment],
                ["level", issue.level],
                ["release", issue.first_release],
            ],
        }
        data = {"event": event, "triggered_rule": rule}
        self.hooks.send("event_alert", "triggered", data, SENTRY)

    def metric(self, action: str, environment: str = "prod", *, rule: str = METRIC_RULE) -> None:
        """Have the metric alert be critical, warning or resolved."""
        now = self.clock.now()
        if self.metric_since is None:
            self.metric_since = now
            self.incidents.append(None)
        since, is_over = self.metric_since, action == "resolved"
        if is_over:
            self.metric_since = None
            self.incidents[-1] = now
        alert = {
            "id": "4",
            "identifier": f"{len(self.incidents)}",
            "organization_id": "5",
            "projects": [PROJECT],
            "title": rule,
            "type": 2,
            "status": 2 if is_over else 20,
            "date_created": moment(since),
            "date_detected": moment(since),
            "date_started": moment(since),
            "date_closed": moment(now) if is_over else None,
            "alert_rule": {
                "id": "7",
                "name": rule,
                "aggregate": "count()",
                "query": "level:error",
                "environment": environment,
                "projects": [PROJECT],
                "time_window": 10,
                "triggers": [],
            },
        }
        data = {
            "description_title": f"{action.capitalize()}: {rule}",
            "description_text": "1000 events in the last 10 minutes\nFilter: level:error",
            "metric_alert": alert,
            "web_url": f"{self.url}/organizations/{ORGANIZATION}/alerts/1/",
        }
        self.hooks.send("metric_alert", action, data, SENTRY)

    def _tell(self, issue: Issue, action: str, actor: Mapping[str, Any]) -> None:
        document = issue.document(self.url, issue.events.total())
        self.hooks.send("issue", action, {"issue": document}, actor)
