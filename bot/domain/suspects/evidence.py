"""What is known of an alert group's onset, and of what was done before it: facts, no judgement."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LOOK_BACK = timedelta(hours=6)
"""What was done longer before the onset is no suspect: by then too much else has happened."""


class DeedKind(StrEnum):
    """What somebody did, each kind but the changes in a table of its own."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    RESTART = "restart"
    SCALING = "scaling"
    LOCK = "lock"
    FREEZE = "freeze"
    SILENCE = "silence"

    @property
    def row(self) -> str:
        """The kind of row it is kept in."""
        is_change = self in {DeedKind.DEPLOY, DeedKind.ROLLBACK, DeedKind.RESTART}
        return "change" if is_change else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a person said of a suspect of this alert group."""

    is_cause: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that was done, by the bot or outside it, with all that speaks for or against it.

    Counts are of what was known at the onset, save the judgement and Sentry's issues, which are
    about the version and may come later.
    """

    kind: DeedKind
    id: str
    name: str
    """A plain phrase: `deploy of v1.2.0`, `scaling 3-10 → 1-10`."""
    environment: str
    service: str
    """`*` for every service of the environment."""
    began_at: datetime
    settled_at: datetime | None = None
    """When all of it was in force; None while it is not, or where nobody knows."""
    undone_at: datetime | None = None
    """When it was gone back from."""
    by: str | None = None
    """A Slack id; None for others than the bot's users."""
    version: str | None = None
    capacity: float | None = None
    """Of a scaling, the least capacity it leaves as a share of the one before."""
    traffic: float | None = None
    """Percent of production traffic that it had at the onset."""
    new_issues: int | None = None
    """Issues that Sentry saw first in its version; None where Sentry was not asked."""
    is_judged_bad: bool = False
    """By the watch over its own rollout."""
    judged_good_at: datetime | None = None
    trouble: str = ""
    """What its first stopped task died of."""
    replaced_at: datetime | None = None
    """When a later version followed it."""
    firings_before: int = 0
    """How often the same alert had fired in the day before it."""
    was_firing: bool = False
    """Whether the same alert fired while it began."""
    alerts_after: int = 0
    """Other alerts of its place that began after it, and before the onset."""
    followed_before: int = 0
    """Alert groups that followed the same version where it was deployed earlier."""
    blamed: int = 0
    """Alert groups of which people said that this version was the cause."""
    cleared: int = 0
    """Times people said of the same alert that this version was not."""
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """How an alert group began."""

    fired_at: datetime
    environment: str
    service: str | None
    turned_at: datetime | None = None
    """When the value left what is normal; an alert fires only later. None where nobody knows."""
    rising_since: datetime | None = None
    """Since when it had been on its way there, as well as a line through it can tell."""
    depends_on: frozenset[str] = frozenset()
    """The services that the alert's own service calls, as the catalogue says."""
    busier: float | None = None
    """By what factor requests had grown then; None where nobody knows."""
    elsewhere: tuple[str, ...] = ()
    """Services of the environment whose alerts had begun a little earlier; empty text for alerts
    that name no service."""
    ended_at: datetime | None = None

    @property
    def at(self) -> datetime:
        """The best guess at when it began."""
        return min(self.turned_at or self.fired_at, self.fired_at)
