"""Sentry's issues on an alert's card."""

import json
from dataclasses import replace
from datetime import timedelta

from bot.cards.alert import AlertView, card
from bot.domain.evidence.issues import SOURCE, Issues
from bot.domain.finding import Finding, Phase
from bot.domain.sentry import (
    ActKind,
    ActState,
    IssueAct,
    IssueStatus,
    ShownIssue,
    Sighting,
    SuspectCommit,
    Why,
)
from tests.cards.golden import assert_golden
from tests.changes.builders import NOW
from tests.domain.test_alert import a_group
from tests.domain.test_sentry import an_issue

GROUP = a_group()
COMMIT = SuspectCommit(
    id="4be19f0c22", message="feat: <b>sign</b> twice", author="Bob", url="https://git.example/4be1"
)
ACT = IssueAct(
    id="a1",
    issue_id="4814",
    group_id=GROUP.id,
    kind=ActKind.ARCHIVE,
    by="U0CAROL01",
    name="Carol Méndez",
    source="C:k",
    asked_at=NOW,
)


def shown(identity: str, why: Why, events: int, act: IssueAct | None = None, **said: object):
    issue = an_issue(
        id=identity,
        short_id=f"CRED-{identity[1:]}",
        url=f"https://sentry.example/organizations/credlink/issues/{identity}/",
        **said,
    )
    users = events // 3
    seen = Sighting(issue_id=identity, why=why, events=events, users=users, events_before=2)
    return ShownIssue(issue=issue, sighting=seen, act=act)


def view(*issues: ShownIssue) -> AlertView:
    found = Finding(
        source=SOURCE, phase=Phase.ONSET, said=Issues(shown=tuple(issues)), found_at=NOW
    )
    return AlertView(group=GROUP, alerts=(), findings=(found,), now=NOW + timedelta(minutes=6))


FIRST = shown("4812", Why.RELEASE, 1214, commit=COMMIT, assignee="Alice Okafor")
FIRST = replace(FIRST, sighting=replace(FIRST.sighting, release="v1.3.0", rule="New issue"))


def test_golden_issues_open_rising_asked_about_and_resolved():
    several = view(
        FIRST,
        shown("4813", Why.RISING, 30, replace(ACT, state=ActState.FAILED, why="Sentry refused.")),
        shown("4814", Why.NEW, 1, ACT),
        shown("4815", Why.NEW, 1, status=IssueStatus.RESOLVED),
        shown("4816", Why.NEW, 1, status=IssueStatus.RESOLVED),
    )
    assert_golden(card(several), "alert_issues")


def test_names_without_end_leave_a_card_that_slack_takes():
    long = "<!channel> " * 900
    bad = an_issue(
        title=long, assignee=long, moved_by=long, commit=replace(COMMIT, author=long, message=long)
    )
    seen = Sighting(issue_id=bad.id, why=Why.RELEASE, events=1, release=long, rule=long)
    drawn = card(view(*[ShownIssue(issue=bad, sighting=seen)] * 5))
    text = json.dumps(drawn.blocks, ensure_ascii=False)
    assert "<!channel>" not in text
    assert len(text) < 6000


def test_golden_issues_resolved_and_known_by_a_rule_alone():
    counted = Sighting(issue_id="4815", why=Why.NEW, events=3, counted_at=NOW)
    rule = Sighting(issue_id="4813", why=Why.RULE, rule="New issue")
    young = an_issue(id="4813", short_id="", url="", title="TypeError: <sign>")
    over = view(
        ShownIssue(issue=young, sighting=rule),
        shown("4812", Why.NEW, 3, status=IssueStatus.RESOLVED, moved_by="Bob", commit=COMMIT),
        ShownIssue(issue=an_issue(id="4815"), sighting=counted),
        shown("4814", Why.NEW, 3, status=IssueStatus.IGNORED),
    )
    assert_golden(card(over), "alert_issues_over")
