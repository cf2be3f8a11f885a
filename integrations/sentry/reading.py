"""Sentry's JSON, read. What lacks what it must have is a KeyError, TypeError or ValueError."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.sentry.models import Commit, Incident, Issue, Member

LONGEST_TEXT = 1000
"""Characters of a title or of where in the code: an error says what its program has it say."""
MOST = 2**31 - 1
"""Of what is counted; more would be a mistake, and has no place in a row."""


def issue(raw: Mapping[str, Any]) -> Issue:
    """An issue of a list, an answer or a webhook."""
    return Issue(
        id=str(raw["id"]),
        short_id=str(raw["shortId"] or ""),
        title=str(raw["title"])[:LONGEST_TEXT],
        culprit=str(raw.get("culprit") or "")[:LONGEST_TEXT],
        level=str(raw.get("level") or "error"),
        status=str(raw["status"]),
        permalink=raw.get("permalink") or raw.get("web_url") or "",
        events=min(int(raw["count"]), MOST),  # Sentry sends it as text
        users=min(int(raw.get("userCount") or 0), MOST),
        first_seen_at=moment(raw["firstSeen"]),
        last_seen_at=moment(raw["lastSeen"]),
        project=(raw.get("project") or {}).get("slug") or "",
        assigned_to=(raw.get("assignedTo") or {}).get("name"),
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


CLOSED = 2
"""Sentry's number for an incident that is over; 1 is open, 10 a warning, 20 critical."""


def incident(raw: Mapping[str, Any]) -> Incident:
    """What is open while a metric alert fires."""
    closed = raw.get("dateClosed")
    return Incident(
        is_closed=int(raw["status"]) == CLOSED, closed_at=moment(closed) if closed else None
    )


def member(raw: Mapping[str, Any]) -> Member | None:
    """A member; None for somebody invited who has not come."""
    user = raw.get("user")
    if not user:
        return None
    return Member(
        user_id=str(user["id"]),
        name=user.get("name") or raw.get("name") or raw["email"],
        email=raw.get("email") or user.get("email") or "",
    )


def commit(raw: Mapping[str, Any]) -> Commit | None:
    """The likeliest commit of the people Sentry suspects; None where it names none."""
    for committer in raw["committers"]:
        for found in committer.get("commits") or ():
            author = committer.get("author") or {}
            return Commit(
                id=str(found["id"]),
                message=(found.get("message") or "").strip().partition("\n")[0],
                author=author.get("name") or author.get("email") or "",
                pull_request_url=(found.get("pullRequest") or {}).get("externalUrl") or "",
            )
    return None
