"""Charts as pictures: series in, PNG out; the only module that draws.

Drawn with matplotlib's object API, which is imported on the first use (it takes about a second)
and shares nothing between two charts, so that `line_chart` may run in any thread, and must run in
another than the event loop's. The picture has a background of its own, so that it reads the same in
Slack's light and dark themes, and letters large enough for a telephone.
"""

import io
from typing import Any

from bot.charts.chart import Chart, Line, Marker, Span, Tone
from bot.charts.frame import draw_frame
from bot.charts.legend import draw_legend, names_of, rows_of
from bot.charts.look import (
    DPI,
    FAINT,
    HEIGHT_PX,
    INK,
    LEFT,
    LEGEND_ROW,
    LETTERS,
    MARKER_ROW,
    MOST_LINES,
    PAPER,
    STRIP_ROW,
    TIMES_HEIGHT,
    WIDTH,
    WIDTH_PX,
    cut,
)
from bot.charts.marks import draw_markers, draw_peak, draw_states, draw_threshold, placed
from bot.charts.series import draw_lines, draw_no_data, highest

__all__ = [
    "HEIGHT_PX",
    "MOST_LINES",
    "WIDTH_PX",
    "Chart",
    "Line",
    "Marker",
    "Span",
    "Tone",
    "line_chart",
]

TITLE_CHARACTERS = 44
PNG_EFFORT = 2
"""Of 9: more takes longer than all of the drawing, and saves a few kilobytes."""
_TOP = 0.9


def line_chart(chart: Chart) -> bytes:
    """Draw the chart; returns a PNG of `WIDTH_PX` by `HEIGHT_PX`.

    Takes about 100 ms after the first.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=PAPER)
    shown = highest(chart.lines)
    names = names_of(chart, shown)
    markers = placed(chart)
    legend = LEGEND_ROW * rows_of(names) + 0.02 if names else 0.0
    strip = STRIP_ROW if chart.states else 0.0
    below = TIMES_HEIGHT + legend + strip
    above = _TOP - MARKER_ROW * (1 + max((row for _, row in markers), default=-1)) - 0.01
    axes = figure.add_axes((LEFT, below, WIDTH, above - below), facecolor=PAPER)
    draw_frame(axes, chart)
    draw_lines(axes, chart, shown)
    draw_no_data(axes, chart, shown)
    draw_threshold(axes, chart)
    draw_markers(axes, chart, markers, height=above - below)
    draw_peak(axes, chart)
    if chart.states:
        draw_states(figure.add_axes((LEFT, below - strip, WIDTH, strip * 0.85)), chart)
        axes.tick_params(axis="x", pad=6 + strip * HEIGHT_PX * 72 / DPI)
    draw_legend(figure, names)
    _title(figure, chart.title)
    picture = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(picture, pil_kwargs={"compress_level": PNG_EFFORT})
    return picture.getvalue()


def _title(figure: Any, title: str) -> None:
    """What is drawn, and whose clock the times are of."""
    figure.text(
        0.02,
        0.975,
        cut(title, TITLE_CHARACTERS),
        size=LETTERS,
        color=INK,
        va="top",
        weight="bold",
        parse_math=False,
    )
    figure.text(0.985, 0.97, "UTC", size=LETTERS - 4, color=FAINT, va="top", ha="right")
