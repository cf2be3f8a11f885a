"""Storms: alert groups that begin faster than their channel can show cards, told of by one card.

When cards fold, which do not, when a storm is over and who gets a card of its own then. Pure: the
rows decide, so that whoever looks at them after a crash decides the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.alert import Severity

CARDS_IN_TIME = 5
"""How many cards a channel shows in the five seconds that a new alert group may stay unseen: Slack
takes one message a second."""
OWN_CRITICALS = 5
"""Critical groups of a storm that get their own card at once."""
OWN_CARDS_AFTER = 10
"""Groups that get a card of their own when a storm is over, at most."""
QUIET = timedelta(minutes=2)
"""So long nothing must have joined before a storm is over."""
LONG_QUIET = timedelta(minutes=15)
"""So long when more is left than gets cards: people work with the list meanwhile."""
LONGEST = timedelta(hours=1)
"""No storm lasts longer: where now and then one more group joins, they would never get cards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """One storm in one channel, as its row says."""

    id: str
    channel: str
    state_revision: int
    """Goes up when groups join it and when it ends. A button acts on what its revision showed."""
    own_criticals: int
    began_at: datetime
    joined_at: datetime
    """When the last group joined."""
    over_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.over_at is None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert group whose card has not been posted, and whose posting has not begun."""

    group_id: str
    severity: Severity
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Folding:
    """What becomes of the groups that wait: folded, or a card of their own at once."""

    folded: tuple[Waiting, ...]
    own: tuple[Waiting, ...]


def fold(waiting: Sequence[Waiting], storm: Storm | None) -> Folding | None:
    """What becomes of the cards that wait in a channel; None while it shows them fast enough.

    In a storm whatever waits joins it. The first critical groups keep their own cards: a person
    must see what is worst without opening a list.
    """
    if storm is None and len(waiting) <= CARDS_IN_TIME:
        return None
    left = OWN_CRITICALS - (storm.own_criticals if storm is not None else 0)
    critical = [one for one in waiting if one.severity is Severity.CRITICAL]
    critical.sort(key=lambda one: (one.started_at, one.group_id))
    own = tuple(critical[: max(0, left)])
    return Folding(folded=tuple(one for one in waiting if one not in own), own=own)


@dataclass(frozen=True, slots=True)
class Left:
    """A group of a storm that is folded, still fires, and nobody is on."""

    group_id: str
    severity: Severity
    started_at: datetime


def is_over(storm: Storm, left: int, now: datetime, *, pace: float = 1.0) -> bool:
    """Whether a storm ends now, with so many groups left that fire and nobody is on."""
    lasted, quiet = (now - storm.began_at) * pace, (now - storm.joined_at) * pace
    return lasted >= LONGEST or quiet >= (QUIET if left <= OWN_CARDS_AFTER else LONG_QUIET)


def unfold(left: Iterable[Left]) -> tuple[Left, ...]:
    """Which of them get a card of their own as the storm ends: the worst, then the oldest."""
    ordered = sorted(left, key=lambda one: (-one.severity, one.started_at, one.group_id))
    return tuple(ordered[:OWN_CARDS_AFTER])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a storm's table: its groups of one alert name and severity, counted."""

    name: str
    severity: Severity
    groups: int
    """All that ever joined."""
    firing: int
    """Groups that fire now, whether somebody is on them or not."""
    held: int
    """Of those that fire: acknowledged, or noted here as somebody's."""
    silenced: int
    """Of those that fire: every firing alert of it is silenced."""
    quiet: int
    """Of those that fire: one or the other."""
    alerts: int
    """Alerts that fire now."""
    first_at: datetime
    last_at: datetime
    """When the first and the last of them began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A storm's table, the worst and the most frequent first, and what it sums up to."""

    rows: tuple[Row, ...]
    own: tuple[str, ...]
    """Names of the groups that have cards of their own, each once."""
    own_cards: int
    own_firing: int

    @property
    def groups(self) -> int:
        return sum(row.groups for row in self.rows)

    @property
    def firing(self) -> int:
        return sum(row.firing for row in self.rows)

    @property
    def held(self) -> int:
        return sum(row.held for row in self.rows)

    @property
    def silenced(self) -> int:
        return sum(row.silenced for row in self.rows)

    @property
    def quiet(self) -> int:
        return sum(row.quiet for row in self.rows)

    @property
    def alerts(self) -> int:
        return sum(row.alerts for row in self.rows)

    @property
    def ended(self) -> int:
        return self.groups - self.firing

    @property
    def worst(self) -> Severity:
        """Of what fires and nobody is on; of everything that fires, or did, once all is quiet."""
        loud = [row.severity for row in self.rows if row.firing > row.quiet]
        live = loud or [row.severity for row in self.rows if row.firing]
        return max(live or [row.severity for row in self.rows], default=Severity.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One group of a storm: what the tally counts."""

    name: str
    severity: Severity
    started_at: datetime
    is_firing: bool
    is_held: bool
    is_silenced: bool
    is_folded: bool
    alerts: int


def tally(members: Iterable[Member]) -> Tally:
    """Count a storm's groups by alert name and severity."""
    together: dict[tuple[str, Severity], list[Member]] = {}
    every = list(members)
    for one in every:
        together.setdefault((one.name, one.severity), []).append(one)
    rows = [_row(name, severity, found) for (name, severity), found in together.items()]
    rows.sort(key=lambda row: (not row.firing, -row.severity, -row.firing, -row.groups, row.name))
    own = [one for one in every if not one.is_folded]
    own.sort(key=lambda one: (-one.severity, one.started_at, one.name))
    return Tally(
        rows=tuple(rows),
        own=tuple(dict.fromkeys(one.name for one in own)),
        own_cards=len(own),
        own_firing=sum(one.is_firing for one in own),
    )


def _row(name: str, severity: Severity, found: Sequence[Member]) -> Row:
    firing = [one for one in found if one.is_firing]
    return Row(
        name=name,
        severity=severity,
        groups=len(found),
        firing=len(firing),
        held=sum(one.is_held for one in firing),
        silenced=sum(one.is_silenced for one in firing),
        quiet=sum(one.is_held or one.is_silenced for one in firing),
        alerts=sum(one.alerts for one in firing),
        first_at=min(one.started_at for one in found),
        last_at=max(one.started_at for one in found),
    )


PAGE = 50
"""Groups on a page of the list."""


def pages(groups: int) -> int:
    """How many pages so many groups fill."""
    return max(1, -(-groups // PAGE))
