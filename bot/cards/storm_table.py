"""A storm's table: one line for each alert name and severity.

Times are rich text, so that everybody reads their own zone; a header may hold none.
Source: https://docs.slack.dev/reference/block-kit/blocks/table-block
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.cards.blocks import Block, Element, cut
from bot.cards.rich import words
from bot.cards.storm_words import MARKS
from bot.domain.storm import Row

MOST_ROWS = 12
"""A phone shows so many without scrolling for long; the list has them all."""
NAME_CHARACTERS = 60
HEAD = ("Alert", "Severity", "Firing", "Began")


def table(rows: Sequence[Row]) -> Block:
    """The table; whoever makes it says what it leaves out."""
    numbers = {"align": "right", "is_wrapped": False}
    plain = {"is_wrapped": False}
    return {
        "type": "table",
        "rows": [[_raw(cell) for cell in HEAD], *(_row(row) for row in rows)],
        "column_settings": [{"is_wrapped": True}, plain, numbers, plain],
    }


def _row(row: Row) -> list[Element]:
    name = cut(row.name or "Alert without a name", NAME_CHARACTERS)
    return [_raw(name), _raw(_state(row)), _raw(_firing(row)), _rich(_began(row))]


def _state(row: Row) -> str:
    """The severity while it fires and nobody is on it; else how it stands."""
    if not row.firing:
        return "🟢 resolved"
    if row.held >= row.firing:
        return "🟡 acknowledged"
    if row.quiet >= row.firing:
        return "🟡 silenced"
    return f"{MARKS[row.severity]} {row.severity.word}"


def _firing(row: Row) -> str:
    if row.firing == row.groups:
        return f"{row.groups:,}"
    return f"{row.firing:,} of {row.groups:,}"


def _began(row: Row) -> list[Element]:
    """From the first to the last; one time where both are in the same minute."""
    first, last = row.first_at, row.last_at
    if int(first.timestamp()) // 60 == int(last.timestamp()) // 60:
        return [_time(first)]
    return [_time(first), words("–"), _time(last)]


def _time(at: datetime) -> Element:
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{time}",
        "fallback": f"{at.astimezone(UTC):%H:%M} UTC",
    }


def _raw(text: str) -> Element:
    return {"type": "raw_text", "text": text}


def _rich(elements: Iterable[Element]) -> dict[str, Any]:
    part = {"type": "rich_text_section", "elements": list(elements)}
    return {"type": "rich_text", "elements": [part]}
