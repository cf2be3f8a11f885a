"""The one word for a place, and every reason for it: pure, and never better than what is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from bot.domain.alert import Severity
from bot.domain.health import DECIDE, Health
from bot.domain.health.facts import SloSeen
from bot.domain.rollout import RolloutState
from bot.domain.unit import Unit, read_unit, spoken_value

NEW_WITHIN = timedelta(hours=1)
"""An issue that began longer ago is shown; one that is newer says that something is wrong now. Nor
does an alarm speak of now that has had no data for longer: nobody has ever minded."""


class Grade(IntEnum):
    """How a place is; the higher number wins."""

    GOOD = 0
    CHANGING = 1
    UNKNOWN = 2
    LOOKING = 3
    WARNING = 4
    BAD = 5

    @property
    def mark(self) -> str:
        return _MARKS[self][0]

    @property
    def word(self) -> str:
        """What follows the environment's name."""
        return _MARKS[self][1]


_MARKS = {
    Grade.GOOD: ("🟢", "healthy"),
    Grade.CHANGING: ("🔵", "changing"),
    Grade.UNKNOWN: ("⚪", "not known"),
    Grade.LOOKING: ("🔵", "being looked at"),
    Grade.WARNING: ("🟠", "needs a look"),
    Grade.BAD: ("🔴", "unwell"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a place from being simply well, plain and without a full stop."""

    grade: Grade
    words: str


@dataclass(frozen=True, slots=True)
class Overall:
    """The worst grade, and every reason that is not good, the worst first."""

    grade: Grade
    reasons: tuple[Reason, ...]


def overall(health: Health) -> Overall:
    """Say how a place is. While something is awaited only what is bad is said for sure."""
    reasons = sorted(_reasons(health), key=lambda reason: -reason.grade)
    worst = max((reason.grade for reason in reasons), default=Grade.GOOD)
    if not health.is_complete:
        worst = max(worst, Grade.LOOKING)
    return Overall(worst, tuple(reasons))


def _reasons(health: Health) -> Iterator[Reason]:
    for part in health.asked:
        if part in DECIDE and health.is_unknown(part):
            yield Reason(Grade.UNKNOWN, f"{part.value} unknown")
    yield from _of_tasks(health)
    yield from _of_targets(health)
    for slo in health.slos:
        yield from _of_slo(slo)
    for name, left in health.budgets.items():
        if left is not None and left <= 0:
            yield Reason(Grade.WARNING, f"the error budget of {name} is spent")
    yield from _of_alerts(health)
    yield from _of_alarms(health)
    yield from _of_others(health)


def _of_tasks(health: Health) -> Iterator[Reason]:
    tasks = health.tasks
    if tasks is None:
        return
    if tasks.is_moving:
        yield Reason(Grade.CHANGING, f"{tasks.version.name} is rolling out")
    elif tasks.rollout == RolloutState.FAILED:
        yield Reason(Grade.WARNING, f"the last rollout failed: {tasks.rollout_reason}")
    if tasks.desired == 0:
        yield Reason(Grade.WARNING, "it is scaled to no task at all")
    elif tasks.running == 0:
        yield Reason(Grade.BAD, f"none of {_tasks(tasks.desired)} runs")
    elif tasks.running < tasks.desired and not tasks.is_moving:
        grade = Grade.BAD if tasks.running * 2 <= tasks.desired else Grade.WARNING
        yield Reason(grade, f"{tasks.running} of {_tasks(tasks.desired)} running")


def _of_targets(health: Health) -> Iterator[Reason]:
    """Targets that register or drain are normal; those that fail, or of which none is well, not."""
    targets = health.targets
    if targets is None or (health.tasks is not None and health.tasks.desired == 0):
        return
    healthy = targets.count("healthy")
    unhealthy = targets.count("unhealthy") + targets.count("unhealthy.draining")
    if targets.count("unavailable") and not healthy:
        yield Reason(Grade.UNKNOWN, "the load balancer does not check its targets")
    elif not healthy:
        yield Reason(Grade.BAD, "no target is healthy")
    elif unhealthy:
        grade = Grade.BAD if unhealthy >= healthy else Grade.WARNING
        yield Reason(grade, f"{unhealthy} of {healthy + unhealthy} targets unhealthy")


def _of_slo(slo: SloSeen) -> Iterator[Reason]:
    unit = read_unit(slo.unit) or Unit.PLAIN
    if slo.value is None:
        if slo.decides:
            yield Reason(Grade.UNKNOWN, f"{slo.name}: no data")
    elif slo.is_bad and slo.bad_above is not None:
        grade = Grade.BAD if slo.decides else Grade.WARNING
        said, limit = spoken_value(slo.value, unit), spoken_value(slo.bad_above, unit)
        yield Reason(grade, f"{slo.name} {said}, bad above {limit}")
    elif slo.is_too_little and slo.needed is not None:
        said, needed = spoken_value(slo.value, unit), spoken_value(slo.needed, unit)
        yield Reason(Grade.UNKNOWN, f"{slo.name} {said}, too little to judge (needs {needed})")


_OF_SEVERITY = {Severity.CRITICAL: Grade.BAD, Severity.WARNING: Grade.WARNING}


def _of_alerts(health: Health) -> Iterator[Reason]:
    """Alertmanager's word; where it has not spoken, what it last told us of."""
    firing = health.known.firing if health.alerts is None else health.alerts.firing
    for alert in firing:
        grade = _OF_SEVERITY.get(alert.severity)
        if grade is not None:
            often = f" {alert.times} times" if alert.times > 1 else ""
            yield Reason(grade, f"{alert.name} fires{often}")


def _of_alarms(health: Health) -> Iterator[Reason]:
    alarms = health.alarms
    if alarms is None:
        return
    for alarm in alarms.raised:
        yield Reason(Grade.WARNING, f"alarm {alarm.name}")
    if not alarms.raised and not alarms.well:
        said = "no alarm has data" if alarms.silent else "no alarm begins as the catalogue says"
        yield Reason(Grade.UNKNOWN, said)
        return
    for alarm in alarms.silent:
        if alarm.since is None or health.asked_at - alarm.since <= NEW_WITHIN:
            yield Reason(Grade.UNKNOWN, f"alarm {alarm.name} has lost its data")


def _of_others(health: Health) -> Iterator[Reason]:
    for incident in health.incidents:
        grade = Grade.BAD if incident.is_severe else Grade.WARNING
        yield Reason(grade, f"PagerDuty {incident.label} is {incident.status}")
    new = sum(health.asked_at - issue.first_seen_at <= NEW_WITHIN for issue in health.issues)
    if new:
        said = _counted(new, "new Sentry issue", "new Sentry issues")
        yield Reason(Grade.WARNING, f"{said} in the last hour")


def _tasks(number: int) -> str:
    return _counted(number, "task", "tasks")


def _counted(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"
