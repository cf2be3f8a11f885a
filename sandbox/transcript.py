"""Messages as text: what a terminal, or a test that failed, can show of a card."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Blocks = list[Mapping[str, Any]]
_DATE = re.compile(r"<!date\^\d+\^[^|>]*(?:\^[^|>]*)?\|([^>]*)>")
_LINK = re.compile(r"<(?:https?|mailto):[^|>]*\|([^>]*)>")
_MENTION = re.compile(r"<@(\w+)(?:\|[^>]*)?>")


def as_text(message: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """Everything a person would read of a message, line by line; buttons in brackets."""
    lines = list(_lines(message.get("blocks") or []))
    lines = lines or [str(message.get("text", ""))]
    lines += [
        f"[file: {file.get('title') or file.get('name')}]" for file in message.get("files", [])
    ]
    return "\n".join(plain(line, names or {}) for line in lines if line)


def plain(mrkdwn: str, names: Mapping[str, str]) -> str:
    """Mrkdwn without its marks: dates and links by their words, people by their names."""
    text = _DATE.sub(r"\1", mrkdwn)
    text = _LINK.sub(r"\1", text)
    text = _MENTION.sub(lambda found: "@" + names.get(found[1], found[1]), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def buttons(message: Mapping[str, Any]) -> list[str]:
    """The labels of a message's buttons, in order."""
    return [
        str(element["text"]["text"])
        for block in message.get("blocks") or []
        if block.get("type") == "actions"
        for element in block["elements"]
        if element.get("type") == "button"
    ]


def _lines(blocks: Blocks) -> Iterator[str]:
    for block in blocks:
        match block.get("type"):
            case "header":
                yield str(block["text"]["text"])
            case "section":
                if "text" in block:
                    yield str(block["text"]["text"])
                yield from (str(field["text"]) for field in block.get("fields", []))
            case "context":
                yield " · ".join(str(e.get("text", "")) for e in block["elements"])
            case "actions":
                labels = [e["text"]["text"] for e in block["elements"] if "text" in e]
                yield " ".join(f"[{label}]" for label in labels)
            case "image":
                yield f"[picture: {block.get('alt_text', '')}]"
            case "divider":
                yield "—"
            case "table":
                for row in block.get("rows", []):
                    yield " | ".join(_cell(cell) for cell in row)
            case "rich_text":
                yield from _rich(block)


def _cell(cell: Mapping[str, Any]) -> str:
    return " ".join(_rich(cell)) if "elements" in cell else str(cell.get("text", ""))


def _rich(part: Mapping[str, Any]) -> Iterator[str]:
    """The lines of rich text: a paragraph, an item or a box each."""
    inline = [one for one in part["elements"] if "elements" not in one]
    if inline:
        yield "".join(str(e.get("text") or e.get("fallback") or e.get("url", "")) for e in inline)
    for nested in part["elements"]:
        if "elements" in nested:
            yield from _rich(nested)
