"""Markdown of a file as Slack's mrkdwn: what Slack cannot show is left as words.

Nothing of it becomes a mention: all text is escaped.
"""

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.cards.blocks import escaped
from bot.cards.links import link

_MARKS = {"strong": "*", "em": "_"}
_markdown = MarkdownIt("commonmark")


def mrkdwn_of(markdown: str) -> str:
    """The text in mrkdwn. Pure; takes about a millisecond for a page."""
    return "\n".join(_lines(_markdown.parse(markdown)))


def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    """One for each paragraph, box and item; lists within are indented."""
    lists: list[int | None] = []
    marker = ""
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                marker = _marker(lists)
            case "inline":
                text = _inline(token.children or [])
                yield f"{marker}{text}" if marker else f"{'    ' * len(lists)}{text}"
                marker = ""
            case "fence" | "code_block":
                yield f"{marker}```{escaped(token.content.rstrip())}```"
                marker = ""
            case "html_block":
                yield escaped(token.content.strip())


def _marker(lists: list[int | None]) -> str:
    """What stands before an item: a bullet, or its number."""
    indent = "    " * (len(lists) - 1)
    number = lists[-1]
    if number is None:
        return f"{indent}• "
    lists[-1] = number + 1
    return f"{indent}{number}. "


def _inline(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    address: str | None = None
    label: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            address, label = str(token.attrGet("href") or ""), []
        elif token.type == "link_close" and address is not None:
            parts.append(link(address, "".join(label)))
            address = None
        elif address is not None:  # Slack marks nothing within a link
            label.append(token.content or " " * token.type.endswith("break"))
        else:
            parts.append(_piece(token))
    return "".join(parts)


def _piece(token: Token) -> str:
    match token.type:
        case "code_inline":
            return f"`{escaped(token.content)}`"
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return link(str(token.attrGet("src") or ""), token.content or "picture")
    kind = token.type.removesuffix("_open").removesuffix("_close")
    return _MARKS.get(kind) or escaped(token.content)
