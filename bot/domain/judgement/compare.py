"""What a comparison of two series says, whatever they count; and what size of rise matters."""

import math
from dataclasses import dataclass

from bot.domain.unit import Unit

RISE = 1.5
"""A rise by half matters …"""
ERRORS = 0.01
"""… and so does one to 1 % of all requests, from wherever."""
HINT = 1.2
"""From here on a rise is taken for one that matters: quantiles read from a histogram's buckets
show ×1.5 as anything from ×1.2 to ×1.8, depending on where in its bucket the quantile lies."""

SOME = 1.1
"""A rise that is sure and at least this large is no reason to roll back, nor to call it good."""
WORSE = 2.0
"""What was bad before the deploy already must double to be the deploy's as well."""
NEARER = 0.6
"""Where almost nothing failed before, an estimate must come this near to what matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One reference and the time after it. Levels are in the query's own unit."""

    before: float
    after: float
    expected: float
    """The reference continued: with its trend, if it had one."""
    bad_from: float
    """Above this a single sample counts as part of the rise."""
    is_up: bool
    """Whether the estimate is high enough to matter, however sure it is."""
    p_worse: float
    """Of seeing this much without any rise."""
    p_hidden: float
    """Of seeing this little although it rose as far as matters."""
    is_some: bool = False
    """Whether the estimate is high enough to hide a rise that matters behind a coarse measure."""
    is_confirmed: bool = True
    """Whether a second test, blind to how far single windows are off, agrees."""
    least_p: float
    """The smallest p that so few windows can give at all."""
    test: str


def matters(before: float, unit: Unit, bad_above: float | None) -> float:
    """The level from which on a rise matters; equal to `before` where nobody can say."""
    rise = before + abs(before) * (RISE - 1)
    if unit in {Unit.RATIO, Unit.PERCENT}:
        whole = 100.0 if unit is Unit.PERCENT else 1.0
        # A limit of zero says that every error matters; none at all can never be proved.
        floor = min(bad_above or math.inf, ERRORS * whole)
        return before * WORSE if before >= floor else max(rise, floor)
    return rise if before > 0 or bad_above is None else bad_above


def halfway(before: float, level: float) -> float:
    """From here on an estimate is taken for a rise to `level`."""
    return max(math.sqrt(max(before * level, 0.0)), level * NEARER)
