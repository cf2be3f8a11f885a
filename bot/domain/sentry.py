"""Sentry's issues as the bot knows them, why a card shows one, and what people ask of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

RISING_EVENTS = 10
"""Fewer events in the time looked at are too few to call an issue rising."""
RISING_FACTOR = 3
"""So many times the events of the same time before, and it is rising."""


class IssueStatus(StrEnum):
    """Where an issue stands, in Sentry's words; what people call archived is `ignored` there."""

    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"
    IGNORED = "ignored"

    @property
    def word(self) -> str:
        return "archived" if self is IssueStatus.IGNORED else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectCommit:
    """The commit that Sentry thinks the issue came with."""

    id: str
    message: str
    """Its first line."""
    author: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryIssue:
    """An issue as last told of."""

    id: str
    organization: str
    project: str
    """The slug."""
    short_id: str = ""
    """What people say: CRED-812; empty until Sentry has said it."""
    title: str
    culprit: str = ""
    level: str = "error"
    status: IssueStatus = IssueStatus.UNRESOLVED
    url: str = ""
    assignee: str | None = None
    """A person's or team's name."""
    moved_by: str = ""
    """Who brought it where it stands, by Sentry's name; empty where Sentry does not say."""
    first_seen_at: datetime
    last_seen_at: datetime
    commit: SuspectCommit | None = None
    is_commit_asked: bool = False
    """Whether Sentry has been asked for the suspect commit and has answered."""
    told_at: datetime
    state_revision: int = 1
    """Goes up when its status or assignee changes and with each act; a menu drawn for an older
    one does nothing."""

    @property
    def is_open(self) -> bool:
        return self.status is IssueStatus.UNRESOLVED

    @property
    def label(self) -> str:
        return self.short_id or "issue"

    def after(self, told: "SentryIssue") -> "SentryIssue":
        """What is known after Sentry told this: the newer word, with what it left out kept."""
        if told.told_at < self.told_at:
            return self
        is_moved = (told.status, told.assignee) != (self.status, self.assignee)
        return replace(
            told,
            short_id=told.short_id or self.short_id,
            culprit=told.culprit or self.culprit,
            url=told.url or self.url,
            moved_by=told.moved_by if told.status is not self.status else self.moved_by,
            first_seen_at=min(told.first_seen_at, self.first_seen_at),
            last_seen_at=max(told.last_seen_at, self.last_seen_at),
            commit=told.commit or self.commit,
            is_commit_asked=told.is_commit_asked or self.is_commit_asked,
            state_revision=self.state_revision + is_moved,
        )

    def acted_on(self) -> "SentryIssue":
        """The issue after somebody asked something of it: menus drawn before are old."""
        return replace(self, state_revision=self.state_revision + 1)


class Why(StrEnum):
    """Why an issue is on an alert group's card; the first that holds is said."""

    RELEASE = "release"
    """It was first seen in the version that runs."""
    NEW = "new"
    RISING = "rising"
    RULE = "rule"
    """One of Sentry's own alert rules told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An issue beside an alert group. Counts are of the time around the group's onset."""

    issue_id: str
    why: Why
    events: int | None = None
    """None while Sentry has not been asked."""
    users: int | None = None
    counted_at: datetime | None = None
    """Until when those are counted."""
    events_before: int = 0
    """In as long a time before."""
    release: str | None = None
    """The running version in which it was first seen."""
    rule: str = ""


def why_of(
    *,
    first_seen_at: datetime,
    since: datetime,
    events: int,
    events_before: int,
    release: str | None,
) -> Why | None:
    """Why an issue with events since then belongs beside an alert; None for the usual noise."""
    if release is not None:
        return Why.RELEASE
    if first_seen_at >= since:
        return Why.NEW
    is_rising = events >= max(RISING_EVENTS, RISING_FACTOR * events_before)
    return Why.RISING if is_rising else None


class ActKind(StrEnum):
    """What a person may ask of an issue from a card."""

    RESOLVE = "resolve"
    ASSIGN = "assign"
    ARCHIVE = "archive"


class ActState(StrEnum):
    PENDING = "pending"
    """Promised; Sentry has not confirmed it yet."""
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueAct:
    """What somebody asked of an issue, from the card of an alert group."""

    id: str
    issue_id: str
    group_id: str
    kind: ActKind
    by: str
    """Slack user id."""
    name: str
    """What people call them: Sentry is told by whom."""
    email: str | None = None
    """By which Sentry may know them."""
    source: str
    """From which message it came, for the audit."""
    link: str = ""
    """To the card it was asked from."""
    asked_at: datetime
    tried_at: datetime | None = None
    """Before Sentry was asked first: from then on it may have happened."""
    state: ActState = ActState.PENDING
    why: str = ""
    """Why it failed, or what there is to say of how it ended; a sentence."""

    def is_fulfilled_by(self, issue: SentryIssue) -> bool:
        """Whether the issue stands where this would bring it. An assignment never counts as done:
        Sentry's names are not Slack's."""
        match self.kind:
            case ActKind.RESOLVE:
                return issue.status is IssueStatus.RESOLVED
            case ActKind.ARCHIVE:
                return issue.status is IssueStatus.IGNORED
            case ActKind.ASSIGN:
                return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownIssue:
    """What a card shows of an issue."""

    issue: SentryIssue
    sighting: Sighting
    act: IssueAct | None = None
    """What was asked of it last, from this card or another."""


_ORDER = tuple(Why)


def in_order(shown: list[ShownIssue]) -> tuple[ShownIssue, ...]:
    """Those still open first, then by why they are shown, the most frequent first."""

    def rank(one: ShownIssue) -> tuple[bool, int, int, str]:
        s = one.sighting
        return not one.issue.is_open, _ORDER.index(s.why), -(s.events or 0), one.issue.id

    return tuple(sorted(shown, key=rank))
