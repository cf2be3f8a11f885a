"""Rich text: lists and boxes in which nothing is markup, whatever they quote.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.cards.blocks import CUT, Block, Element

RICH_CHARACTERS = 3000
"""Of one block: Slack's documentation names no limit, and refuses what is far longer."""


def bullets(paragraphs: Sequence[Sequence[Element]]) -> list[Block]:
    """A list, in as many blocks as it needs."""
    blocks: list[Block] = []
    for chunk in _chunks(paragraphs):
        items = [{"type": "rich_text_section", "elements": list(one)} for one in chunk]
        listed = {"type": "rich_text_list", "style": "bullet", "elements": items}
        blocks.append({"type": "rich_text", "elements": [listed]})
    return blocks


def preformatted(text: str) -> Block:
    """Raw text in a box, every character as it is."""
    shown = text if len(text) <= RICH_CHARACTERS else text[: RICH_CHARACTERS - 1] + CUT
    box = {"type": "rich_text_preformatted", "elements": [words(shown)]}
    return {"type": "rich_text", "elements": [box]}


def words(text: str, **style: bool) -> Element:
    """Some text; `bold=True`, `italic=True` and `code=True` are its style."""
    element: Element = {"type": "text", "text": text}
    if style:
        element["style"] = dict(style)
    return element


def hyperlink(url: str, text: str) -> Element:
    """A link; `url` is a plain http address."""
    return {"type": "link", "url": url, "text": text}


def clock(at: datetime, *, with_day: bool = False) -> Element:
    """A moment to the second, in every reader's own zone; the fallback is UTC."""
    day = "{date_short} " if with_day else ""
    fallback = f"{at.astimezone(UTC):{'%d %b ' if with_day else ''}%H:%M:%S} UTC"
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": f"{day}{{time_secs}}",
        "fallback": fallback,
    }


def _chunks(paragraphs: Sequence[Sequence[Element]]) -> Iterator[list[Sequence[Element]]]:
    chunk: list[Sequence[Element]] = []
    taken = 0
    for paragraph in paragraphs:
        length = sum(len(e.get("text", "")) + len(e.get("url", "")) for e in paragraph)
        if chunk and taken + length > RICH_CHARACTERS:
            yield chunk
            chunk, taken = [], 0
        chunk.append(paragraph)
        taken += length
    if chunk:
        yield chunk
