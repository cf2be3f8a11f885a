"""What one query lets be compared: with the time before, or with the old version beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.judgement.compare import Compared
from bot.domain.judgement.counts import Counts, compare_counts, compare_with_limit, counted
from bot.domain.judgement.counts import steady_part as steady_counts
from bot.domain.judgement.evidence import Measured, Sample, Traffic
from bot.domain.judgement.level import Series, usable
from bot.domain.judgement.values import compare_pairs, compare_values
from bot.domain.judgement.values import steady_part as steady_values
from bot.domain.unit import Unit

NEAR = 10
"""Windows just before the deploy: what rose must have risen against them, too."""
FEWEST_BEFORE = 2
MOVED_P = 0.05
"""Where the old version itself fails more often than before, only what is new beside it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A query's usable windows and the comparisons that could be made of them."""

    measured: Measured
    before: Series
    after: Series
    control: Series
    main: Compared | None
    """With all of the last level before, and the old version at the same time."""
    near: Compared | None
    """With the last windows before, or the old version at the same time alone."""
    is_by_limit: bool = False
    """Whether there was nothing to compare with but the limit."""

    @property
    def has_control(self) -> bool:
        return len(self.control) >= FEWEST_BEFORE


def see(measured: Measured, traffic: Traffic | None) -> Seen:
    """Compare as counts of requests where that is known, otherwise as values."""
    before, after, control = map(usable, (measured.before, measured.after, measured.control))
    seen = Seen(
        measured=measured, before=before, after=after, control=control, main=None, near=None
    )
    if not len(after):
        return seen
    as_counts = _as_counts(seen, traffic)
    if as_counts is not None:
        return _see_counts(seen, *as_counts)
    return _see_values(seen)


def _as_counts(seen: Seen, traffic: Traffic | None) -> tuple[Counts, Counts | None, Counts] | None:
    """Before, control and after as counts of requests, where the query is a share of them."""
    unit = seen.measured.unit
    if traffic is None or unit not in {Unit.RATIO, Unit.PERCENT}:
        return None
    window_s = seen.measured.window.total_seconds()

    def count(ratios: Series, rates: Sequence[Sample]) -> Counts | None:
        return counted(ratios, usable(rates), window_s, unit)

    after = count(seen.after, traffic.after)
    before = count(seen.before, traffic.before)
    control = count(seen.control, traffic.control) if seen.has_control else None
    if after is None or (len(seen.before) and before is None):
        return None
    if seen.has_control and control is None:
        return None
    return _no_counts() if before is None else before, control, after


def _no_counts() -> Counts:
    import numpy as np

    return Counts(np.empty(0), np.empty(0), np.empty(0))


def _without_control(seen: Seen) -> Seen:
    """As if the old version had not been measured: too few of its windows are of the same time."""
    return replace(seen, control=seen.control.since(len(seen.control)))


def _see_counts(seen: Seen, before: Counts, control: Counts | None, after: Counts) -> Seen:
    unit, limit = seen.measured.unit, seen.measured.bad_above
    # A window without a request says nothing, whatever ratio is shown for it.
    whole = 100.0 if unit is Unit.PERCENT else 1.0
    seen = replace(seen, after=Series(after.at_s, after.failed / after.requests * whole))
    if not len(after):
        return seen
    if control is None or len(control) < FEWEST_BEFORE:
        control, seen = None, _without_control(seen)
    old = steady_counts(before) if len(before) else before
    if control is not None:
        near = compare_counts(control, after, unit, limit, is_same_time=True)
        if len(old) < FEWEST_BEFORE:
            return replace(seen, main=near, near=near)
        moved = compare_counts(old, control, unit, limit)
        is_new = moved.p_worse < MOVED_P
        main = near if is_new else compare_counts(old.and_also(control), after, unit, limit)
        return replace(seen, main=main, near=near)
    if len(old) < FEWEST_BEFORE:
        if limit is None:
            return seen
        compared = compare_with_limit(after, unit, limit)
        return replace(seen, main=compared, near=compared, is_by_limit=True)
    last = old.since(max(0, len(old) - max(NEAR, len(after))))
    return replace(
        seen,
        main=compare_counts(old, after, unit, limit, continue_trend=True),
        near=compare_counts(last, after, unit, limit),
    )


def _see_values(seen: Seen) -> Seen:
    unit, limit = seen.measured.unit, seen.measured.bad_above
    old = steady_values(seen.before, unit) if len(seen.before) else seen.before
    if seen.has_control:
        compared = compare_pairs(old, seen.control, seen.after, unit, limit)
        if compared is not None:
            return replace(seen, main=compared, near=compared)
        seen = _without_control(seen)
    if len(old) < FEWEST_BEFORE:
        return seen
    near = old.since(max(0, len(old) - max(NEAR, len(seen.after))))
    return replace(
        seen,
        main=compare_values(old, seen.after, unit, limit, continue_trend=True),
        near=compare_values(near, seen.after, unit, limit, is_confirming=True),
    )
