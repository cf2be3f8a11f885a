"""What the image renderer draws: a panel in Grafana's dark look, its notice, and an empty page."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from matplotlib.figure import Figure

PAPER, INK, GRID = "#181b1f", "#ccccdc", "#34383e"
LINES = ("#73bf69", "#f2cc0c", "#5794f2", "#ff780a", "#b877d9", "#e02f44")
MARK = "#5794f2"
DPI = 100
WAVE_POINTS = 200
TICKS_S = (10, 20, 30, 60, 120, 300, 600, 1800, 3600, 6 * 3600, 24 * 3600)

Points = Sequence[tuple[float, float]]
"""Seconds since the epoch, and a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What a picture of a panel shows; `marks` are moments of annotations."""

    title: str
    series: Mapping[str, Points]
    start: float
    end: float
    marks: Sequence[float] = ()
    is_ratio: bool = False


def panel(drawing: Drawing, width: int, height: int, scale: int = 1) -> bytes:
    """A PNG of this size in pixels, each of them `scale` wide and high."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI * scale, facecolor=PAPER)
    figure.text(0.024, 0.955, drawing.title, color=INK, fontsize=11, va="top")
    axes = figure.add_axes((0.1, 0.22, 0.87, 0.62), facecolor=PAPER)
    for number, (name, points) in enumerate(drawing.series.items()):
        moments = [at for at, _ in points]
        values = [value * (100 if drawing.is_ratio else 1) for _, value in points]
        colour = LINES[number % len(LINES)]
        axes.plot(moments, values, color=colour, linewidth=1.6, label=name)
        axes.fill_between(moments, values, color=colour, alpha=0.08)
    for mark in drawing.marks:
        axes.axvline(mark, color=MARK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_xlim(drawing.start, drawing.end)
    axes.set_xticks(_ticks(drawing.start, drawing.end))
    axes.xaxis.set_major_formatter(lambda at, _: f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}")
    axes.set_ylim(bottom=0)
    axes.grid(color=GRID, linewidth=0.6)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    if drawing.is_ratio:
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
    for spine in axes.spines.values():
        spine.set_visible(False)
    if drawing.series:
        axes.legend(
            loc="upper left",
            bbox_to_anchor=(-0.01, -0.1),
            ncols=4,
            frameon=False,
            fontsize=9,
            labelcolor=INK,
        )
    else:
        axes.text(
            0.5, 0.5, "No data", color=INK, ha="center", va="center", transform=axes.transAxes
        )
    return _png(figure)


def _ticks(start: float, end: float) -> list[float]:
    """At whole multiples of a length people count in, five at most."""
    step = next((one for one in TICKS_S if (end - start) / one <= 5), TICKS_S[-1])
    first = math.ceil(start / step) * step
    return [first + n * step for n in range(int((end - first) / step) + 1)]


def notice(width: int, height: int) -> bytes:
    """The picture Grafana hands out where there is no renderer: its size is the file's own."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    words = "To render a panel image, you must install\nGrafana Image Renderer"
    figure.text(0.5, 0.5, words, color="black", fontsize=10, ha="center", va="center")
    return _png(figure)


def empty(width: int, height: int) -> bytes:
    """A browser's picture of a page that did not load."""
    return _png(Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white"))


def wave(seed: int, start: float, end: float) -> Points:
    """A line of no meaning, where nobody can be asked for data; the seed makes lines differ."""
    step = (end - start) / WAVE_POINTS
    return [
        (start + n * step, 1 + 0.4 * math.sin(n / 12 + seed) + 0.2 * math.sin(n / 3 + 2 * seed))
        for n in range(WAVE_POINTS + 1)
    ]


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=figure.get_facecolor())
    return out.getvalue()
