"""The one visual language of all charts: sizes, letters, colours, patterns."""

from typing import Any

WIDTH_PX, HEIGHT_PX, DPI = 1000, 580, 100

# Okabe and Ito's palette: told apart by people who do not see every colour, and in grey.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#000000")
DASHES = ((), (), (), (7, 2), (2, 1.6), (8, 2, 2, 2))
"""The first three are told apart by colour alone; with more of them the pattern helps."""
MOST_LINES = len(COLOURS)
"""More cannot be told apart; the rest is counted."""
ALARM, GOOD = "#D55E00", "#009E73"
INK, FAINT, RULES, PAPER = "#1D1C1D", "#6F6F73", "#E4E4E7", "#FFFFFF"
NO_DATA = {"facecolor": "#F1F1F3", "edgecolor": "#D0D0D4", "hatch": "//", "linewidth": 0}
OVER_LINES = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.5}
"""The ground of words that a line would cross."""

LETTERS = 23
"""Points. A telephone shows the picture at less than a third of its size."""
LETTER_PX = 0.58 * DPI / 72
"""The usual width of a letter of one point."""
LEFT, WIDTH = 0.135, 0.825
"""Where the axes stand, of the picture's width: room for `0.25 %`, and half a time of day."""
TIMES_HEIGHT, LEGEND_ROW, MARKER_ROW, STRIP_ROW = 0.112, 0.07, 0.06, 0.062
"""Of the picture's height."""


def cut(text: str, characters: int) -> str:
    """One line of at most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= characters else text[: characters - 1] + "…"


def cut_within(text: str, characters: int) -> str:
    """The same without its middle: names that begin alike differ at their ends."""
    text = " ".join(text.split())
    kept = characters - 1
    return text if len(text) <= characters else f"{text[: kept // 3]}…{text[-(kept - kept // 3) :]}"


def put_text(axes: Any, x: float, y: float, text: str, **look: Any) -> None:
    """Write text as it is: a `$` from outside is no formula."""
    look = {"ha": "center", "va": "center", "size": LETTERS - 1, "parse_math": False, **look}
    axes.text(x, y, text, **look)
