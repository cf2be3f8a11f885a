"""The lines of a chart, and the times at which nothing was measured."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from bot.charts.chart import Chart, Line
from bot.charts.look import (
    ALARM,
    COLOURS,
    DASHES,
    FAINT,
    LETTERS,
    MOST_LINES,
    NO_DATA,
    put_text,
)


def highest(lines: Sequence[Line]) -> list[Line]:
    """As many as can be told apart: all in the order they came in, or those that rise highest."""
    drawable = [line for line in lines if finite(line)]
    if len(drawable) > MOST_LINES:
        drawable.sort(key=lambda line: max(value for _, value in finite(line)), reverse=True)
    return drawable[:MOST_LINES]


def draw_lines(axes: Any, chart: Chart, shown: Sequence[Line]) -> None:
    """Every line in its colour and pattern, the threshold's own beneath them."""
    for line, colour, dashes in zip(shown, COLOURS, DASHES, strict=False):
        at, values = _with_gaps(line, chart.step)
        alone = _alone(values)
        axes.plot(at, values, color=colour, linewidth=2.6, dashes=dashes or (None, None), zorder=3)
        if alone:  # a line through one point is nothing to see
            axes.plot(
                [at[n] for n in alone],
                [values[n] for n in alone],
                "o",
                color=colour,
                markersize=7,
                zorder=3,
            )
    for line in highest(chart.limits):
        at, values = _with_gaps(line, chart.step)
        axes.plot(at, values, color=ALARM, linewidth=1.8, dashes=(5, 3), zorder=2)


def draw_no_data(axes: Any, chart: Chart, shown: Sequence[Line]) -> None:
    """Shade the times at which no line has a value, and say so."""
    if not shown:
        axes.axvspan(seconds(chart.start), seconds(chart.end), **NO_DATA)
        axes.set_yticks([])
        put_text(axes, 0.5, 0.5, "no data", transform=axes.transAxes, size=LETTERS + 8, color=FAINT)
        return
    for begin, end in _gaps(chart, shown):
        axes.axvspan(begin, end, **NO_DATA)
        if end - begin > 0.14 * (chart.end - chart.start).total_seconds():
            across = axes.get_xaxis_transform()
            middle = (begin + end) / 2
            put_text(axes, middle, 0.5, "no data", transform=across, color=FAINT, zorder=4)


def finite(line: Line) -> list[tuple[datetime, float]]:
    """The points that have a value one can draw."""
    return [(moment, value) for moment, value in line.points if math.isfinite(value)]


def seconds(moment: datetime) -> float:
    """A moment as the time axis counts."""
    return moment.timestamp()


def _with_gaps(line: Line, step: timedelta) -> tuple[list[float], list[float]]:
    """The points, with a hole wherever one step or more has no value."""
    at: list[float] = []
    values: list[float] = []
    for moment, value in finite(line):
        if at and seconds(moment) - at[-1] > 1.5 * step.total_seconds():
            at.append(at[-1])
            values.append(math.nan)
        at.append(seconds(moment))
        values.append(value)
    return at, values


def _alone(values: Sequence[float]) -> list[int]:
    """The places of values with a hole on either side."""
    around = [math.nan, *values, math.nan]
    return [
        n
        for n, value in enumerate(values)
        if math.isfinite(value) and math.isnan(around[n]) and math.isnan(around[n + 2])
    ]


def _gaps(chart: Chart, shown: Sequence[Line]) -> list[tuple[float, float]]:
    step = chart.step.total_seconds()
    known = sorted({seconds(moment) for line in shown for moment, _ in finite(line)})
    edges = [seconds(chart.start) - step, *known, seconds(chart.end) + step]
    found = [
        (max(before, seconds(chart.start)), min(after, seconds(chart.end)))
        for before, after in pairwise(edges)
        if after - before > 2.5 * step
    ]
    return [(begin, end) for begin, end in found if end > begin]
