"""A card as text alone: for when Slack refuses its blocks."""

from collections.abc import Iterator
from typing import Any

from bot.cards.blocks import FALLBACK_CHARACTERS, Block, Element, Message, cut, escaped


def as_text(shown: Message) -> Message:
    """What the blocks say, line by line, under the card's text; buttons and pictures are lost."""
    lines = [shown.text, *(line for block in shown.blocks for line in _lines(block))]
    return Message(cut("\n".join(dict.fromkeys(lines)), FALLBACK_CHARACTERS))


def _lines(block: Block) -> Iterator[str]:
    if block["type"] == "actions":
        return
    for row in block.get("rows", ()):
        yield " · ".join(_cell(cell) for cell in row)
    if block["type"] == "rich_text":
        yield from _rich(block)
        return
    for holder in (block, *block.get("fields", ()), *block.get("elements", ())):
        text = _text(holder)
        if text:
            yield text


def _cell(cell: Element) -> str:
    return " ".join(_rich(cell)) if cell["type"] == "rich_text" else escaped(cell["text"])


def _rich(part: Block) -> Iterator[str]:
    """The lines of rich text: an item or a box each."""
    inline = [one for one in part["elements"] if "elements" not in one]
    if inline:
        yield escaped("".join(one.get("text") or one.get("fallback", "") for one in inline))
    for nested in part["elements"]:
        if "elements" in nested:
            yield from _rich(nested)


def _text(holder: dict[str, Any]) -> str:
    text = holder.get("text", "")
    if isinstance(text, dict):
        text = text.get("text", "")
    return str(text)
