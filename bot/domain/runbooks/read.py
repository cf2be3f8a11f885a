"""The steps of a runbook in Markdown: its numbered items and its tasks (`- [ ]`), in order."""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.domain.runbooks import Step
from bot.domain.secrecy import masked

_MARKER = re.compile(r"(?P<marker>[ \t]*(?:\d{1,9}[.)]|[-*+])[ \t]+)(?P<task>\[[ xX]\][ \t]+)?")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_markdown = MarkdownIt("commonmark")
NAME_CHARACTERS = 100


def title_of(document: str) -> str:
    """The document's own name: its first heading, if it is one of the first rank; else nothing."""
    tokens = _markdown.parse(_body(document))
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            return masked(tokens[place + 1].content)[:NAME_CHARACTERS] if token.tag == "h1" else ""
    return ""


def steps_of(document: str) -> tuple[Step, ...]:
    """Read the steps, without secrets of a known look; what else the document says is left out.

    Items within an item belong to it. Takes some milliseconds for a long document.
    """
    text = _body(document)
    return tuple(_steps(_markdown.parse(text), text.split("\n")))


def _body(document: str) -> str:
    return _FRONT_MATTER.sub("", document.replace("\r\n", "\n"), count=1)


def _steps(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[Step]:
    section, is_numbered = "", False
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0:
            # The first heading is the document's own name.
            section = "" if token.tag == "h1" else masked(tokens[place + 1].content)
        elif token.level == 0 and token.type in {"ordered_list_open", "bullet_list_open"}:
            is_numbered = token.type == "ordered_list_open"
        elif token.type == "list_item_open" and token.level == 1 and token.map is not None:
            item = _item(lines[token.map[0] : token.map[1]])
            if item is not None and (is_numbered or item[1]) and item[0]:
                yield Step(masked(item[0]), section)


def _item(lines: Sequence[str]) -> tuple[str, bool] | None:
    """An item's own Markdown, and whether it is a task."""
    marker = _MARKER.match(lines[0]) if lines else None
    if marker is None:
        return None
    width = len(marker["marker"].expandtabs())
    first = lines[0][marker.end() :]
    rest = [_without(line, width) for line in lines[1:]]
    return "\n".join([first, *rest]).strip(), marker["task"] is not None


def _without(line: str, width: int) -> str:
    """A line without so much of its indentation."""
    return line[min(width, len(line) - len(line.lstrip())) :]
