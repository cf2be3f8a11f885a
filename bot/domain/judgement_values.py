"""Latencies and everything else that is not a share of requests: the values themselves."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.judgement_compare import HINT, RISE, Compared, halfway, matters
from bot.domain.judgement_level import Series, Trend, correlation, inflation, last_level, trend
from bot.domain.unit import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

TEST = "t-test of robust levels with correlated noise, confirmed by Mann-Whitney's ranks"
EFFICIENCY = 0.37
"""Of the median absolute deviation beside the standard deviation: it knows as much from 100 values
as the other from 37."""
RANKS = 2.0
"""Ranks only confirm, and three windows cannot be surer than they are many: their p counts squared."""


def is_on_log_scale(unit: Unit, *series: Series) -> bool:
    """Whether factors are what matters: everything but ratios, and what can be zero."""
    if unit in {Unit.RATIO, Unit.PERCENT}:
        return False
    return all(bool((each.values > 0).all()) for each in series)


def steady_part(before: Series, unit: Unit) -> Series:
    """The time before since its last change of level, if it had one."""
    import numpy as np

    scaled = np.log(before.values) if is_on_log_scale(unit, before) else before.values
    return before.since(last_level(before.at_s, scaled))


def compare_values(
    reference: Series,
    after: Series,
    unit: Unit,
    bad_above: float | None,
    *,
    continue_trend: bool,
    thinner: float = 1.0,
) -> Compared:
    """Compare the windows' values: ranks say how sure, Hodges and Lehmann's estimate how much."""
    import numpy as np

    logs = is_on_log_scale(unit, reference, after)
    old, new = (np.log(each.values) if logs else each.values for each in (reference, after))
    under_way = trend(reference.at_s, old) if continue_trend else Trend()
    middle_s = float(after.at_s.mean())
    flat = old - under_way.slope * (reference.at_s - middle_s)
    new = new - under_way.slope * (after.at_s - middle_s)
    level = float(np.median(flat))
    if logs:
        hint, rise = math.log(HINT), math.log(RISE)
    else:
        worth = matters(level, unit, bad_above)
        hint, rise = halfway(level, worth) - level, worth - level
    shift = float(np.median(new[:, None] - flat[None, :]))
    is_up = shift >= hint > 0
    noise = _Noise.of(flat, len(new), under_way.variance(middle_s), thinner)
    said = math.exp if logs else float
    return Compared(
        before=said(float(np.median(old))),
        after=said(float(np.median(new))),
        expected=said(level),
        bad_from=said(level + hint),
        is_up=is_up,
        p_worse=_p_worse(new, flat, shift, noise) if shift > 0 else 1.0,
        p_hidden=_p_hidden(new, flat, shift, rise, noise),
        least_p=1 / math.comb(len(old) + len(new), len(new)),
        test=TEST,
    )


@dataclass(frozen=True, slots=True)
class _Noise:
    """How freely the difference of both levels wanders when nothing changes."""

    deviation: float
    freedom: float

    @classmethod
    def of(cls, old: "Numbers", windows: int, extrapolated: float, thinner: float) -> "_Noise":
        """Read it from the reference. `thinner`: how many times fewer requests `after` had."""
        import numpy as np

        n = len(old)
        rho = correlation(old)
        one = _scale(old)
        new = max(thinner, 1.0) * inflation(rho, windows) / windows
        variance = new + inflation(rho, n) / n + extrapolated
        freedom = max(1.0, (n - 1) / inflation(rho, n) * EFFICIENCY)
        return cls(one * float(np.sqrt(variance)), freedom)

    def p_above(self, difference: float) -> float:
        """The probability that noise alone is above this difference."""
        from scipy import special

        if self.deviation <= 0:
            return 0.0 if difference > 0 else 1.0
        return 1 - float(special.stdtr(self.freedom, difference / self.deviation))


def _scale(values: "Numbers") -> float:
    """The deviation of one window, without its hiccups: from the median absolute deviation."""
    import numpy as np

    spread = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    return spread if spread > 0 else float(values.std())


def _p_worse(new: "Numbers", old: "Numbers", shift: float, noise: _Noise) -> float:
    return max(noise.p_above(shift), _ranks(new, old) ** RANKS)


def _p_hidden(new: "Numbers", old: "Numbers", shift: float, rise: float, noise: _Noise) -> float:
    """The probability of values this low although they rose as far as matters."""
    if rise <= 0:
        return 0.0 if float(new.max()) <= float(old.max()) else 1.0
    return max(noise.p_above(rise - shift), _ranks(old, new - rise))


def _ranks(one: "Numbers", other: "Numbers") -> float:
    """Mann and Whitney's p of `one` not being greater than `other`."""
    import numpy as np
    from scipy import stats

    if max(np.ptp(one), np.ptp(other)) == 0:
        return 1.0 if one[0] <= other[0] else 1 / math.comb(len(one) + len(other), len(one))
    return float(stats.mannwhitneyu(one, other, alternative="greater").pvalue)
