"""One query's finding: is the new version worse, is it surely not, or could nobody tell?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain import judgement_words as words
from bot.domain.judgement_compare import Compared, matters
from bot.domain.judgement_counts import Counts, compare_counts, compare_with_limit, counted
from bot.domain.judgement_counts import steady_part as steady_counts
from bot.domain.judgement_evidence import Finding, Judged, Measured, Sample, Traffic
from bot.domain.judgement_level import Series, usable
from bot.domain.judgement_values import compare_pairs, compare_values
from bot.domain.judgement_values import steady_part as steady_values
from bot.domain.unit import Unit

FEWEST, PLENTY = 3, 5
"""Windows that must be there before anything is called bad: a hiccup touches two. A rise that is
not FAR beyond what matters must last longer to be believed. A bake that is over and was shorter
than that is judged by what there is."""
FAR = 1.5
"""Times what matters."""
HIDDEN_P = 0.02
"""A version is good when a rise that matters would have looked like this less often than that."""
NEAR_P = 0.02
"""How sure the comparison with the last windows before the deploy must be. It only confirms that
the rise is not older than the deploy."""
NEAR = 10
"""Windows."""
COVERED = 1 / 3
"""Of the windows of a bake that is over: with fewer, nobody watched it."""
MOVED_P = 0.05
"""Where the old version itself fails more often than before, only what is new beside it counts."""
SOME_P = 0.001
"""A smaller rise that is as sure as this is shown to a person."""
LIMIT_EASE = 4.0
"""Above the team's own limit less is to be proved, by this factor."""
FEWEST_BEFORE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a query is judged by beside its series."""

    alpha: float
    """The probability of calling a good version bad that this query may spend, over all looks."""
    is_over: bool
    length: timedelta | None


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


def find(measured: Measured, traffic: Traffic | None, asked: Asked) -> Finding:
    """Judge one query by what was measured until now."""
    if measured.missing is not None:
        return _finding(measured, Judged.INCONCLUSIVE, f"no data: {measured.missing}")
    seen = _see(measured, traffic)
    if not len(seen.after):
        return _finding(measured, Judged.INCONCLUSIVE, "no data since the deploy")
    if _is_bad(seen, asked):
        since = _since(seen)
        return _finding(measured, Judged.BAD, words.bad(seen), seen, since=since)
    if (missing := _uncovered(seen, asked)) is not None:
        return _finding(measured, Judged.INCONCLUSIVE, missing, seen)
    if _is_good(seen):
        return _finding(measured, Judged.GOOD, words.good(seen), seen)
    return _finding(measured, Judged.INCONCLUSIVE, words.unsure(seen), seen)


def _see(measured: Measured, traffic: Traffic | None) -> Seen:
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


def _see_counts(seen: Seen, before: Counts, control: Counts | None, after: Counts) -> Seen:
    unit, limit = seen.measured.unit, seen.measured.bad_above
    # A window without a request says nothing, whatever ratio is shown for it.
    whole = 100.0 if unit is Unit.PERCENT else 1.0
    seen = replace(seen, after=Series(after.at_s, after.failed / after.requests * whole))
    if not len(after):
        return seen
    old = steady_counts(before) if len(before) else before
    if control is not None and len(control) >= FEWEST_BEFORE:
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
    if len(old) < FEWEST_BEFORE:
        return seen
    near = old.since(max(0, len(old) - max(NEAR, len(seen.after))))
    return replace(
        seen,
        main=compare_values(old, seen.after, unit, limit, continue_trend=True),
        near=compare_values(near, seen.after, unit, limit, is_confirming=True),
    )


def _is_bad(seen: Seen, asked: Asked) -> bool:
    windows = len(seen.after)
    if windows < _needed(seen, asked) or (not asked.is_over and windows < _enough(seen)):
        return False
    limit = _spend(windows, asked)
    sustained = _is_above_limit_throughout(seen)
    if seen.main is None or seen.near is None:
        return sustained
    if not (seen.main.is_up and seen.near.is_up):
        return False
    if seen.is_by_limit:
        return seen.main.p_worse < limit
    if sustained and not _could_be_sure(seen.main, limit):
        return True
    confirmed = seen.main.is_confirmed and seen.near.is_confirmed and seen.near.p_worse < NEAR_P
    return confirmed and seen.main.p_worse < limit * (LIMIT_EASE if sustained else 1)


def _needed(seen: Seen, asked: Asked) -> int:
    """How many windows must be there before one may say bad."""
    if not asked.is_over:
        return FEWEST
    if asked.length is None:
        return 2
    windows = asked.length / seen.measured.window
    return FEWEST if windows >= FEWEST else max(1, math.ceil(windows / 2))


def _enough(seen: Seen) -> int:
    """How many windows a rise of this size must last before the bake is over."""
    if seen.main is None or seen.near is None:
        return FEWEST
    unit, limit = seen.measured.unit, seen.measured.bad_above
    far = FAR * matters(max(seen.main.expected, seen.near.expected), unit, limit)
    return FEWEST if seen.is_by_limit or seen.near.after >= far else PLENTY


def _spend(windows: int, asked: Asked) -> float:
    """The share of `alpha` that the look with so many windows may spend.

    A new look is one with a new window. The look at the end of the bake spends half of alpha. The
    other half is spread over the earlier ones so that it is never used up, however long somebody
    goes on looking: the sum of 1/(n(n+1)) from FEWEST on is 1/FEWEST.
    """
    if asked.is_over or windows < FEWEST:
        return asked.alpha / 2
    return asked.alpha / 2 * FEWEST / (windows * (windows + 1))


def _could_be_sure(compared: Compared, limit: float) -> bool:
    return compared.least_p < limit * LIMIT_EASE


def _is_above_limit_throughout(seen: Seen) -> bool:
    """Above the limit in the last windows and in most of all, and not before the deploy."""
    limit = seen.measured.bad_above
    if limit is None:
        return False
    above = seen.after.values > limit
    if not above[-FEWEST:].all() or above.mean() < 0.5:
        return False
    old = seen.control if seen.has_control else seen.before.since(max(0, len(seen.before) - NEAR))
    return not len(old) or float((old.values > limit).mean()) <= 0.2


def _uncovered(seen: Seen, asked: Asked) -> str | None:
    """Why a bake that is over was not watched enough to be called good, or None."""
    if not asked.is_over or asked.length is None:
        return None
    windows = math.floor(asked.length / seen.measured.window)
    if len(seen.after) < windows * COVERED:
        return f"only {len(seen.after)} of {windows} windows since the deploy have data"
    return None


def _is_good(seen: Seen) -> bool:
    if seen.main is None or seen.near is None:
        limit = seen.measured.bad_above
        return limit is not None and bool((seen.after.values <= limit).all())
    if seen.is_by_limit:
        return seen.main.p_hidden < HIDDEN_P
    if seen.main.is_up and seen.near.is_up:
        return False
    if seen.main.is_some and seen.near.is_some and seen.main.p_worse < SOME_P:
        return False
    fair = seen.near if seen.has_control else seen.main
    if fair.least_p < HIDDEN_P:
        return fair.p_hidden < HIDDEN_P
    return _is_good_at_a_glance(seen, fair)


def _is_good_at_a_glance(seen: Seen, compared: Compared) -> bool:
    """Too few windows for a test: nothing near what matters, and nothing above the limit."""
    limit = seen.measured.bad_above
    if limit is None or compared.before > limit:
        return not compared.is_up
    below = bool((seen.after.values <= limit).all())
    return below and compared.after < matters(compared.expected, seen.measured.unit, limit)


def _since(seen: Seen) -> datetime | None:
    limit = seen.measured.bad_above
    bad_from = limit if seen.main is None else seen.main.bad_from
    if bad_from is None:
        return None
    pairs = zip(seen.after.at_s, seen.after.values, strict=True)
    first = next((at_s for at_s, value in pairs if value >= bad_from), None)
    return None if first is None else datetime.fromtimestamp(float(first), UTC)


def _finding(
    measured: Measured,
    judged: Judged,
    why: str,
    seen: Seen | None = None,
    *,
    since: datetime | None = None,
) -> Finding:
    levels = words.levels(seen) if seen is not None else words.Levels()
    main = seen.main if seen is not None else None
    return Finding(
        name=measured.name,
        unit=measured.unit,
        judged=judged,
        decides=measured.decides,
        before=levels.before,
        after=levels.after,
        control=levels.control,
        p=main.p_worse if main is not None else None,
        test=main.test if main is not None else "",
        why=why,
        since=since,
    )
