"""Ratios of requests, tested as the counts that they are.

A ratio of 0.8 % is strong evidence at 300 requests a second and none at two, so ratio, rate and
window are turned back into failed and answered requests.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.judgement.compare import WORSE, Compared, halfway, matters
from bot.domain.judgement.level import Series, correlation, inflation, last_level
from bot.domain.unit import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

TEST = "conditional binomial test of the counts, with the overdispersion of the time before"
LIMIT_TEST = "binomial test of the counts against bad_above"
USUAL_DISPERSION, USUAL_WINDOWS = 1.5, 4
"""Errors are never as even as dice: this much is assumed, as if four windows had shown it."""
USUAL_WANDER = 0.2
"""Rates wander by a fifth, however many requests there are."""
TREND_Z = 2.5
LEAST = 1e-9
"""Of what the incomplete beta function needs to be more than zero."""
SPARED = 0.3
"""The share of windows that may be a hiccup: their excess does not count."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests that failed and all requests, window by window. Fractions of requests are fine."""

    at_s: "Numbers"
    failed: "Numbers"
    requests: "Numbers"

    def __len__(self) -> int:
        return len(self.failed)

    @property
    def rate(self) -> float:
        total = float(self.requests.sum())
        return float(self.failed.sum()) / total if total else 0.0

    def since(self, index: int) -> "Counts":
        return Counts(self.at_s[index:], self.failed[index:], self.requests[index:])

    def and_also(self, other: "Counts") -> "Counts":
        import numpy as np

        return Counts(
            np.concatenate([self.at_s, other.at_s]),
            np.concatenate([self.failed, other.failed]),
            np.concatenate([self.requests, other.requests]),
        )

    def without_hiccups(self) -> "Counts":
        """Cut each window to what chance explains around the rate of the better ones.

        A hiccup of a dependency fills one or two windows whatever is deployed; a version that is
        worse is worse in all of them.
        """
        import numpy as np

        if len(self) < 2:
            return self
        worst = min(len(self) - 1, max(2, math.ceil(SPARED * len(self))))
        better = np.argsort(self.failed / self.requests, kind="stable")[: len(self) - worst]
        rate = max(self.failed[better].sum(), 0.5) / self.requests[better].sum()
        usual = rate * self.requests
        cut = np.minimum(self.failed, usual + 3 * np.sqrt(usual) + 2)
        return Counts(self.at_s, cut, self.requests)


def counted(ratios: Series, rates: Series, window_s: float, unit: Unit) -> Counts | None:
    """Turn ratios and rates of the same moments into counts; None where most have no rate."""
    import numpy as np

    if not len(ratios) or not len(rates):
        return None
    nearest = np.abs(ratios.at_s[:, None] - rates.at_s[None, :]).argmin(axis=1)
    requests = rates.values[nearest] * window_s
    near = np.abs(ratios.at_s - rates.at_s[nearest]) <= window_s / 2
    known = near & (requests >= 1)
    if near.sum() < len(ratios) / 2:
        return None
    whole = 100.0 if unit is Unit.PERCENT else 1.0
    failed = np.clip(ratios.values / whole, 0, 1) * requests
    return Counts(ratios.at_s[known], failed[known], requests[known])


def steady_part(before: Counts) -> Counts:
    """The time before since its last change of level, if it had one."""
    import numpy as np

    ratios = np.clip(before.failed / before.requests, 0, 1)
    return before.since(last_level(before.at_s, np.arcsin(np.sqrt(ratios))))


def compare_counts(
    reference: Counts,
    after: Counts,
    unit: Unit,
    bad_above: float | None,
    *,
    is_same_time: bool = False,
    continue_trend: bool = False,
) -> Compared:
    """Compare the share of failed requests, both sides without their hiccups.

    Given all failures of both sides, how many fall into `after` is binomial if nothing changed
    (Przyborowski and Wilenski's test of two Poisson means). Both counts are divided by the
    dispersion first, as in quasi-likelihood; the incomplete beta function takes fractions.
    """
    from scipy.special import betainc

    if is_same_time:
        # A hiccup befalls both, and where it befalls one alone the dispersion shows it.
        growth, spread = 1.0, _paired_dispersion(reference, after)
    else:
        reference, after = reference.without_hiccups(), after.without_hiccups()
        growth = _growth(reference, after) if continue_trend else 1.0
        spread = _dispersion(reference, len(after))
    whole = 100.0 if unit is Unit.PERCENT else 1.0
    old, new = float(reference.failed.sum()) / spread, float(after.failed.sum()) / spread
    old_requests = float(reference.requests.sum()) / spread
    new_requests = float(after.requests.sum()) / spread
    expected = reference.rate * growth
    level = matters(expected * whole, unit, bad_above) / whole
    share = new_requests * growth / (new_requests * growth + old_requests)
    if is_relative := level <= expected * WORSE:
        odds = level / expected * growth * new_requests
        p_hidden = 1 - float(betainc(new + 1, max(old, LEAST), odds / (odds + old_requests)))
    else:
        answered = max(new_requests - new, LEAST)
        p_hidden = 1 - float(betainc(new + 1, answered, min(level, 1.0)))
    # How a trend goes on is a guess, and what is bad already wanders far.
    bad_from = level if growth > 1 or is_relative else halfway(expected, level)
    return Compared(
        before=reference.rate * whole,
        after=after.rate * whole,
        expected=expected * whole,
        bad_from=bad_from * whole,
        is_up=after.rate >= bad_from,
        p_worse=float(betainc(new, old + 1, share)) if new > 0 else 1.0,
        p_hidden=p_hidden,
        least_p=0.0,
        is_confirmed=not is_same_time or _is_up_without_the_worst(reference, after),
        test=TEST,
    )


