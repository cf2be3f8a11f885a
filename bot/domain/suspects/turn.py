"""When a value left what is normal, and by how much requests had grown then.

An alert fires late: it waits, and a slow leak crosses its threshold long after it began. What
happened shortly before the turn may be its cause; what came after it is none.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LEAST_POINTS = 12
LEAST_RISE = 0.1
"""Of the way from normal to where it fired: less is no turn yet."""
DEVIATIONS = 4.0
"""Of the noise before; less is noise."""
MAD_TO_SIGMA = 1.4826
LAST_POINTS = 4
USUAL_POINTS = 60
FULL = 0.8
"""Of its height: there a rise is over."""
LEAST_RISE_POINTS = 4
MOST_BACK = timedelta(minutes=20)

Points = Sequence[tuple[datetime, float]]
"""Moments and values, in order, up to the onset."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The first value that was not normal any more, and since when it had been on its way there."""

    at: datetime
    rising_since: datetime


def turn_of(points: Points, *, is_worse_when_lower: bool = False) -> Turn | None:
    """How the values came to the onset without going back to normal.

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
    highest = max(value for _, value in values[-LAST_POINTS:])
    limit = middle + max(DEVIATIONS * noise, LEAST_RISE * (highest - middle))
    if highest <= limit:
        return None
    away = _away(values, limit)
    if not away:
        return None
    # Between two samples it may have begun at any moment.
    step = (values[-1][0] - values[0][0]) / (len(values) - 1)
    return Turn(away[0][0], _rising_since(away, middle) - step / 2)


def _away(values: Sequence[tuple[datetime, float]], limit: float) -> list[tuple[datetime, float]]:
    """The last values, all above but for one at a time, which may be noise; nothing where they
    were always so."""
    first: int | None = None
    for place in range(len(values) - 1, -1, -1):
        if values[place][1] > limit:
            first = place
        elif first is not None and place + 1 < first:
            return list(values[first:])
    return []


def _rising_since(away: Sequence[tuple[datetime, float]], middle: float) -> datetime:
    """Where a straight line through the rise leaves normal; never after its first value.

    A slow leak is in the noise for minutes before anybody could say that it has begun.
    """
    first = away[0][0]
    highest = max(value for _, value in away)
    reached = next(
        n for n, (_, value) in enumerate(away) if value >= middle + FULL * (highest - middle)
    )
    rise = away[: reached + 1]
    if len(rise) < LEAST_RISE_POINTS:
        return first
    seconds = [(at - first).total_seconds() for at, _ in rise]
    slope, height = statistics.linear_regression(seconds, [value - middle for _, value in rise])
    if slope <= 0:
        return first
    return first - min(MOST_BACK, max(timedelta(0), timedelta(seconds=height / slope)))


def growth(requests: Points, turned: datetime) -> float | None:
    """By what factor requests at the onset exceed those before the turn; None where nobody can
    say."""
    values = [(at, value) for at, value in requests if math.isfinite(value)]
    since = [value for at, value in values if at >= turned]
    before = [value for at, value in values if at < turned][-USUAL_POINTS : -2 * LAST_POINTS]
    if not since or len(before) < LEAST_POINTS // 2 or (usual := statistics.median(before)) <= 0:
        return None
    return statistics.fmean(sorted(since[-LAST_POINTS:])[-2:]) / usual
