"""Who is on call for a service, level by level: now, until when, and who is next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One person on one level for one stretch of time; None where it has no beginning or end."""

    level: int
    """1 is called first."""
    person: str
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    schedule: str | None = None
    """None where the person stands in the escalation policy itself."""
    schedule_url: str | None = None

    def is_at(self, now: datetime) -> bool:
        """Whether the person is on call at this moment."""
        begun = self.begins_at is None or self.begins_at <= now
        return begun and (self.ends_at is None or self.ends_at > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of an escalation policy."""

    level: int
    current: tuple[Shift, ...] = ()
    """Nobody: whoever pages this level reaches no one."""
    next: Shift | None = None
    """The first of another who follows; None where nobody does, as far ahead as was asked."""
    uncovered_from: datetime | None = None
    """From then on nobody is on call: until `next` begins, or as far ahead as was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Who is on call for one service, as PagerDuty says."""

    policy: str = ""
    policy_url: str | None = None
    levels: tuple[Level, ...] = ()

    @property
    def is_nobody(self) -> bool:
        """Whether a page reaches no one on any level."""
        return not any(level.current for level in self.levels)


def levels(shifts: Iterable[Shift], *, now: datetime, until: datetime) -> tuple[Level, ...]:
    """The levels of one policy from its shifts between these moments, the first level first.

    Shifts of one person that follow each other without a gap are one: a schedule's layers cut
    them where nobody hands anything over. PagerDuty leaves out a level on which there is nobody:
    it is one all the same where a later one has somebody.
    """
    by_level: dict[int, list[Shift]] = {}
    for shift in shifts:
        by_level.setdefault(shift.level, []).append(shift)
    last = max(by_level, default=0)
    return tuple(
        _level(number, by_level.get(number, []), now, until) for number in range(1, last + 1)
    )


def _level(number: int, shifts: Sequence[Shift], now: datetime, until: datetime) -> Level:
    joined = _joined(shifts)
    current = tuple(shift for shift in joined if shift.is_at(now))
    there = {shift.person for shift in current}
    later = [s for s in joined if s.begins_at is not None and s.begins_at > now]
    following = [shift for shift in later if shift.person not in there] or later
    return Level(
        level=number,
        current=current,
        next=following[0] if following else None,
        uncovered_from=_uncovered_from(joined, now, until),
    )


def _joined(shifts: Sequence[Shift]) -> list[Shift]:
    """One shift for each person's time without a gap, in the order of when it begins."""
    last: dict[str, Shift] = {}
    joined: list[Shift] = []
    for shift in sorted(shifts, key=_beginning):
        before = last.get(shift.person)
        if before is not None and _touches(before, shift):
            ends_at = None
            if before.ends_at is not None and shift.ends_at is not None:
                ends_at = max(before.ends_at, shift.ends_at)
            joined.remove(before)
            shift = replace(before, ends_at=ends_at)
        joined.append(shift)
        last[shift.person] = shift
    return sorted(joined, key=_beginning)


def _beginning(shift: Shift) -> tuple[float, str]:
    return (shift.begins_at.timestamp() if shift.begins_at else float("-inf"), shift.person)


def _touches(before: Shift, after: Shift) -> bool:
    if before.ends_at is None or after.begins_at is None:
        return True
    return after.begins_at <= before.ends_at


def _uncovered_from(joined: Sequence[Shift], now: datetime, until: datetime) -> datetime | None:
    """The first moment from now on at which nobody is on call; None where somebody always is."""
    covered = now
    for shift in joined:
        if shift.begins_at is not None and shift.begins_at > covered:
            break
        if shift.ends_at is None:
            return None
        covered = max(covered, shift.ends_at)
    return covered if covered < until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSaid:
    """What PagerDuty last said of one service, and since when it has not said anything."""

    service: str
    on_call: OnCall | None = None
    """None while it has never said."""
    seen_at: datetime | None = None
    silent_since: datetime | None = None
    silent_why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What was found out about who is on call for each of several services."""

    services: Mapping[str, OnCall] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    """Services of which PagerDuty did not say it, and why."""
    unplanned: Mapping[str, str] = field(default_factory=dict)
    """Services of which it did not say who follows, and why."""
    without: tuple[str, ...] = ()
    """Services for which the catalogue names nothing in PagerDuty."""

    def as_json(self) -> dict[str, Any]:
        written: dict[str, Any] = _ROSTER.dump_python(self, mode="json")
        return written


def read_roster(found: Mapping[str, Any]) -> Roster:
    """Read what `Roster.as_json` wrote."""
    return _ROSTER.validate_python(found)


_ROSTER = TypeAdapter(Roster)
