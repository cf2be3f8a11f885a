"""What AWS showed before a scaling: its capacity, what runs, what scales it, and what to know."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.catalog import Scale
from bot.domain.scaling.capacity import NONE, Bounds, Capacity, Count
from bot.domain.scaling.wish import Wish, WishKind
from bot.domain.verification import Check, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What moves a service within its bounds: `CPU at 60 %`."""

    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One thing autoscaling did, or did not do and says why."""

    at: datetime
    words: str
    has_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Bounds that a schedule sets; None for the one it leaves alone."""

    name: str
    schedule: str
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What AWS showed at one moment. Counts are tasks."""

    capacity: Capacity
    desired: int
    running: int
    pending: int
    policies: tuple[Policy, ...] = ()
    activities: tuple[Activity, ...] = ()
    """Newest first."""
    schedules: tuple[Schedule, ...] = ()
    is_rolling_out: bool = False
    silent: tuple[str, ...] = ()
    """What could not be read, and why, each a plain sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to be set, and what whoever confirms it should know."""

    shown: Shown
    wanted: Capacity
    checks: tuple[Check, ...] = ()


def propose(wish: Wish, shown: Shown, wanted: Capacity, scale: Scale) -> Proposal:
    """Put together what is to be known of it, the weightiest first."""
    checks = [
        *_stops_it(wanted),
        *_undone(wish, shown.capacity, wanted),
        *_schedules(shown, wanted),
        *_suspended(shown.capacity, wanted),
        *_above(shown, wanted, scale),
        *_rollout(shown),
        *_at_once(shown, wanted),
        *(Check(name="AWS", level=Level.UNKNOWN, text=text) for text in shown.silent),
    ]
    return Proposal(shown=shown, wanted=wanted, checks=tuple(checks))


def _warn(text: str, mend: str = "") -> Check:
    return Check(name="scaling", level=Level.WARN, text=text, mend=mend)


def _stops_it(wanted: Capacity) -> Iterable[Check]:
    least = wanted.count if isinstance(wanted, Count) else wanted.minimum
    if least == 0:
        yield _warn("With 0 tasks nothing serves.")


def _undone(wish: Wish, found: Capacity, wanted: Capacity) -> Iterable[Check]:
    if wish.kind is not WishKind.COUNT or not isinstance(wanted, Bounds):
        return
    moved = "The minimum moves instead"
    if isinstance(found, Bounds) and wanted.maximum != found.maximum:
        moved = "Minimum and maximum move instead"
    yield _warn(f"Autoscaling would undo a plain count. {moved}.")


def _schedules(shown: Shown, wanted: Capacity) -> Iterable[Check]:
    if isinstance(wanted, Bounds) and wanted.suspended.scheduled:
        return
    for one in shown.schedules:
        low, high = one.minimum, one.maximum
        parts = [f"min {low}" if low is not None else "", f"max {high}" if high is not None else ""]
        sets = " and ".join(filter(None, parts))
        yield _warn(f"Schedule {one.name} sets {sets} at {one.schedule}: that will undo this.")


def _suspended(found: Capacity, wanted: Capacity) -> Iterable[Check]:
    if not isinstance(wanted, Bounds) or wanted.suspended == NONE:
        return
    kept = isinstance(found, Bounds) and found.suspended == wanted.suspended
    text = wanted.suspended.text
    if kept:
        yield _warn(f"{text.capitalize()}, and stays so.", "`resume` ends that.")
    else:
        yield _warn("Nothing adds tasks under load until it is resumed.")


def _above(shown: Shown, wanted: Capacity, scale: Scale) -> Iterable[Check]:
    if shown.running > scale.max:
        yield _warn(
            f"{shown.running:,} tasks run, above the catalogue's largest count, {scale.max}."
        )
    if isinstance(wanted, Bounds) and wanted.maximum > scale.max:
        yield _warn(f"The maximum is above the catalogue's largest count, {scale.max}.")


def _rollout(shown: Shown) -> Iterable[Check]:
    if shown.is_rolling_out:
        yield _warn("A rollout is under way. ECS scales beside it.")


def _at_once(shown: Shown, wanted: Capacity) -> Iterable[Check]:
    to = landing(shown.desired, wanted)
    more = to - shown.desired
    if more > 0:
        yield Check(name=f"{_tasks(more)} more at once", level=Level.OK, text="")
    elif more < 0:
        yield _warn(f"{_tasks(-more)} {'is' if more == -1 else 'are'} stopped at once.")
    elif isinstance(wanted, Bounds):
        yield Check(name=f"{_tasks(shown.desired)} as now", level=Level.OK, text="")


def landing(desired: int, wanted: Capacity) -> int:
    """The count that AWS goes to at once: autoscaling moves it into the bounds, and no further."""
    if isinstance(wanted, Count):
        return wanted.count
    return min(max(desired, wanted.minimum), wanted.maximum)


def _tasks(number: int) -> str:
    return f"{number:,} task" if number == 1 else f"{number:,} tasks"
