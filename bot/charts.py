"""Charts as pictures: series in, PNG out.

Drawn with matplotlib's object API, which is imported on the first use (it takes about a second)
and shares nothing between two charts, so that `line_chart` may run in any thread. The picture has
a background of its own, so that it reads the same in Slack's light and dark themes, and letters
large enough for a telephone.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from bot.domain.unit import Unit, spoken_value

WIDTH_PX, HEIGHT_PX, DPI = 1000, 520, 100
MOST_LINES = 6
"""More cannot be told apart; the rest is counted."""
LONGEST_LABEL = 34
LEGEND_ROW = 0.062
"""Of the picture's height."""

# Okabe and Ito's palette: told apart by people who do not see every colour, and in grey.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#000000")
ALARM = "#D55E00"
INK, FAINT, PAPER = "#1D1C1D", "#8A8A8D", "#FFFFFF"
OVER_LINES = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.5}
"""The ground of words that a line would cross."""
LETTERS = 17
"""Points. A telephone shows the picture at a third of its size."""
LETTER_PX = 0.58 * DPI / 72
"""The usual width of a letter of one point."""
MARKER_ROW = 0.05
"""Of the picture's height."""
LEFT, WIDTH = 0.11, 0.845
"""Where the axes stand, of the picture's width: room for `0.25 %`, and half a time of day."""


@dataclass(frozen=True, slots=True)
class Line:
    """One series; moments are aware. A gap wider than the chart's step is drawn as one."""

    label: str
    points: Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened at a moment."""

    at: datetime
    label: str
    is_alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What to draw; text is drawn as it is, nothing in it is markup."""

    title: str
    lines: Sequence[Line]
    start: datetime
    end: datetime
    step: timedelta
    unit: Unit = Unit.PLAIN
    threshold: float | None = None
    limits: Sequence[Line] = ()
    """A threshold that is itself a series."""
    markers: Sequence[Marker] = ()
    peak: tuple[datetime, float] | None = None


def line_chart(chart: Chart) -> bytes:
    """Draw the chart; returns a PNG of `WIDTH_PX` by `HEIGHT_PX`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=PAPER)
    shown = _highest(chart.lines)
    names = _names(chart, shown)
    markers = _placed(chart)
    rows = 1 + max((row for _, row in markers), default=0)
    below = 0.14 + LEGEND_ROW * math.ceil(len(names) / 2)
    above = 0.9 - MARKER_ROW * rows
    axes = figure.add_axes((LEFT, below, WIDTH, above - below), facecolor=PAPER)
    _frame(axes, chart)
    figure.text(
        0.02,
        0.975,
        _cut(chart.title, 60),
        size=LETTERS + 1,
        color=INK,
        va="top",
        weight="bold",
        parse_math=False,
    )
    for number, line in enumerate(shown):
        axes.plot(*_with_gaps(line, chart.step), color=COLOURS[number], linewidth=2.4, zorder=3)
    for line in chart.limits:
        axes.plot(
            *_with_gaps(line, chart.step), color=ALARM, linewidth=1.8, dashes=(5, 3), zorder=2
        )
    _no_data(axes, chart, shown)
    _threshold(axes, chart)
    _markers(axes, chart, markers, height=above - below)
    _peak(axes, chart)
    _legend(figure, names)
    picture = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(picture)
    return picture.getvalue()


def _highest(lines: Sequence[Line]) -> list[Line]:
    """As many as can be told apart: all in the order they came in, or those that rise highest."""
    drawable = [line for line in lines if _finite(line)]
    if len(drawable) > MOST_LINES:
        drawable.sort(key=lambda line: max(value for _, value in _finite(line)), reverse=True)
    return drawable[:MOST_LINES]


def _frame(axes: Any, chart: Chart) -> None:
    """Axes, their numbers in the unit, and a range in which everything to be drawn is seen."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(_seconds(chart.start), _seconds(chart.end))
    low, high = _range(chart)
    axes.set_ylim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 3, 6, 10]))
    axes.set_xticks(_time_ticks(chart.start, chart.end))
    with_seconds = chart.end - chart.start < timedelta(minutes=6)
    clock = "%H:%M:%S" if with_seconds else "%H:%M"
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda at, _: f"{datetime.fromtimestamp(at, UTC):{clock}}")
    )
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: spoken_value(value, chart.unit)))
    axes.tick_params(labelsize=LETTERS - 2, colors=INK, length=0, pad=6)
    axes.grid(axis="y", color="#E4E4E7", linewidth=1)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.annotate(
        "UTC",
        (1, 0),
        xycoords="axes fraction",
        xytext=(0, -28),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=LETTERS - 2,
        color=FAINT,
    )


