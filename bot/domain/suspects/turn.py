"""When a value left what is normal, and by how much requests had grown then.

An alert fires late: it waits, and a slow leak crosses its threshold long after it began. What
happened shortly before the turn may be its cause; what came after it is none.
"""

import math
import statistics
from collections.abc import Sequence
from datetime import datetime

LEAST_POINTS = 12
LEAST_RISE = 0.1
"""Of the way from normal to where it fired: less is no turn yet."""
DEVIATIONS = 4.0
"""Of the noise before; less is noise."""
MAD_TO_SIGMA = 1.4826
GROWTH_POINTS = 3

Points = Sequence[tuple[datetime, float]]
"""Moments and values, in order, up to the onset."""


def turned_at(points: Points, *, is_worse_when_lower: bool = False) -> datetime | None:
    """The first of the values that led to the onset without going back to normal.

    None where there is too little before it, or nothing in it was normal. Its first half is taken
    for normal: the points should begin well before.
    """
    sign = -1.0 if is_worse_when_lower else 1.0
    values = [(at, sign * value) for at, value in points if math.isfinite(value)]
    if len(values) < LEAST_POINTS:
        return None
    normal = [value for _, value in values[: len(values) // 2]]
    middle = statistics.median(normal)
    noise = MAD_TO_SIGMA * statistics.median(abs(value - middle) for value in normal)
    highest = max(value for _, value in values[-GROWTH_POINTS:])
    limit = middle + max(DEVIATIONS * noise, LEAST_RISE * (highest - middle))
    if highest <= limit:
        return None
    return _first_above(values, limit)


def _first_above(values: list[tuple[datetime, float]], limit: float) -> datetime | None:
    """Back from the end while the values are above; one that is not may be noise, two are not."""
    turned: datetime | None = None
    below = 0
    for at, value in reversed(values):
        if value > limit:
            turned, below = at, 0
        elif (below := below + 1) > 1 and turned is not None:
            return turned
    return None


def growth(requests: Points, turned: datetime) -> float | None:
    """By what factor requests at the turn exceed those before it; None where nobody can say."""
    values = [(at, value) for at, value in requests if math.isfinite(value)]
    around = [value for at, value in values if at >= turned][:GROWTH_POINTS]
    before = [value for at, value in values if at < turned][: -2 * GROWTH_POINTS]
    if not around or len(before) < LEAST_POINTS // 2 or (usual := statistics.median(before)) <= 0:
        return None
    return statistics.median(around) / usual
