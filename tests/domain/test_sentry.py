"""Sentry's issues: what is known after Sentry spoke, why one is shown, and in which order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.sentry import (
    ActKind,
    IssueAct,
    IssueStatus,
    SentryIssue,
    ShownIssue,
    Sighting,
    SuspectCommit,
    Why,
    in_order,
    why_of,
)
from tests.changes.builders import NOW

MINUTE = timedelta(minutes=1)
COMMIT = SuspectCommit(id="4be19f0c", message="feat: x", author="Bob")


def an_issue(**said: Any) -> SentryIssue:
    return SentryIssue(
        **{
            "id": "4812",
            "organization": "credlink",
            "project": "api-gw",
            "short_id": "CRED-812",
            "title": "TypeError: sign()",
            "url": "https://sentry.example/organizations/credlink/issues/4812/",
            "first_seen_at": NOW,
            "last_seen_at": NOW,
            "told_at": NOW,
            **said,
        }
    )


def test_an_older_word_changes_nothing():
    known = an_issue()

    assert known.after(an_issue(status=IssueStatus.RESOLVED, told_at=NOW - MINUTE)) == known


def test_the_newer_word_counts_and_what_it_leaves_out_is_kept():
    known = an_issue(commit=COMMIT, is_commit_asked=True, culprit="sign")

    now = known.after(
        an_issue(
            short_id="", url="", told_at=NOW + MINUTE, first_seen_at=NOW + MINUTE, assignee="Bob"
        )
    )

    assert (now.short_id, now.url, now.culprit) == (known.short_id, known.url, "sign")
    assert (now.commit, now.is_commit_asked, now.first_seen_at) == (COMMIT, True, NOW)
    assert (now.assignee, now.state_revision) == ("Bob", known.state_revision + 1)


def test_who_moved_it_is_kept_until_it_moves_again():
    resolved = an_issue().after(an_issue(status=IssueStatus.RESOLVED, moved_by="Bob"))

    assert resolved.after(replace(resolved, moved_by="")).moved_by == "Bob"
    assert resolved.after(an_issue()).moved_by == ""
    assert resolved.after(replace(resolved, moved_by="")).state_revision == resolved.state_revision


@pytest.mark.parametrize(
    ("first_seen", "events", "before", "release", "why"),
    [
        (-90, 1, 0, "v1.3.0", Why.RELEASE),
        (1, 1, 0, None, Why.NEW),
        (0, 1, 0, None, Why.NEW),
        (-90, 9, 0, None, None),
        (-90, 10, 0, None, Why.RISING),
        (-90, 29, 10, None, None),
        (-90, 30, 10, None, Why.RISING),
    ],
)
def test_why_an_issue_belongs_beside_an_alert(
    first_seen: int, events: int, before: int, release: str | None, why: Why | None
):
    found = why_of(
        first_seen_at=NOW + first_seen * MINUTE,
        since=NOW,
        events=events,
        events_before=before,
        release=release,
    )

    assert found is why


def test_open_ones_come_first_then_by_why_then_the_most_frequent():
    def shown(name: str, why: Why, events: int | None, **said: Any) -> ShownIssue:
        return ShownIssue(
            issue=an_issue(id=name, **said),
            sighting=Sighting(issue_id=name, why=why, events=events),
        )

    found = in_order(
        [
            shown("over", Why.RELEASE, 900, status=IssueStatus.RESOLVED),
            shown("rule", Why.RULE, None),
            shown("rises", Why.RISING, 500),
            shown("few", Why.NEW, 1),
            shown("many", Why.NEW, 9),
            shown("release", Why.RELEASE, 2),
        ]
    )

    assert [one.issue.id for one in found] == ["release", "many", "few", "rises", "rule", "over"]


def test_an_act_is_fulfilled_where_the_issue_stands_as_it_asks():
    act = IssueAct(
        id="a",
        issue_id="4812",
        group_id="g",
        kind=ActKind.RESOLVE,
        by="U1",
        name="Carol",
        source="C:k",
        asked_at=NOW,
    )
    resolved, archived = (
        an_issue(status=status) for status in (IssueStatus.RESOLVED, IssueStatus.IGNORED)
    )

    assert act.is_fulfilled_by(resolved)
    assert not act.is_fulfilled_by(archived)
    assert replace(act, kind=ActKind.ARCHIVE).is_fulfilled_by(archived)
    assert not replace(act, kind=ActKind.ASSIGN).is_fulfilled_by(an_issue(assignee="Carol"))