def _range(chart: Chart) -> tuple[float, float]:
    values = [value for line in (*chart.lines, *chart.limits) for _, value in _finite(line)]
    values += [v for v in (chart.threshold, chart.peak and chart.peak[1]) if v is not None]
    if not values:
        return 0.0, 1.0
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * 0.12 or 1.0
    return (low - room if low < 0 else low), high + room


_TICKS_S = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10_800, 21_600, 43_200, 86_400),
)
"""Seconds, minutes and hours between two marks of the time axis."""


def _time_ticks(start: datetime, end: datetime) -> list[float]:
    """Whole minutes and hours, at most seven of them, with room for their words at both edges."""
    first, last = _seconds(start), _seconds(end)
    room = (last - first) * 0.045
    step = next((s for s in _TICKS_S if (last - first) / s <= 7), _TICKS_S[-1])
    at = math.ceil((first + room) / step) * step
    return [float(at + step * n) for n in range(int((last - room - at) // step) + 1)]


def _with_gaps(line: Line, step: timedelta) -> tuple[list[float], list[float]]:
    """The points, with a hole wherever one step or more has no value."""
    at: list[float] = []
    values: list[float] = []
    for moment, value in _finite(line):
        seconds = _seconds(moment)
        if at and seconds - at[-1] > 1.5 * step.total_seconds():
            at.append(at[-1])
            values.append(math.nan)
        at.append(seconds)
        values.append(value)
    return at, values


def _no_data(axes: Any, chart: Chart, shown: Sequence[Line]) -> None:
    """Shade the times at which no line has a value, and say so."""
    if not shown:
        _text(axes, 0.5, 0.5, "no data", transform=axes.transAxes, size=LETTERS + 8, color=FAINT)
        return
    for begin, end in _gaps(chart, shown):
        axes.axvspan(begin, end, facecolor="#F1F1F3", edgecolor="#D0D0D4", hatch="//", linewidth=0)
        if end - begin > 0.12 * (chart.end - chart.start).total_seconds():
            middle = (begin + end) / 2
            across = axes.get_xaxis_transform()
            _text(axes, middle, 0.5, "no data", transform=across, color=FAINT, zorder=4)


def _gaps(chart: Chart, shown: Sequence[Line]) -> list[tuple[float, float]]:
    step = chart.step.total_seconds()
    known = sorted({_seconds(moment) for line in shown for moment, _ in _finite(line)})
    edges = [_seconds(chart.start) - step, *known, _seconds(chart.end) + step]
    found = [
        (max(before, _seconds(chart.start)), min(after, _seconds(chart.end)))
        for before, after in pairwise(edges)
        if after - before > 2.5 * step
    ]
    return [(begin, end) for begin, end in found if end > begin]


def _threshold(axes: Any, chart: Chart) -> None:
    if chart.threshold is None:
        return
    axes.axhline(chart.threshold, color=ALARM, linewidth=1.8, dashes=(5, 3), zorder=2)
    _text(
        axes,
        0.005,
        chart.threshold,
        f"threshold {spoken_value(chart.threshold, chart.unit)}",
        transform=axes.get_yaxis_transform(),
        ha="left",
        va="bottom",
        color=ALARM,
        zorder=4,
        bbox=OVER_LINES,
    )


def _placed(chart: Chart) -> list[tuple[Marker, int]]:
    """Each marker with its row above the axes: the lowest in which its words touch no others."""
    seconds_per_px = (chart.end - chart.start).total_seconds() / (WIDTH * WIDTH_PX)
    rows: list[list[tuple[float, float]]] = []
    placed = []
    for marker in sorted(chart.markers, key=lambda marker: marker.at):
        if not chart.start <= marker.at <= chart.end:
            continue
        at = _seconds(marker.at)
        length = (len(_words(marker)) + 1) * (LETTERS - 3) * LETTER_PX * seconds_per_px
        taken = (at - length, at) if _is_late(chart, marker.at) else (at, at + length)
        row = next(
            (n for n, row in enumerate(rows) if all(_apart(taken, other) for other in row)),
            len(rows),
        )
        if row == len(rows):
            rows.append([])
        rows[row].append(taken)
        placed.append((marker, row))
    return placed


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[1] < other[0] or other[1] < one[0]


def _is_late(chart: Chart, at: datetime, room: float = 0.4) -> bool:
    """Whether words that take `room` of the width have it only to the left of this moment."""
    return at > chart.end - (chart.end - chart.start) * room


def _words(marker: Marker) -> str:
    return _cut(marker.label, 28)


def _markers(
    axes: Any, chart: Chart, placed: Sequence[tuple[Marker, int]], *, height: float
) -> None:
    """Upright lines with their words on top. `height`: the axes', of the picture's."""
    for marker, row in placed:
        colour = ALARM if marker.is_alarm else INK
        top = 1.01 + row * MARKER_ROW / height
        at = _seconds(marker.at)
        axes.plot(
            [at, at],
            [0, top + 0.02],
            color=colour,
            linewidth=1.6,
            linestyle=":",
            zorder=2,
            transform=axes.get_xaxis_transform(),
            clip_on=False,
        )
        _text(
            axes,
            at,
            top,
            f" {_words(marker)} ",
            transform=axes.get_xaxis_transform(),
            ha="right" if _is_late(chart, marker.at) else "left",
            va="bottom",
            size=LETTERS - 3,
            color=colour,
            bbox=OVER_LINES,
            zorder=3,
        )


def _peak(axes: Any, chart: Chart) -> None:
    if chart.peak is None:
        return
    at, value = _seconds(chart.peak[0]), chart.peak[1]
    axes.plot([at], [value], "o", markersize=10, color=ALARM, zorder=5, clip_on=False)
    is_late = _is_late(chart, chart.peak[0], room=0.25)
    axes.annotate(
        f"peak {spoken_value(value, chart.unit)}",
        (at, value),
        xytext=(-12 if is_late else 12, 6),
        bbox=OVER_LINES,
        zorder=6,
        textcoords="offset points",
        ha="right" if is_late else "left",
        fontsize=LETTERS,
        weight="bold",
        color=ALARM,
        parse_math=False,
    )


def _names(chart: Chart, shown: Sequence[Line]) -> list[tuple[str, str]]:
    """Each line's name with its colour; one line needs none, for the title names it."""
    drawable = sum(bool(_finite(line)) for line in chart.lines)
    if drawable < 2 and not chart.limits:
        return []
    names = [(_cut(line.label, LONGEST_LABEL), COLOURS[n]) for n, line in enumerate(shown)]
    names += [(_cut(line.label, LONGEST_LABEL), ALARM) for line in chart.limits[:1]]
    if drawable > len(shown):
        names.append((f"and {drawable - len(shown)} more, not drawn", FAINT))
    return names


def _legend(figure: Any, names: Sequence[tuple[str, str]]) -> None:
    """Names below the chart, in two columns, in the colours of their lines."""
    for number, (name, colour) in enumerate(names):
        row, column = divmod(number, 2)
        top = 0.01 + LEGEND_ROW * (math.ceil(len(names) / 2) - row)
        left = 0.02 + 0.49 * column
        figure.text(
            left, top, f"— {name}", size=LETTERS - 2, color=colour, va="top", parse_math=False
        )


def _text(axes: Any, x: float, y: float, text: str, **look: Any) -> None:
    """Write text as it is: a `$` from outside is no formula."""
    look = {"ha": "center", "va": "center", "size": LETTERS - 1, "parse_math": False, **look}
    axes.text(x, y, text, **look)


def _finite(line: Line) -> list[tuple[datetime, float]]:
    return [(moment, value) for moment, value in line.points if math.isfinite(value)]


def _seconds(moment: datetime) -> float:
    return moment.timestamp()


def _cut(text: str, characters: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= characters else text[: characters - 1] + "…"
