"""Alerts and alert groups, in Alertmanager's words, and what may happen to a group next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from bot.domain.unit import Unit

RUNBOOK_ANNOTATIONS = ("runbook_url", "runbook")
SILENCE_LINK = "Silence in Grafana"
"""Where the sender itself can silence an alert: its form, filled with that alert's labels."""


class Severity(IntEnum):
    """How bad an alert says it is; the higher number is worse."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        return self.name.lower()


_SEVERITIES = {
    "info": Severity.INFO,
    "information": Severity.INFO,
    "notice": Severity.INFO,
    "low": Severity.INFO,
    "none": Severity.INFO,
    "critical": Severity.CRITICAL,
    "page": Severity.CRITICAL,
    "high": Severity.CRITICAL,
    "emergency": Severity.CRITICAL,
    "fatal": Severity.CRITICAL,
}


def read_severity(labels: Mapping[str, str]) -> Severity:
    """The severity of an alert with these labels.

    A word nobody knows, or none, counts as a warning: it asks for attention and wakes nobody.
    """
    return _SEVERITIES.get(labels.get("severity", "").strip().lower(), Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Peak:
    """The worst value so far, and when it was measured."""

    value: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """What an alert's expression compares; the part of it that can be drawn.

    `limit` is the right side where that is itself a query. `note` says in a sentence what the
    chart leaves out or turns round; empty when it shows the whole truth.
    """

    expression: str
    """Empty where it is none that Prometheus could be asked for."""
    operator: str | None = None
    threshold: float | None = None
    limit: str | None = None
    unit: Unit = Unit.PLAIN
    note: str = ""
    is_absence: bool = False
    """Whether it holds while the expression gives nothing: the alert's own value is a bare 1."""

    @property
    def is_worse_when_lower(self) -> bool:
        return self.operator in {"<", "<="}

    def worst(self, values: Iterable[float]) -> float | None:
        """The value furthest on the bad side."""
        found = list(values)
        if not found:
            return None
        return min(found) if self.is_worse_when_lower else max(found)

    def is_worse(self, value: float, than: float) -> bool:
        return value < than if self.is_worse_when_lower else value > than


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One labelled condition; `fingerprint` and `starts_at` together name one occurrence of it."""

    fingerprint: str
    starts_at: datetime
    ends_at: datetime | None = None
    """None while it fires."""
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    source_url: str = ""
    """Where its expression can be looked at: Alertmanager's generatorURL."""
    value: float | None = None
    """What the expression gave when the alert was last sent, if it says so."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Pages of the sender's own about it: label → address."""
    note: str = ""
    """What the sender says beside it, a sentence."""
    is_blind: bool = False
    """Whether its source has no data, or could not look: then it is neither firing nor fine."""

    @property
    def key(self) -> tuple[str, datetime]:
        return self.fingerprint, self.starts_at

    @property
    def is_firing(self) -> bool:
        return self.ends_at is None

    @property
    def severity(self) -> Severity:
        return read_severity(self.labels)

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")


class GroupState(StrEnum):
    """Where an alert group stands."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    """Somebody has acknowledged its PagerDuty incident."""
    RESOLVED = "resolved"


S = GroupState
MOVES: Mapping[GroupState, frozenset[GroupState]] = {
    S.FIRING: frozenset({S.ACKNOWLEDGED, S.RESOLVED}),
    S.ACKNOWLEDGED: frozenset({S.FIRING, S.RESOLVED}),
}
"""A resolved group never moves again: what fires anew is another occurrence, with a card of its
own. An edit of yesterday's card would notify nobody, and PagerDuty opens a new incident too."""
FINAL = frozenset(GroupState) - MOVES.keys()


class ImpossibleMove(Exception):
    """The state table does not know this move; a mistake of ours."""


class Source(StrEnum):
    """Who spoke of the group first."""

    ALERTMANAGER = "alertmanager"
    PAGERDUTY = "pagerduty"
    GRAFANA = "grafana"
    """Grafana's own alerting."""
    CLOUDWATCH = "cloudwatch"
    SENTRY = "sentry"
    """An alert rule of Sentry's, about an issue or a metric."""

    @property
    def called(self) -> str:
        """As people call it."""
        return {"pagerduty": "PagerDuty", "cloudwatch": "CloudWatch"}.get(self, self.capitalize())


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """One occurrence of an alert group: from the first alert that fires until the last resolved."""

    id: str
    source: Source
    receiver: str
    group_key: str
    dedup_key: str
    """PagerDuty's `incident_key` for this group."""
    occurrence: int
    """1 for the first time this group fired, as far as rows are kept."""
    name: str
    service: str | None
    environment: str | None
    channel: str
    is_routed: bool
    """False where no route of the catalogue matched and it stands in the default channel."""
    mention: str | None = None
    """The Slack user group to mention."""
    state: GroupState = GroupState.FIRING
    state_revision: int = 1
    """Goes up with each move and each act; a button drawn for an older one does nothing."""
    severity: Severity
    """The worst of what fires; after that, of what fired last."""
    started_at: datetime
    resolved_at: datetime | None = None
    acknowledged_at: datetime | None = None
    """When it was first acknowledged; kept when the acknowledgement runs out."""
    condition: Condition | None = None
    condition_note: str = ""
    """Why there is no condition, in a sentence."""
    value: float | None = None
    normal: float | None = None
    """The median before the onset."""
    peak: Peak | None = None
    truncated: int = 0
    """Alerts Alertmanager left out of what it sent."""
    told_firing: frozenset[str] = frozenset()
    """Fingerprints of the alerts the card and thread have told of."""
    told_severity: Severity | None = None
    is_blind: bool = False
    """Whether nobody can tell how it is: the sources of all that is open in it have no data."""

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def unit(self) -> Unit:
        return self.condition.unit if self.condition else Unit.PLAIN

    def to(self, state: GroupState) -> "AlertGroup":
        """The group after a move.

        Raises:
            ImpossibleMove: the table does not know it.
        """
        if state not in MOVES.get(self.state, frozenset()):
            raise ImpossibleMove(f"{self.id}: {self.state} -> {state}")
        return replace(self, state=state, state_revision=self.state_revision + 1)

    def acted_on(self) -> "AlertGroup":
        """The group after somebody asked something of it: buttons drawn before are old."""
        return replace(self, state_revision=self.state_revision + 1)

    def measured(self, value: float, at: datetime) -> "AlertGroup":
        """The group after a look at its value; the peak stays the worst of all looks."""
        is_worse = (self.condition or Condition("")).is_worse
        if self.peak is None or is_worse(value, self.peak.value):
            return replace(self, value=value, peak=Peak(value, at))
        return replace(self, value=value)


def common(maps: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What all of these have in common."""
    found = list(maps)
    if not found:
        return {}
    first, *others = found
    return {k: v for k, v in first.items() if all(other.get(k) == v for other in others)}


def runbook_of(alerts: Iterable[Alert]) -> str | None:
    """The first runbook address that an alert's annotations give."""
    for alert in alerts:
        for name in RUNBOOK_ANNOTATIONS:
            if alert.annotations.get(name):
                return alert.annotations[name]
    return None
