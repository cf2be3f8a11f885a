"""What Sentry answers, in its words. Times are aware and in UTC."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue: events Sentry takes for the same error. Counts are of the time asked about."""

    id: str
    short_id: str
    """What people say: CRED-812."""
    title: str
    culprit: str
    """Where in the code."""
    level: str
    """fatal, error, warning, info or debug."""
    status: str
    """unresolved, resolved or ignored."""
    permalink: str
    events: int
    users: int
    first_seen_at: datetime
    last_seen_at: datetime
    project: str = ""
    """The slug."""
    assigned_to: str | None = None
    """The name of a person or a team."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What Sentry opens while a metric alert fires."""

    is_closed: bool
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who belongs to an organization and has accepted the invitation."""

    user_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit that Sentry suspects of an event."""

    id: str
    message: str
    author: str
    pull_request_url: str = ""
