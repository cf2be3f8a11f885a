"""Latencies and everything else that is not a share of requests: the values themselves."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.domain.judgement.compare import HINT, RISE, SOME, Compared, halfway, matters
from bot.domain.judgement.level import Series, Trend, correlation, inflation, last_level, trend
from bot.domain.unit import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

TEST = "t-test of robust levels with correlated noise, confirmed by Mann-Whitney's ranks"
MIDDLE = 1.51
"""The standard deviation of a normal beside that of its middle 80 %."""
EFFICIENCY = 0.6
"""How much of what all values know of their deviation the middle ones know."""
CONFIRM_P = 0.02
"""How sure the ranks must be: they only confirm, a handful of windows cannot make them surer."""
DOUBTFUL_P = 0.2
FEWEST_USUAL = 10
USUAL_WINDOWS = 4
"""The noise of the time before, if it has so many windows, counts as much as four pairs."""


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
    continue_trend: bool = False,
    is_confirming: bool = False,
) -> Compared:
    """Compare the windows' values with those of another time.

    Hodges and Lehmann's estimate says how much, a t-test with robust noise how sure; Mann and
    Whitney's ranks must agree. Of a comparison that only confirms, nobody asks what is hidden.
    """
    import numpy as np

    logs = is_on_log_scale(unit, reference, after)
    old, new = (np.log(each.values) if logs else each.values for each in (reference, after))
    under_way = trend(reference.at_s, old) if continue_trend else Trend()
    middle_s = float(after.at_s.mean())
    flat = old - under_way.slope * (reference.at_s - middle_s)
    new = new - under_way.slope * (after.at_s - middle_s)
    noise = Noise.between(flat, len(new), under_way.variance(middle_s))
    shift = float(np.median(new[:, None] - flat[None, :]))
    level = float(np.median(flat))
    size = _Size.of(level, unit, bad_above, logs=logs)
    if under_way.slope:
        # How a trend goes on is a guess: only what leaves it clearly is the deploy's.
        size = replace(size, hint=size.rise)
    compared = _compared(size, level, shift, noise)
    said = math.exp if logs else float
    least = 1 / math.comb(len(old) + len(new), len(new))
    # Ranks cost most of the time, so they are asked only where they could say no.
    confirmed = compared.is_up and _ranks(new, flat) < max(CONFIRM_P, least * 1.01)
    p_hidden = compared.p_hidden
    if size.rise <= 0:
        p_hidden = 0.0 if float(new.max()) <= float(flat.max()) else 1.0
    elif p_hidden < DOUBTFUL_P and not is_confirming:
        p_hidden = max(p_hidden, _ranks(flat, new - size.rise))
    return replace(
        compared,
        before=said(float(np.median(old))),
        after=said(float(np.median(new))),
        p_hidden=p_hidden,
        least_p=least,
        is_confirmed=confirmed,
    )


def compare_pairs(
    before: Series, control: Series, after: Series, unit: Unit, bad_above: float | None
) -> Compared | None:
    """Compare window by window with the old version at the same time; None where too few pair up.

    A t-test of the differences, whose noise is tempered by that of the time before: three windows
    that happen to differ alike prove little.
    """
    import numpy as np

    nearest = np.abs(after.at_s[:, None] - control.at_s[None, :]).argmin(axis=1)
    step_s = float(np.diff(after.at_s).min()) if len(after) > 1 else 1.0
    pairs = np.abs(after.at_s - control.at_s[nearest]) <= step_s / 2
    if pairs.sum() < 2:
        return None
    logs = is_on_log_scale(unit, before, control, after)
    old, new = control.values[nearest][pairs], after.values[pairs]
    usual = before.values
    if logs:
        old, new, usual = np.log(old), np.log(new), np.log(usual)
    differences = new - old
    shift, level = float(np.median(differences)), float(np.median(old))
    noise = Noise.of_pairs(differences, usual)
    compared = _compared(_Size.of(level, unit, bad_above, logs=logs), level, shift, noise)
    said = math.exp if logs else float
    # Without the noise of the time before, so few pairs can be no surer than their signs.
    least = 0.0 if len(usual) >= FEWEST_USUAL else 0.5 ** len(differences)
    return replace(compared, before=said(level), after=said(level + shift), least_p=least)


@dataclass(frozen=True, slots=True)
class _Size:
    """Which rises matter, hint at one that does, or are at least some, on the scale of the test."""

    rise: float
    hint: float
    some: float
    logs: bool

    @classmethod
    def of(cls, level: float, unit: Unit, bad_above: float | None, *, logs: bool) -> "_Size":
        if logs:
            return cls(math.log(RISE), math.log(HINT), math.log(SOME), logs)
        worth = matters(level, unit, bad_above)
        hint = halfway(level, worth) - level
        return cls(worth - level, hint, hint / 2, logs)


def _compared(size: _Size, level: float, shift: float, noise: "Noise") -> Compared:
    said = math.exp if size.logs else float
    return Compared(
        before=said(level),
        after=said(level + shift),
        expected=said(level),
        bad_from=said(level + size.hint),
        is_up=shift >= size.hint > 0,
        is_some=shift >= size.some > 0,
        p_worse=noise.p_above(shift) if shift > 0 else 1.0,
        p_hidden=noise.p_above(size.rise - shift) if size.rise > 0 else float(shift > 0),
        least_p=0.0,
        test=TEST,
    )


@dataclass(frozen=True, slots=True)
class Noise:
    """How freely the difference of two levels wanders when nothing changes."""

    deviation: float
    freedom: float

    @classmethod
    def between(cls, old: "Numbers", windows: int, extrapolated: float) -> "Noise":
        """Of the mean of so many windows and that of the reference, read from the reference."""
        n, rho = len(old), correlation(old)
        variance = inflation(rho, windows) / windows + inflation(rho, n) / n + extrapolated
        alike = (1 - rho**2) / (1 + rho**2)
        freedom = max(1.0, (n - 1) * alike * EFFICIENCY)
        return cls(_scale(old) * math.sqrt(variance), freedom)

    @classmethod
    def of_pairs(cls, differences: "Numbers", usual: "Numbers") -> "Noise":
        """Of the mean of these differences, tempered by the noise of the time before."""
        n = len(differences)
        freedom, variance = float(n - 1), _scale(differences) ** 2
        if len(usual) >= FEWEST_USUAL:
            variance = (variance * freedom + 2 * _scale(usual) ** 2 * USUAL_WINDOWS) / (
                freedom + USUAL_WINDOWS
            )
            freedom += USUAL_WINDOWS
        return cls(math.sqrt(variance * inflation(correlation(differences), n) / n), freedom)

    def p_above(self, difference: float) -> float:
        """The probability that noise alone is above this difference."""
        from scipy import special

        if self.deviation <= 0:
            return 0.0 if difference > 0 else 1.0
        return 1 - float(special.stdtr(self.freedom, difference / self.deviation))


def _scale(values: "Numbers") -> float:
    """The deviation of one window without its hiccups: that of the middle 80 % of many."""
    import numpy as np

    cut = len(values) // 10
    if not cut:
        return float(values.std(ddof=1)) if len(values) > 1 else 0.0
    middle = np.sort(values)[cut:-cut]
    return MIDDLE * float(middle.std(ddof=1)) or float(values.std(ddof=1))


def _ranks(one: "Numbers", other: "Numbers") -> float:
    """Mann and Whitney's p of `one` not being greater than `other`."""
    import numpy as np
    from scipy import stats

    if max(np.ptp(one), np.ptp(other)) == 0:
        return 1.0 if one[0] <= other[0] else 1 / math.comb(len(one) + len(other), len(one))
    return float(stats.mannwhitneyu(one, other, alternative="greater").pvalue)
