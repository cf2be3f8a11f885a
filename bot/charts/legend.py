"""The names of the lines, each beside a piece of its line: colour is never all that tells."""

import math
from collections.abc import Sequence
from typing import Any

from bot.charts.chart import Chart, Line
from bot.charts.look import (
    ALARM,
    COLOURS,
    DASHES,
    FAINT,
    INK,
    LEGEND_ROW,
    LETTERS,
    cut_within,
)
from bot.charts.series import finite

COLUMN_CHARACTERS = 22
"""Of a name, where two stand side by side."""
SHORT_CHARACTERS = 12
"""Where three do."""
_SAMPLE = 0.045
"""Of the picture's width."""

Name = tuple[str, str, tuple[float, ...]]
"""The words, and the colour and the pattern of the line; no colour for words without a line."""


def names_of(chart: Chart, shown: Sequence[Line]) -> list[Name]:
    """Each line's name with its look; one line needs none, for the title names it."""
    drawable = sum(bool(finite(line)) for line in chart.lines) + chart.more
    if drawable < 2 and not chart.limits:
        return []
    names: list[Name] = [
        (line.label, colour, dashes)
        for line, colour, dashes in zip(shown, COLOURS, DASHES, strict=False)
    ]
    names += [(line.label, ALARM, (5, 3)) for line in chart.limits[:1]]
    if drawable > len(shown):
        names.append((f"and {drawable - len(shown):,} more, not drawn", "", ()))
    return names


def rows_of(names: Sequence[Name]) -> int:
    """How many rows they take."""
    return math.ceil(len(names) / columns_of(names))


def columns_of(names: Sequence[Name]) -> int:
    """Two, or three where all are short."""
    of_lines = [name for name, colour, _ in names if colour]
    return 3 if len(of_lines) > 2 and max(map(len, of_lines)) <= SHORT_CHARACTERS else 2


def draw_legend(figure: Any, names: Sequence[Name]) -> None:
    """Names below the chart, in columns."""
    from matplotlib.lines import Line2D

    columns = columns_of(names) if names else 1
    rows = rows_of(names) if names else 0
    most = COLUMN_CHARACTERS if columns == 2 else SHORT_CHARACTERS
    for number, (name, colour, dashes) in enumerate(names):
        row, column = divmod(number, columns)
        middle = 0.016 + LEGEND_ROW * (rows - row - 0.5)
        left = 0.025 + 0.975 / columns * column
        if colour:
            sample = Line2D([left, left + _SAMPLE], [middle, middle], color=colour, linewidth=3.4)
            sample.set_dashes(dashes or (None, None))
            figure.add_artist(sample)
        figure.text(
            left + _SAMPLE + 0.01 if colour else left,
            middle,
            cut_within(name, most) if colour else name,
            size=LETTERS - 2,
            color=INK if colour else FAINT,
            va="center_baseline",
            parse_math=False,
        )
