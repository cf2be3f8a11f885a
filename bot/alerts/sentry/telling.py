"""What Sentry says, in our own words, and the services it is about."""

from collections.abc import Iterator
from datetime import datetime

from bot.catalog import Catalog
from bot.domain.secrecy import masked
from bot.domain.sentry import IssueStatus, SentryIssue
from integrations.sentry.models import Issue

RECEIVER = "sentry"
"""What groups that Sentry opened are kept under."""


def key_of_issue(issue_id: str) -> str:
    """The group key of the card that an alert rule opened for an issue."""
    return f"issue:{issue_id}"


def key_of_metric(rule_id: str) -> str:
    """The group key of a metric alert."""
    return f"metric:{rule_id}"


def fingerprint_of_metric(rule_id: str, identifier: str) -> str:
    """The fingerprint of one time that a metric alert fired."""
    return f"sentry:metric:{rule_id}:{identifier}"


def identifier_of(fingerprint: str) -> str:
    """The identifier in the fingerprint of a metric alert."""
    return fingerprint.rpartition(":")[2]


def told(issue: Issue, *, organization: str, at: datetime, by: str = "") -> SentryIssue:
    """An issue as Sentry described it at that moment; `by` is who brought it there.

    What an error says of itself may hold a secret.
    """
    return SentryIssue(
        id=issue.id,
        organization=organization,
        project=issue.project,
        short_id=issue.short_id,
        title=masked(issue.title),
        culprit=issue.culprit,
        level=issue.level,
        status=status_of(issue.status),
        url=issue.permalink,
        assignee=issue.assigned_to,
        moved_by=by,
        first_seen_at=issue.first_seen_at,
        last_seen_at=issue.last_seen_at,
        told_at=at,
    )


def status_of(word: str) -> IssueStatus:
    """Sentry's word; it has more of them than three, and has renamed some."""
    if word.startswith("resolved"):
        return IssueStatus.RESOLVED
    return (
        IssueStatus.IGNORED if word in {"ignored", "muted", "archived"} else IssueStatus.UNRESOLVED
    )


def services_of(catalog: Catalog, project: str, organization: str = "") -> Iterator[str]:
    """The services whose errors go to this project; several may share one."""
    for name, service in catalog.services.items():
        known = service.sentry
        if known is None or known.project != project:
            continue
        if organization in {"", known.organization}:
            yield name
