"""What stands beside the lines: threshold, what happened when, the peak, the strip of states.

Markers have rows of their own above the axes, so that no words lie upon others.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.charts.chart import Chart, Marker, Tone
from bot.charts.look import (
    ALARM,
    FAINT,
    GOOD,
    INK,
    LETTER_PX,
    LETTERS,
    MARKER_ROW,
    OVER_LINES,
    PAPER,
    WIDTH,
    WIDTH_PX,
    cut,
    put_text,
)
from bot.charts.series import seconds
from bot.domain.unit import spoken_value

MARKER_CHARACTERS = 24
_TONES = {
    Tone.GOOD: {"facecolor": GOOD, "hatch": ""},
    Tone.BAD: {"facecolor": ALARM, "hatch": "xx"},
    Tone.UNKNOWN: {"facecolor": "#B9B9BE", "hatch": "//"},
}


def draw_threshold(axes: Any, chart: Chart) -> None:
    """A dashed line with its value in words."""
    if chart.threshold is None:
        return
    axes.axhline(chart.threshold, color=ALARM, linewidth=1.8, dashes=(5, 3), zorder=2)
    put_text(
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


def placed(chart: Chart) -> list[tuple[Marker, int]]:
    """Each marker with its row above the axes: the lowest in which its words touch no others."""
    seconds_per_px = (chart.end - chart.start).total_seconds() / (WIDTH * WIDTH_PX)
    rows: list[list[tuple[float, float]]] = []
    found = []
    for marker in sorted(chart.markers, key=lambda marker: marker.at):
        if not chart.start <= marker.at <= chart.end:
            continue
        at = seconds(marker.at)
        length = (len(_words(marker)) + 1) * (LETTERS - 3) * LETTER_PX * seconds_per_px
        taken = (at - length, at) if _is_late(chart, marker.at) else (at, at + length)
        row = next(
            (n for n, row in enumerate(rows) if all(_apart(taken, other) for other in row)),
            len(rows),
        )
        if row == len(rows):
            rows.append([])
        rows[row].append(taken)
        found.append((marker, row))
    return found


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[1] < other[0] or other[1] < one[0]


def _is_late(chart: Chart, at: datetime, room: float = 0.45) -> bool:
    """Whether words that take `room` of the width have it only to the left of this moment."""
    return at > chart.end - (chart.end - chart.start) * room


def _words(marker: Marker) -> str:
    return cut(marker.label, MARKER_CHARACTERS)


def draw_markers(
    axes: Any, chart: Chart, markers: Sequence[tuple[Marker, int]], *, height: float
) -> None:
    """Upright lines with their words on top. `height`: the axes', of the picture's."""
    for marker, row in markers:
        colour = ALARM if marker.is_alarm else INK
        top = 1.01 + row * MARKER_ROW / height
        at = seconds(marker.at)
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
        put_text(
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


def draw_peak(axes: Any, chart: Chart) -> None:
    """The worst value, as a dot with its words."""
    if chart.peak is None:
        return
    at, value = seconds(chart.peak[0]), chart.peak[1]
    axes.plot([at], [value], "o", markersize=10, color=ALARM, zorder=5, clip_on=False)
    is_late = _is_late(chart, chart.peak[0], room=0.28)
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


def draw_states(axes: Any, chart: Chart) -> None:
    """The strip: each state in its colour and pattern, with its word where there is room for it."""
    axes.set_xlim(seconds(chart.start), seconds(chart.end))
    axes.set_ylim(0, 1)
    axes.set_axis_off()
    seconds_per_px = (chart.end - chart.start).total_seconds() / (WIDTH * WIDTH_PX)
    for span in chart.states:
        start, end = max(span.start, chart.start), min(span.end, chart.end)
        if end <= start:
            continue
        begin, length = seconds(start), (end - start).total_seconds()
        axes.broken_barh([(begin, length)], (0, 1), edgecolor=PAPER, lw=0.8, **_TONES[span.tone])
        if (len(span.word) + 2) * (LETTERS - 4) * LETTER_PX * seconds_per_px < length:
            ground = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.9, "pad": 1.5}
            put_text(
                axes, begin + length / 2, 0.47, span.word, size=LETTERS - 5, color=INK, bbox=ground
            )
    axes.axhline(0, color=FAINT, linewidth=0.5)
