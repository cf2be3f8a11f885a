"""The sentences of a finding, as what follows the query's name: `rose to 4.2 % (before 0.1 %)`."""

import math
from dataclasses import dataclass

from bot.domain.judgement.compare import matters
from bot.domain.judgement.level import Series
from bot.domain.judgement.seen import Seen
from bot.domain.unit import spoken_value


@dataclass(frozen=True, slots=True)
class Levels:
    """The usual value of each part, in the query's own unit."""

    before: float | None = None
    after: float | None = None
    control: float | None = None


def levels(seen: Seen) -> Levels:
    """The levels that were compared, or the middle of what there is."""
    before, after = _middle(seen.before), _middle(seen.after)
    control = _middle(seen.control) if seen.has_control else None
    if seen.main is None or seen.near is None:
        return Levels(before, after, control)
    if seen.has_control:
        return Levels(before, seen.near.after, seen.near.before)
    compared = seen.main.before
    return Levels(before if math.isnan(compared) else compared, seen.main.after, None)


def bad(seen: Seen) -> str:
    """Why it is bad."""
    limit = seen.measured.bad_above
    if seen.main is None or seen.is_by_limit:
        return f"is at {_now(seen)}, above its limit of {_spoken(seen, limit)}; {_TOO_FEW}"
    sure = said_p(seen.main.p_worse)
    if seen.main.p_worse > _PLAIN_P:
        sure = f"above its limit of {_spoken(seen, limit)} throughout, too few windows for a test"
    return f"rose to {_now(seen)} ({_reference(seen)}, {sure})"


def good(seen: Seen) -> str:
    """Why it is good."""
    limit = seen.measured.bad_above
    if seen.main is None or seen.is_by_limit:
        return f"is at {_now(seen)}, below its limit of {_spoken(seen, limit)}; {_TOO_FEW}"
    found = levels(seen)
    old = found.control if found.control is not None else found.before
    if limit is not None and old is not None and old > limit:
        return f"is at {_now(seen)}, above its limit but not since the deploy ({_reference(seen)})"
    if seen.main.is_up:
        return f"rose to {_now(seen)} ({_reference(seen)}), but not because of the deploy"
    if seen.main.p_worse < _PLAIN_P:
        return f"rose to {_now(seen)} ({_reference(seen)}), less than what matters"
    return f"stayed at {_now(seen)} ({_reference(seen)})"


def unsure(seen: Seen) -> str:
    """Why nobody can say."""
    if seen.main is None:
        has_limit = seen.measured.bad_above is not None
        reason = "and not all of it is below its limit" if has_limit else "and it has no limit"
        return f"is at {_now(seen)}; {_TOO_FEW}, {reason}"
    if seen.is_by_limit:
        return f"is at {_now(seen)}, too near its limit to say; {_TOO_FEW}"
    if seen.main.is_up:
        return f"rose to {_now(seen)} ({_reference(seen)}), which could be chance"
    old = seen.near.before if seen.near is not None and seen.has_control else seen.main.expected
    level = matters(old, seen.measured.unit, seen.measured.bad_above)
    return (
        f"is at {_now(seen)} ({_reference(seen)}), too little or too uneven"
        f" to rule out a rise to {_spoken(seen, level)}"
    )


def said_p(p: float) -> str:
    """`p < 0.001`, `p = 0.02`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


_PLAIN_P = 0.01
_TOO_FEW = "there is too little from before the deploy to compare with"


def _now(seen: Seen) -> str:
    return _spoken(seen, levels(seen).after)


def _reference(seen: Seen) -> str:
    found = levels(seen)
    if found.control is not None:
        return f"the old version at the same time {_spoken(seen, found.control)}"
    if seen.main is not None and seen.main.expected > seen.main.before * 1.1 > 0:
        expected = _spoken(seen, seen.main.expected)
        return f"before {_spoken(seen, found.before)} and rising, {expected} expected"
    return f"before {_spoken(seen, found.before)}"


def _spoken(seen: Seen, value: float | None) -> str:
    return "unknown" if value is None else spoken_value(value, seen.measured.unit)


def _middle(series: Series) -> float | None:
    import numpy as np

    return float(np.median(series.values)) if len(series) else None
