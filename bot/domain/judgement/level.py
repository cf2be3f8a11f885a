"""What the time before leads one to expect: its last level, its trend, how freely it wanders."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.judgement.evidence import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SHORTEST_LEVEL = 3
"""Windows. A shorter change at the end of the time before could as well be a hiccup."""
STEP_GAIN = 30.0
"""How much better a step must fit than a line: 30 is about 5.5 standard deviations."""
TREND_P = 0.005
"""A trend that is less sure than this is taken for noise and not continued."""
MOST_CORRELATED = 0.6
"""More than that is a trend, not wandering."""
FEWEST_FOR_TREND = 12
LARGEST = 1e150
"""What cannot be squared any more is no measurement …"""
SMALLEST = 1e-200
"""… and a difference whose square is smaller than this is none."""


@dataclass(frozen=True, slots=True)
class Series:
    """The usable samples of a series: seconds since the epoch, and values."""

    at_s: "Numbers"
    values: "Numbers"

    def __len__(self) -> int:
        return len(self.values)

    def since(self, index: int) -> "Series":
        return Series(self.at_s[index:], self.values[index:])


def usable(samples: Sequence[Sample]) -> Series:
    """Leave out the gaps, and put the rest in order, one sample a moment. NaN is never kept."""
    import numpy as np

    kept = sorted({at.timestamp(): value for at, value in samples if abs(value) < LARGEST}.items())
    return Series(
        np.array([at_s for at_s, _ in kept], dtype=np.float64),
        np.array([value for _, value in kept], dtype=np.float64),
    )


def last_level(at_s: "Numbers", values: "Numbers") -> int:
    """Where the last level begins: 0, or behind a step that no line explains as well.

    Least squares over all places of one step. What was different before that step says nothing
    about the version that was running when the deploy began.
    """
    import numpy as np

    n = len(values)
    if n < 2 * SHORTEST_LEVEL + 2:
        return 0
    centred = values - values.mean()
    total = float(centred @ centred)
    if total <= max(1e-24 * float(values @ values), SMALLEST):
        return 0
    time = at_s - at_s.mean()
    line = total - float(time @ centred) ** 2 / float(time @ time)
    heads = np.cumsum(centred)[:-1]
    lengths = np.arange(1, n)
    steps = total - heads**2 * n / (lengths * (n - lengths))
    allowed = slice(SHORTEST_LEVEL, n - SHORTEST_LEVEL)
    place = int(np.argmin(steps[allowed])) + SHORTEST_LEVEL
    left = max(float(steps[place]), total * 1e-9)
    gain = (min(total, line) - left) / left * (n - 3)
    return place + 1 if gain > STEP_GAIN else 0


@dataclass(frozen=True, slots=True)
class Trend:
    """A rise a second that was already under way, and what continuing it costs in certainty."""

    slope: float = 0.0
    middle_s: float = 0.0
    spread_s2: float = math.inf

    def variance(self, at_s: float) -> float:
        """What continuing the line to this moment adds, in variances of one window."""
        return (at_s - self.middle_s) ** 2 / self.spread_s2 if self.slope else 0.0


def trend(at_s: "Numbers", values: "Numbers") -> Trend:
    """The rise under way: Theil and Sen's slope, where Kendall's tau is sure that there is one.

    A fall is not continued: that something was getting better does not make standing still bad.
    """
    import numpy as np
    from scipy import stats

    if len(values) < FEWEST_FOR_TREND or np.ptp(values) == 0:
        return Trend()
    time = at_s - at_s.mean()
    if float(time @ (values - values.mean())) <= 0:
        return Trend()
    if not stats.kendalltau(at_s, values, alternative="greater").pvalue < TREND_P:
        return Trend()
    slope = float(stats.theilslopes(values, at_s).slope)
    return Trend(max(0.0, slope), float(at_s.mean()), float(time @ time))


def correlation(residuals: "Numbers") -> float:
    """How much each residual resembles the next, between 0 and 0.6; hiccups are cut first."""
    import numpy as np

    if len(residuals) < 2 * SHORTEST_LEVEL:
        return 0.0
    low, high = np.quantile(residuals, (0.05, 0.95))
    centred = np.clip(residuals, low, high)
    centred = centred - centred.mean()
    power = float(centred @ centred)
    if power <= 0:
        return 0.0
    return min(max(float(centred[1:] @ centred[:-1]) / power, 0.0), MOST_CORRELATED)


def inflation(rho: float, windows: int) -> float:
    """By how much windows that resemble their neighbours widen the variance of their mean."""
    return 1 + 2 * sum((1 - k / windows) * rho**k for k in range(1, windows))
