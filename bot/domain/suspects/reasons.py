"""The reasons for and against a suspect: each one weight, in log-odds, and its words.

The weights add up to how much likelier the deed is the cause than a coincidence. Where they come
from and how far they are to be trusted: docs/decisions/suspects.md. Every weight stands here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.catalog import ANY
from bot.domain.suspects.evidence import Deed, DeedKind, Onset
from bot.domain.words import roughly

K = DeedKind
PRIOR = -3.0
"""Most of what is done breaks nothing."""
THRESHOLD = 0.0
"""Below it nobody is told that something is a suspect."""
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Reason:
    """One weight, and what it stands for in words that follow "it" or stand alone."""

    weight: float
    words: str

    @property
    def speaks_for(self) -> bool:
        return self.weight > 0


Reasons = Iterator[Reason]
Rule = Callable[[Deed, Onset], Reasons]

AFTER_TURN = ((3, 3.2), (8, 1.8), (15, 0.3), (30, -1.2), (90, -2.2))
"""Minutes from when all of a deed was in force until the value left normal, up to which a weight
holds."""
TURNED_LATE = -3.0
AFTER_FIRING = ((5, 2.0), (12, 1.6), (25, 0.8), (60, 0.0), (120, -0.8))
"""The same until the alert fired, where nobody knows when the value left normal."""
FIRED_LATE = -1.6


def when(deed: Deed, onset: Onset) -> Reasons:
    """How soon it began after the deed."""
    since = onset.at - deed.began_at
    words = f"{roughly(since)} before it began" if since >= MINUTE else "as it began"
    in_force = deed.began_at
    if deed.settled_at is not None:
        in_force = max(in_force, min(deed.settled_at, onset.at))
    late = (onset.at - in_force) / MINUTE
    steps, rest = (
        (AFTER_FIRING, FIRED_LATE) if onset.turned_at is None else (AFTER_TURN, TURNED_LATE)
    )
    yield Reason(next((weight for limit, weight in steps if late <= limit), rest), words)


def where(deed: Deed, onset: Onset) -> Reasons:
    """Whether it was done to what the alert is about."""
    if deed.service == onset.service:
        yield Reason(1.5, "the same service")
    elif deed.service == ANY:
        yield Reason(0.3, f"all of {deed.environment}")
    elif deed.service in onset.elsewhere:
        yield Reason(1.5, f"alerts of {deed.service} had begun before it")
    elif onset.service is not None:
        yield Reason(-1.6, f"it was done to {deed.service}")


def elsewhere(deed: Deed, onset: Onset) -> Reasons:
    """Trouble that began in another service first speaks against what was done to this one."""
    first = [one for one in onset.elsewhere if one != deed.service]
    if first and deed.service not in onset.elsewhere:
        named = next((one for one in first if one), "the environment")
        yield Reason(-2.6, f"alerts of {named} had begun before it")


def capacity(deed: Deed, _onset: Onset) -> Reasons:
    """A scaling harms by what it takes away."""
    if deed.kind is not K.SCALING:
        return
    if deed.capacity is None:
        yield Reason(-0.5, "it may not have cut any capacity")
    elif deed.capacity < 1:
        yield Reason(1.6, f"it cut capacity to {deed.capacity * 100:.0f} %")
    else:
        yield Reason(-3.0, "it cut no capacity")


def kind(deed: Deed, _onset: Onset) -> Reasons:
    """Some things break less often than a new version."""
    match deed.kind:
        case K.ROLLBACK:
            yield Reason(-0.8, "it went back to what had run")
        case K.RESTART:
            yield Reason(-1.0, "it brought no new version")
        case K.LOCK | K.FREEZE:
            yield Reason(-6.0, f"a {deed.kind} changes nothing that runs")


def traffic(deed: Deed, _onset: Onset) -> Reasons:
    """How much of the traffic it had by then."""
    if deed.traffic is None:
        return
    share = f"{deed.traffic:.0f} % of the traffic"
    if deed.traffic <= 0:
        yield Reason(-3.0, "it had no traffic yet")
    elif deed.traffic < 5:
        yield Reason(-0.8, f"it had only {share}")
    elif deed.traffic >= 50:
        yield Reason(0.4, f"it had {share}" if deed.traffic < 100 else "it had all the traffic")


def sentry(deed: Deed, _onset: Onset) -> Reasons:
    """Issues that were first seen in its version."""
    if deed.new_issues:
        issues = "1 issue" if deed.new_issues == 1 else f"{deed.new_issues:,} issues"
        yield Reason(2.4, f"Sentry saw {issues} first in it")


def judgement(deed: Deed, onset: Onset) -> Reasons:
    """What the watch over its own rollout says."""
    if deed.is_judged_bad:
        yield Reason(2.2, "its own watch found it bad")
    elif deed.judged_good_at is not None and deed.judged_good_at <= onset.at:
        yield Reason(-0.8, "its own watch had found it good")


def trouble(deed: Deed, _onset: Onset) -> Reasons:
    if deed.trouble:
        yield Reason(1.2, f"its tasks stopped: {deed.trouble}")


def replaced(deed: Deed, onset: Onset) -> Reasons:
    """What did not run any more when it began."""
    if deed.undone_at is not None and deed.undone_at <= onset.at:
        yield Reason(-3.5, "it had been undone by then")
    elif deed.replaced_at is not None and deed.replaced_at <= onset.at:
        yield Reason(-2.0, "a later version had followed it")


def relief(deed: Deed, onset: Onset) -> Reasons:
    """It ended when this was undone."""
    if deed.undone_at is None or onset.ended_at is None or deed.undone_at < onset.at:
        return
    waited = onset.ended_at - deed.undone_at
    if timedelta(0) <= waited <= 10 * MINUTE:
        yield Reason(2.5, f"it ended {roughly(waited)} after this was undone")


def already(deed: Deed, _onset: Onset) -> Reasons:
    """An alert that fired before the deed had another cause then."""
    if deed.was_firing:
        yield Reason(-3.5, "the same alert fired as it was done")
    elif deed.firings_before:
        times = "once" if deed.firings_before == 1 else f"{deed.firings_before:,} times"
        weight = -1.2 if deed.firings_before == 1 else -2.4
        yield Reason(weight, f"the same alert fired {times} in the day before it")


def company(deed: Deed, _onset: Onset) -> Reasons:
    """Other alerts of the place that began after it."""
    if deed.alerts_after:
        alerts = (
            "another alert" if deed.alerts_after == 1 else f"{deed.alerts_after:,} other alerts"
        )
        yield Reason(0.6, f"{alerts} of the service began after it")


def record(deed: Deed, _onset: Onset) -> Reasons:
    """What the same version did elsewhere or earlier, and what people said of it."""
    if deed.blamed:
        yield Reason(2.6, f"people said of {deed.version} before that it was the cause")
    elif deed.followed_before:
        yield Reason(1.0, f"alerts followed {deed.version} before")
    if deed.cleared:
        yield Reason(-1.8, f"people said of {deed.version} before that it was not this")


def busier(deed: Deed, onset: Onset) -> Reasons:
    """More requests explain a good deal without any change."""
    if onset.busier is not None and onset.busier >= 1.4 and deed.kind is not K.SCALING:
        yield Reason(-2.6, f"requests had grown to {onset.busier:.1f} times as many")


RULES: tuple[Rule, ...] = (
    when,
    sentry,
    judgement,
    relief,
    record,
    capacity,
    where,
    traffic,
    trouble,
    company,
    already,
    busier,
    elsewhere,
    replaced,
    kind,
)
"""In the order in which a person wants to read them."""


def reasons(deed: Deed, onset: Onset) -> tuple[Reason, ...]:
    """Everything that speaks for the deed as the cause, and against it."""
    return tuple(reason for rule in RULES for reason in rule(deed, onset) if reason.weight)
