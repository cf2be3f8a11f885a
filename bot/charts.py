"""Charts: series in, a PNG out. One visual language for all of them.

Colours are Okabe and Ito's, which colour-blind people can tell apart; the ground is white with dark
ink, so that a picture reads the same on a dark screen. Drawn at twice the size Slack shows, and
laid out for a phone's width. matplotlib is imported on first use, through its object API: pyplot
keeps global state that threads would share.

Drawing takes 50 to 150 ms of processor time: call `line_chart` in a thread.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

INK = "#1d1c1d"
FAINT = "#8a8a8c"
GRID = "#e4e4e6"
ALARM = "#d55e00"
PALETTE = ("#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
LONGEST_NAME = 32
MOST_LINES = 6
WIDTH_IN, HEIGHT_IN, DOTS_PER_IN = 6.4, 3.2, 150


@dataclass(frozen=True, slots=True)
class Line:
    """One series; points are (moment in UTC, value), in order. A NaN is a gap."""

    name: str
    points: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment worth a vertical line: an onset, a deploy."""

    at: datetime
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What to draw. `unit` is `ratio` (drawn in per cent), or written as it is."""

    title: str
    lines: tuple[Line, ...]
    start: datetime
    end: datetime
    unit: str = ""
    threshold: float | None = None
    markers: tuple[Marker, ...] = ()


def line_chart(chart: Chart) -> bytes:
    """Draw lines over time with the threshold and the markers; without any point, say so.

    More than six lines are cut to the six that rise highest, and the legend says how many are not
    shown.
    """
    figure_class, dates, formatter = _matplotlib()
    figure = figure_class(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DOTS_PER_IN, layout="constrained")
    figure.patch.set_facecolor("white")
    axes = figure.add_subplot()
    _frame(axes, chart)
    shown = _highest(chart.lines)
    if any(line.points for line in shown):
        _draw_lines(axes, chart, shown)
    else:
        axes.set_yticks([])
        axes.text(
            0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", color=FAINT,
            fontsize=16,
        )  # fmt: skip
    for marker in chart.markers:
        _draw_marker(axes, chart, marker)
    locator = dates.AutoDateLocator(minticks=3, maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=UTC))
    axes.yaxis.set_major_formatter(formatter(lambda value, _: written(value, chart.unit)))
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def written(value: float, unit: str) -> str:
    """A value as people write it: `4.2 %` of a ratio, otherwise with its unit."""
    if math.isnan(value):
        return "no data"
    if unit == "ratio":
        return f"{_rounded(value * 100)} %"
    return f"{_rounded(value)} {unit}".rstrip()


def _rounded(value: float) -> str:
    """Three significant digits, thousands by letter."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            divisor = 1e3 if letter == "k" else size
            return f"{value / divisor:.3g}{letter}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


@cache
def _matplotlib() -> tuple[Any, Any, Any]:
    """Import what is drawn with; it takes half a second, so only when something is drawn."""
    from matplotlib import dates
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: F401  the PNG writer
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    return Figure, dates, FuncFormatter


def _frame(axes: Any, chart: Chart) -> None:
    axes.set_title(chart.title, loc="left", fontsize=12, fontweight="bold", color=INK)
    axes.set_xlim(chart.start, chart.end)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=10, length=0)
    axes.set_xlabel("UTC", fontsize=9, color=FAINT, loc="right", labelpad=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)


def _draw_lines(axes: Any, chart: Chart, shown: Sequence[Line]) -> None:
    highest = chart.threshold or 0.0
    for line, colour in zip(shown, PALETTE, strict=False):
        moments = [at for at, _ in line.points]
        values = [value for _, value in line.points]
        highest = max([highest, *(value for value in values if not math.isnan(value))])
        axes.plot(moments, values, color=colour, linewidth=2, label=_named(line.name))
    axes.set_ylim(bottom=min(0.0, _lowest(shown)), top=highest * 1.15 or 1.0)
    if chart.threshold is not None:
        axes.axhline(chart.threshold, color=ALARM, linewidth=1.5, linestyle=(0, (5, 3)))
        axes.annotate(
            f"threshold {written(chart.threshold, chart.unit)}",
            (0, chart.threshold), xycoords=("axes fraction", "data"), xytext=(4, 4),
            textcoords="offset points", color=ALARM, fontsize=10,
        )  # fmt: skip
    if len(shown) > 1:
        left_out = len(chart.lines) - len(shown)
        title = f"and {left_out} more, not shown" if left_out else None
        axes.legend(
            loc="upper left", bbox_to_anchor=(0, -0.14), ncols=2, fontsize=9, frameon=False,
            title=title, title_fontsize=9, alignment="left",
        )  # fmt: skip


def _draw_marker(axes: Any, chart: Chart, marker: Marker) -> None:
    if not chart.start <= marker.at <= chart.end:
        return
    axes.axvline(marker.at, color=INK, linewidth=1.2, linestyle=(0, (1, 2)))
    late = marker.at - chart.start > (chart.end - chart.start) * 0.7
    axes.annotate(
        marker.label, (marker.at, 1), xycoords=("data", "axes fraction"),
        xytext=(-4 if late else 4, -11), textcoords="offset points",
        ha="right" if late else "left", fontsize=10, color=INK,
    )  # fmt: skip


def _highest(lines: Sequence[Line]) -> list[Line]:
    def peak(line: Line) -> float:
        return max((v for _, v in line.points if not math.isnan(v)), default=-math.inf)

    return sorted(lines, key=peak, reverse=True)[:MOST_LINES]


def _lowest(lines: Sequence[Line]) -> float:
    return min((v for line in lines for _, v in line.points if not math.isnan(v)), default=0.0)


def _named(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def window(onset: datetime, now: datetime) -> tuple[datetime, datetime]:
    """The stretch worth drawing: as long before the onset as since, a quarter of an hour at least."""
    before = max(now - onset, timedelta(minutes=15))
    return onset - before, now
