"""The axes: their range, and their numbers as people say them."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.charts.chart import Chart
from bot.charts.look import FAINT, INK, LETTERS, RULES
from bot.charts.series import finite, seconds
from bot.domain.unit import Unit, spoken_value

_DAY_S = 86_400
_TICKS_S = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10_800, 21_600, 43_200, _DAY_S),
    *(2 * _DAY_S, 4 * _DAY_S, 7 * _DAY_S, 14 * _DAY_S),
)
"""Seconds, minutes, hours and days between two marks of the time axis."""
_MOST_TICKS = 6


def draw_frame(axes: Any, chart: Chart) -> None:
    """Axes, their numbers in the unit, and a range in which everything to be drawn is seen."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(seconds(chart.start), seconds(chart.end))
    axes.set_ylim(*_range(chart))
    axes.set_xticks(_time_ticks(chart.start, chart.end))
    length = chart.end - chart.start
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda at, _: time_said(datetime.fromtimestamp(at, UTC), length))
    )
    if chart.unit is Unit.BYTES:
        axes.set_yticks(_byte_ticks(*_range(chart)))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=_are_counts(chart)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: spoken_value(value, chart.unit)))
    axes.tick_params(labelsize=LETTERS - 2, colors=INK, length=0, pad=6)
    axes.grid(axis="y", color=RULES, linewidth=1)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)


def time_said(at: datetime, length: timedelta) -> str:
    """What tells a mark from the others of an axis of this length; at midnight that is the day."""
    if length < timedelta(minutes=6):
        return f"{at:%H:%M:%S}"
    if length > timedelta(hours=20) and (at.hour, at.minute) == (0, 0):
        return f"{at.day} {at:%b}"
    return f"{at:%H:%M}"


def _values(chart: Chart) -> list[float]:
    """Everything that is drawn at some height."""
    values = [value for line in (*chart.lines, *chart.limits) for _, value in finite(line)]
    return values + [v for v in (chart.threshold, chart.peak and chart.peak[1]) if v is not None]


def _are_counts(chart: Chart) -> bool:
    """Whether everything is counted in whole numbers: nobody has seen 0.3 of a line."""
    return chart.unit is Unit.PLAIN and all(float(value).is_integer() for value in _values(chart))


def _range(chart: Chart) -> tuple[float, float]:
    values = _values(chart)
    if not values:
        return 0.0, 1.0
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * 0.12 or 1.0
    return (low - room if low < 0 else low), high + room


def _byte_ticks(low: float, high: float) -> list[float]:
    """Whole KiB, MiB …: round decimal numbers of bytes are none of those."""
    step = 1.0
    while (high - low) / step > 4:
        for factor in (2.0, 2.5, 2.0, 2.0, 2.5, 2.0, 2.0, 2.5, 1.024 * 2):
            step *= factor
            if (high - low) / step <= 4:
                break
    first = math.ceil(low / step)
    return [step * n for n in range(first, int(high // step) + 1)]


def _time_ticks(start: datetime, end: datetime) -> list[float]:
    """Whole minutes, hours and days, with room for their words at both edges."""
    first, last = seconds(start), seconds(end)
    room = (last - first) * 0.045
    most = _MOST_TICKS if end - start >= timedelta(minutes=6) else _MOST_TICKS - 2
    step = next((s for s in _TICKS_S if (last - first) / s <= most), _TICKS_S[-1])
    at = math.ceil((first + room) / step) * step
    return [float(at + step * n) for n in range(int((last - room - at) // step) + 1)]
