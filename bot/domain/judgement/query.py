"""One query's finding: is the new version worse, is it surely not, or could nobody tell?"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.judgement import words
from bot.domain.judgement.compare import Compared, matters
from bot.domain.judgement.evidence import Finding, Judged, Measured, Traffic
from bot.domain.judgement.seen import NEAR, Seen, see

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
COVERED = 1 / 3
"""Of the windows of a bake that is over: with fewer, nobody watched it."""
SOME_P = 0.001
"""A smaller rise that is as sure as this is shown to a person."""
LIMIT_EASE = 4.0
"""Above the team's own limit less is to be proved, by this factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a query is judged by beside its series."""

    alpha: float
    """The probability of calling a good version bad that this query may spend, over all looks."""
    is_over: bool
    length: timedelta | None


def find(measured: Measured, traffic: Traffic | None, asked: Asked) -> Finding:
    """Judge one query by what was measured until now."""
    if measured.missing is not None:
        return _finding(measured, Judged.INCONCLUSIVE, f"no data: {measured.missing}")
    seen = see(measured, traffic)
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