def compare_with_limit(after: Counts, unit: Unit, bad_above: float) -> Compared:
    """Compare the share of failed requests with the limit, where nothing else is known."""
    from scipy.special import betainc

    whole = 100.0 if unit is Unit.PERCENT else 1.0
    limit = min(bad_above / whole, 1.0)
    after = after.without_hiccups()
    failed = float(after.failed.sum()) / USUAL_DISPERSION
    answered = float(after.requests.sum()) / USUAL_DISPERSION - failed
    return Compared(
        before=math.nan,
        after=after.rate * whole,
        expected=math.nan,
        bad_from=bad_above,
        is_up=after.rate > limit,
        p_worse=float(betainc(failed, answered + 1, limit)) if failed > 0 else 1.0,
        p_hidden=1 - float(betainc(failed + 1, max(answered, LEAST), limit)),
        least_p=0.0,
        test=LIMIT_TEST,
    )


def _dispersion(counts: Counts, windows: int) -> float:
    """How much more sums of so many windows vary than dice would, neighbours being alike."""
    import numpy as np

    usual = np.maximum(counts.rate * counts.requests, 1e-12)
    residuals = (counts.failed - usual) / np.sqrt(usual)
    seen = float(residuals @ residuals) if counts.rate > 0 else 0.0
    alike = inflation(correlation(residuals), windows)
    return _with_usual(seen, len(counts) - 1, float(usual.mean())) * alike


def _paired_dispersion(old: Counts, new: Counts) -> float:
    """The same from two versions at the same time: what befalls both of them is not noise."""
    import numpy as np

    nearest = np.abs(new.at_s[:, None] - old.at_s[None, :]).argmin(axis=1)
    failed, requests = old.failed[nearest], old.requests[nearest]
    times = (new.rate + 1e-9) / (old.rate + 1e-9)
    share = times * new.requests / (times * new.requests + requests)
    total = np.maximum(failed + new.failed, 1e-9)
    usual = np.maximum(total * share * (1 - share), 1e-9)
    seen = float(((new.failed - share * total) ** 2 / usual).sum())
    return _with_usual(seen, len(new) - 1, float(usual.mean()))


def _is_up_without_the_worst(old: Counts, new: Counts) -> bool:
    """Whether the new version fails more often in its better windows too."""
    import numpy as np

    better = np.argsort(new.failed / new.requests, kind="stable")[: max(1, len(new) - 2)]
    return bool(new.failed[better].sum() > old.rate * new.requests[better].sum())


def _with_usual(seen: float, windows: int, failures: float) -> float:
    """The dispersion that was seen in these windows, tempered by what is usual."""
    usual = USUAL_DISPERSION + USUAL_WANDER**2 * failures
    return max(1.0, (usual * USUAL_WINDOWS + seen) / (USUAL_WINDOWS + windows))


def _growth(reference: Counts, after: Counts) -> float:
    """By what factor a trend that was under way would have raised the rate by now, at least 1.

    The score test of a linear trend in counts says whether there is one.
    """
    rate = reference.rate
    if len(reference) < 12 or rate <= 0:
        return 1.0
    requests = reference.requests
    middle = float((reference.at_s * requests).sum() / requests.sum())
    time = reference.at_s - middle
    rise = float((time * (reference.failed - rate * requests)).sum())
    power = rate * float((requests * time**2).sum())
    z = rise / math.sqrt(power * _dispersion(reference, len(reference)))
    if z < TREND_Z:
        return 1.0
    return 1 + rise / power * (float(after.at_s.mean()) - middle)
