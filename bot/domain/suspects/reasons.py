"""The reasons for and against a suspect: each one weight, in log-odds, and its words.

The weights add up to how much likelier the deed is the cause than a coincidence. Where they come
from and how far they are to be trusted: docs/decisions/suspects.md. Every weight stands here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.catalog import ANY
from bot.domain.suspects.evidence import Deed, DeedKind, Onset
from bot.domain.words import roughly

K = DeedKind
PRIOR = -4.0
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
Steps = tuple[tuple[float, float], ...]

AFTER_TURN: Steps = ((0.2, 4.8), (1, 3.9), (2, 3.4), (5, 2.5), (10, 1.6), (20, -0.6), (90, -4.5))
"""Minutes from when all of a deed was in force until the value began to rise, up to which a weight
holds."""
TURNED_LATE = -5.6
AFTER_FIRING: Steps = ((6, 3.1), (12, 2.4), (25, 1.8), (60, 0.8), (120, -2.2))
"""The same until the alert fired, where nobody knows when the value began to rise."""
FIRED_LATE = -3.1
CUT_AFTER: Steps = ((6, 4.3), (15, 3.1), (40, 2.0), (90, -2.0))
"""The same for what cut capacity: it is felt when the next wave comes."""
CUT_LATE = -4.0
TOO_SOON = ((15, -4.2), (30, -1.5))
"""Seconds from its beginning until the value began to rise, up to which it is too soon …"""
TOO_SOON_TO_FIRE = ((60, -1.0), (120, -0.4))
"""… and until the alert fired, where nobody knows that."""
BLUR = 0.4
"""Of the time between the beginning of a rise and when it could be seen: so wrong may it be."""
ROSE_BEFORE = -0.4
SWIFT, SLOWLY = 4 * MINUTE, 2.0
"""What takes longer to come into force has more time for a coincidence."""


def when(deed: Deed, onset: Onset) -> Reasons:
    """How soon it began after the deed."""
    rising = onset.rising_since or onset.at
    blur = (onset.at - rising) * BLUR
    since = rising - deed.began_at
    if since < -MINUTE - blur:
        yield Reason(ROSE_BEFORE, f"it had begun {roughly(-since)} before that")
    if deed.kind.row == "change":
        yield from _soon(since + blur, onset)
    words = f"{roughly(since)} before it began" if since > timedelta(0) else "as it began"
    steps, rest = AFTER_TURN, TURNED_LATE
    if deed.capacity is not None and deed.capacity < 1:
        steps, rest = CUT_AFTER, CUT_LATE
    elif onset.turned_at is None:
        steps, rest = AFTER_FIRING, FIRED_LATE
    late = max(rising - _in_force(deed, rising), (since - SWIFT) / SLOWLY) - blur
    yield Reason(next((weight for limit, weight in steps if late <= limit * MINUTE), rest), words)


def _soon(since: timedelta, onset: Onset) -> Reasons:
    """A task takes half a minute to start, and an alert some more to see what it does."""
    steps = TOO_SOON_TO_FIRE if onset.turned_at is None else TOO_SOON
    seconds = since.total_seconds()
    weight = next((weight for limit, weight in steps if seconds < limit), 0.0)
    if weight:
        yield Reason(weight, "a task hardly starts so soon")


def _in_force(deed: Deed, until: datetime) -> datetime:
    """When all of it was; what is still coming into force is so until then."""
    if deed.settled_at is not None:
        return max(deed.began_at, min(deed.settled_at, until))
    return until if deed.kind.row == "change" else deed.began_at


def where(deed: Deed, onset: Onset) -> Reasons:
    """Whether it was done to what the alert is about, or to what that depends on."""
    if deed.service == onset.service:
        yield Reason(3.3, "the same service")
    elif deed.service == ANY:
        yield Reason(0.3, f"all of {deed.environment}")
    elif onset.service is None:
        yield Reason(-5.3, "the alert names no service")
    elif deed.service in onset.depends_on:
        yield Reason(0.5, f"{onset.service} depends on {deed.service}")
    else:
        yield Reason(-5.3, f"it was done to {deed.service}")
    if deed.service != onset.service and deed.service in onset.elsewhere:
        yield Reason(1.4, f"alerts of {deed.service} had begun before it")


def elsewhere(deed: Deed, onset: Onset) -> Reasons:
    """Trouble that began first in what it depends on speaks against what was done to this one."""
    first = [one for one in onset.elsewhere if one == "" or one in onset.depends_on]
    if first and deed.service not in first:
        named = next((one for one in first if one), f"all of {onset.environment}")
        yield Reason(-1.8, f"alerts of {named} had begun before it")


def capacity(deed: Deed, _onset: Onset) -> Reasons:
    """A scaling harms by what it takes away."""
    if deed.kind is not K.SCALING:
        return
    if deed.capacity is None:
        yield Reason(-0.5, "it may not have cut any capacity")
    elif deed.capacity < 1:
        yield Reason(0.2, f"it cut capacity to {deed.capacity * 100:.0f} %")
    else:
        yield Reason(-3.0, "it cut no capacity")


def kind(deed: Deed, _onset: Onset) -> Reasons:
    """Some things break less often than a new version."""
    match deed.kind:
        case K.ROLLBACK:
            yield Reason(-0.8, "it went back to what had run")
        case K.RESTART:
            yield Reason(-4.4, "it brought no new version")
        case K.LOCK | K.FREEZE | K.SILENCE:
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
        yield Reason(0.1, f"it had {share}" if deed.traffic < 100 else "it had all the traffic")


def sentry(deed: Deed, _onset: Onset) -> Reasons:
    """Issues that were first seen in its version."""
    if deed.new_issues == 0:
        yield Reason(-1.0, "Sentry saw no new issue in it")
    elif deed.new_issues:
        issues = "1 issue" if deed.new_issues == 1 else f"{deed.new_issues:,} issues"
        yield Reason(1.9, f"Sentry saw {issues} first in it")


def judgement(deed: Deed, onset: Onset) -> Reasons:
    """What the watch over its own rollout says."""
    if deed.is_judged_bad:
        yield Reason(3.0, "its own watch found it bad")
    elif deed.judged_good_at is not None and deed.judged_good_at <= onset.at:
        yield Reason(-1.0, "its own watch had found it good")


def trouble(deed: Deed, _onset: Onset) -> Reasons:
    if deed.trouble:
        yield Reason(1.2, f"its tasks stopped: {deed.trouble}")


def replaced(deed: Deed, onset: Onset) -> Reasons:
    """What did not run any more when it began."""
    if deed.undone_at is not None and deed.undone_at <= onset.at:
        yield Reason(-6.0, "it had been undone by then")
    elif deed.replaced_at is not None and deed.replaced_at <= onset.at:
        yield Reason(-0.5, "a later version had followed it")


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
        weight = -0.2 if deed.firings_before == 1 else -6.0
        yield Reason(weight, f"the same alert fired {times} in the day before it")


def company(deed: Deed, _onset: Onset) -> Reasons:
    """Other alerts of the place that began after it."""
    if deed.alerts_after:
        alerts = (
            "another alert" if deed.alerts_after == 1 else f"{deed.alerts_after:,} other alerts"
        )
        yield Reason(0.4, f"{alerts} of the service began after it")


def record(deed: Deed, _onset: Onset) -> Reasons:
    """What the same version did elsewhere or earlier, and what people said of it."""
    if deed.blamed:
        yield Reason(2.6, f"people said of {deed.version} before that it was the cause")
    elif deed.followed_before:
        yield Reason(1.0, f"alerts followed {deed.version} before")
    if deed.cleared:
        yield Reason(-1.8, f"people said of {deed.version} before that it was not this")


BUSIER = ((2.0, -7.0), (1.7, -4.5), (1.5, -2.3), (1.35, -0.2))
"""From so many times the requests before, how much they speak against a change of versions."""


def busier(deed: Deed, onset: Onset) -> Reasons:
    """More requests explain a good deal without any change."""
    if onset.busier is None or deed.kind is K.SCALING:
        return
    weight = next((weight for least, weight in BUSIER if onset.busier >= least), 0.0)
    if weight:
        yield Reason(weight, f"requests had grown to {onset.busier:.1f} times as many")


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
