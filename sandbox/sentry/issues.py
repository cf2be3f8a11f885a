"""The issues Sentry would have made of the service's errors."""

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.sentry.people import User

ORGANIZATION = "credlink"
PROJECT = "api-gw"
FIRST_NEW_NUMBER = 812
# What has always been there: every version makes a few of these.
OLD_NUMBER = 640
OLD_RELEASE = "v1.0.0"
EVENTS_PER_USER = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong in versions with this ending; the first `unnoticed` errors are old ones."""

    ending: str
    title: str
    culprit: str
    unnoticed: int = 0


FAULTS = (
    Fault(
        "-errors",
        "TimeoutError: card-network gateway did not answer in 2 s",
        "credlink.cards.authorize in submit",
    ),
    # A leak begins like everything else: what is new in it shows when it has grown.
    Fault("-leak", "PoolTimeout: no free connection in 5 s", "credlink.db in acquire", 20),
)
REPORTED = ("KeyError: 'expires_on'", "credlink.links.renew in renew")


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote beside an issue: a person, or an integration."""

    id: str
    text: str
    by: str
    at: float


@dataclass(slots=True)
class Issue:
    """Events that are the same error; `events` counts them by environment and second."""

    id: str
    short_id: str
    title: str
    culprit: str
    first_release: str
    first_seen_at: float
    last_seen_at: float
    level: str = "error"
    status: str = "unresolved"
    substatus: str | None = "new"
    assignee: User | None = None
    comments: list[Comment] = field(default_factory=list)
    events: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def event_id(self) -> str:
        """Of its latest event; every issue has one."""
        return f"{int(self.id):032x}"

    def count(self, environments: set[str], since: float, until: float) -> int:
        """Events in these environments (none named: in any) within this time."""
        return sum(
            count
            for (environment, second), count in self.events.items()
            if since <= second <= until and (not environments or environment in environments)
        )

    def document(self, url: str, events: int) -> dict[str, Any]:
        return {
            "id": self.id,
            "shortId": self.short_id,
            "title": self.title,
            "culprit": self.culprit,
            "permalink": f"{url}/organizations/{ORGANIZATION}/issues/{self.id}/",
            "level": self.level,
            "status": self.status,
            "substatus": self.substatus,
            "statusDetails": {},
            "assignedTo": None if self.assignee is None else self.assignee.document(),
            "numComments": len(self.comments),
            "type": "error",
            "count": str(events),
            "userCount": -(-events // EVENTS_PER_USER),
            "firstSeen": moment(self.first_seen_at),
            "lastSeen": moment(self.last_seen_at),
            "firstRelease": {"version": self.first_release},
            "project": {"id": "1", "slug": PROJECT, "name": PROJECT, "platform": "python"},
            "metadata": {"type": self.title.split(":")[0], "value": self.title},
        }


class Issues:
    """Groups errors into issues: one that is old, and new ones of versions that are broken."""

    def __init__(self, now: float, *, on_new: Callable[[Issue], None] | None = None) -> None:
        self._on_new = on_new
        old = self._issue(
            OLD_NUMBER,
            "ConnectionResetError: the client went away",
            "credlink.web in respond",
            OLD_RELEASE,
            now - 90 * 24 * 3600,
        )
        self._old = old
        self._new: dict[str, Issue] = {}
        self._reported: list[Issue] = []
        self._seen: Counter[str] = Counter()
        self._numbers = itertools.count(FIRST_NEW_NUMBER)

    def saw(self, *, environment: str, version: str, events: int, at: float) -> None:
        """Count errors of a version; those of a broken one open an issue (see `FAULTS`)."""
        issue = self._old
        fault = next((fault for fault in FAULTS if version.endswith(fault.ending)), None)
        if fault is not None and self._seen[version] >= fault.unnoticed:
            is_new = version not in self._new
            if is_new:
                self._new[version] = self._issue(
                    next(self._numbers), fault.title, fault.culprit, version, at
                )
            issue = self._new[version]
            _count(issue, environment, events, at)
            if is_new:
                self._tell(issue)
        else:
            _count(issue, environment, events, at)
        self._seen[version] += events

    def report(self, *, environment: str, version: str, events: int, at: float) -> None:
        """Open an issue that a version has beside its usual errors."""
        issue = self._issue(next(self._numbers), *REPORTED, version, at)
        self._reported.append(issue)
        _count(issue, environment, events, at)
        self._tell(issue)

    def _tell(self, issue: Issue) -> None:
        if self._on_new is not None:
            self._on_new(issue)

    def all(self) -> list[Issue]:
        return [self._old, *self._new.values(), *self._reported]

    def by_id(self, id_: str) -> Issue | None:
        return next((issue for issue in self.all() if id_ in {issue.id, issue.short_id}), None)

    @staticmethod
    def _issue(number: int, title: str, culprit: str, release: str, at: float) -> Issue:
        return Issue(
            id=str(4_500_000_000 + number),
            short_id=f"CRED-{number}",
            title=title,
            culprit=culprit,
            first_release=release,
            first_seen_at=at,
            last_seen_at=at,
        )


def _count(issue: Issue, environment: str, events: int, at: float) -> None:
    issue.events[environment, int(at)] += events
    issue.last_seen_at = at


def moment(at: float) -> str:
    """Write a moment as Sentry does: UTC, microseconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
