"""An hour in twelve characters: the worst of each five minutes."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

CELLS = 12
BLOCKS = "▁▂▃▄▅▆▇█"
NOTHING = "·"
"""A cell without data."""

Cells = tuple[float | None, ...]


def worst_of_each(
    samples: Iterable[tuple[datetime, float]],
    *,
    end: datetime,
    length: timedelta,
    is_worse_when_lower: bool = False,
) -> Cells:
    """Cut the time before `end` into cells and take the worst of each; None where nothing was.

    What is no number, or infinite, was not measured.
    """
    found: list[float | None] = [None] * CELLS
    worse = min if is_worse_when_lower else max
    for at, value in samples:
        cell = CELLS - 1 - math.floor((end - at) / (length / CELLS))
        if at == end - length:  # the oldest moment belongs to the oldest cell
            cell = 0
        if 0 <= cell < CELLS and math.isfinite(value):
            before = found[cell]
            found[cell] = value if before is None else worse(before, value)
    return tuple(found)


def sparkline(cells: Sequence[float | None], *, full: float | None = None) -> str:
    """Draw cells between zero and `full` (what is bad), or the highest where that is more.

    From zero, so that noise around a small value stays as small as it is.
    """
    known = [cell for cell in cells if cell is not None]
    top = max([*known, full or 0.0], default=0.0)
    return "".join(NOTHING if cell is None else _block(cell, top) for cell in cells)


def _block(value: float, top: float) -> str:
    if top <= 0 or value <= 0:
        return BLOCKS[0]
    return BLOCKS[min(len(BLOCKS) - 1, math.floor(value / top * len(BLOCKS)))]
