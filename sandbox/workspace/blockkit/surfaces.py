"""What holds for a whole message, modal or Home tab: counts, uniqueness, what goes where.

Sources: the surfaces each block's reference names; https://docs.slack.dev/reference/views;
the limits on all blocks of a message are reported by users, not documented.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Any

from sandbox.workspace.blockkit.blocks import BLOCKS
from sandbox.workspace.blockkit.composition import ID_CHARACTERS, plain
from sandbox.workspace.blockkit.data_blocks import DATA_BLOCKS
from sandbox.workspace.blockkit.shape import (
    Problems,
    array,
    boolean,
    kind,
    refuse,
    string,
    typed,
)

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_CHARACTERS = 13_200
"""Text of all blocks together; beyond it Slack answers msg_blocks_too_long."""
MARKDOWN_CHARACTERS = 12_000
TABLE_CHARACTERS = 10_000
MOST_PER_MESSAGE = {"table": 1, "data_visualization": 2}
EVERY_BLOCK = {**BLOCKS, **DATA_BLOCKS}
EVERYWHERE = {
    "actions",
    "context",
    "divider",
    "header",
    "image",
    "input",
    "rich_text",
    "section",
    "video",
}
ON_MESSAGES = EVERYWHERE | {
    "card",
    "carousel",
    "container",
    "context_actions",
    "data_table",
    "data_visualization",
    "markdown",
    "plan",
    "table",
    "task_card",
}
ON_MODALS = EVERYWHERE | {"alert"}
MODAL_ONLY_ELEMENTS = {"file_input"}
MayShow = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why blocks are not taken: Slack's code, and a line with a JSON pointer for each problem."""

    code: str
    problems: Problems


VIEW = typed(
    dict(
        [
            kind(
                "modal",
                {
                    "title": plain(24),
                    "blocks": array(typed(EVERY_BLOCK), maximum=VIEW_BLOCKS),
                },
                {
                    "submit": plain(24),
                    "close": plain(24),
                    "private_metadata": string(3000, minimum=0),
                    "callback_id": string(ID_CHARACTERS, minimum=0),
                    "external_id": string(ID_CHARACTERS, minimum=0),
                    "clear_on_close": boolean,
                    "notify_on_close": boolean,
                    "submit_disabled": boolean,
                },
            ),
            kind(
                "home",
                {"blocks": array(typed(EVERY_BLOCK), maximum=VIEW_BLOCKS)},
                {
                    "private_metadata": string(3000, minimum=0),
                    "callback_id": string(ID_CHARACTERS, minimum=0),
                    "external_id": string(ID_CHARACTERS, minimum=0),
                },
            ),
        ]
    )
)


def check_message(blocks: list[Any], may_show: MayShow) -> Refusal | None:
    """Check a message's blocks; `may_show` says which files, by id or address, are ready."""
    problems: Problems = []
    array(typed(EVERY_BLOCK), maximum=MESSAGE_BLOCKS)(blocks, "/blocks", problems)
    if problems:
        return Refusal("invalid_blocks", problems)
    _on_surface(blocks, "/blocks", ON_MESSAGES, problems)
    _unique(blocks, "/blocks", problems)
    _images_ready(blocks, "/blocks", may_show, problems)
    _totals(blocks, problems)
    _modal_elements(blocks, problems)
    if problems:
        return Refusal("invalid_blocks", problems)
    characters = sum(len(text) for text in _texts(blocks))
    if characters > MESSAGE_CHARACTERS:
        said = f"{characters} characters in all blocks, at most {MESSAGE_CHARACTERS}"
        return Refusal("msg_blocks_too_long", [f"{said} [json-pointer:/blocks]"])
    return None


def check_view(view: dict[str, Any], may_show: MayShow) -> Problems:
    """Check a modal or Home tab; return what is wrong with it."""
    problems: Problems = []
    VIEW(view, "/view", problems)
    if problems:
        return problems
    blocks, pointer = view["blocks"], "/view/blocks"
    allowed = ON_MODALS if view["type"] == "modal" else EVERYWHERE
    _on_surface(blocks, pointer, allowed, problems)
    _unique(blocks, pointer, problems)
    _images_ready(blocks, pointer, may_show, problems)
    has_input = any(block["type"] == "input" for block in blocks)
    if view["type"] == "modal" and has_input and not view.get("submit"):
        refuse(problems, "/view", "missing required field: submit")
    return problems


def with_ids(blocks: list[Any], new_id: Callable[[str], str]) -> list[dict[str, Any]]:
    """The blocks with a block_id and action_id wherever the app gave none, as Slack fills in."""
    filled = []
    for block in blocks:
        block = {**block}
        block.setdefault("block_id", new_id("b"))
        for key in ("accessory", "element"):
            if isinstance(block.get(key), dict):
                block[key] = _with_action_id(block[key], new_id)
        for key in ("elements", "actions"):
            if isinstance(block.get(key), list) and block["type"] != "rich_text":
                block[key] = [_with_action_id(each, new_id) for each in block[key]]
        if isinstance(block.get("child_blocks"), list):
            block["child_blocks"] = with_ids(block["child_blocks"], new_id)
        filled.append(block)
    return filled


WITHOUT_ACTION = {"image", "plain_text", "mrkdwn"}


def _with_action_id(element: dict[str, Any], new_id: Callable[[str], str]) -> dict[str, Any]:
    if element.get("type") == "card":
        return with_ids([element], new_id)[0]
    if element.get("type") in WITHOUT_ACTION or "action_id" in element:
        return element
    return {**element, "action_id": new_id("a")}


def _on_surface(
    blocks: list[dict[str, Any]], pointer: str, allowed: Set[str], problems: Problems
) -> None:
    for number, block in enumerate(blocks):
        if block["type"] not in allowed:
            where = f"{pointer}/{number}/type"
            refuse(problems, where, f"block type {block['type']} is not allowed on this surface")


def _modal_elements(blocks: list[dict[str, Any]], problems: Problems) -> None:
    for number, block in enumerate(blocks):
        element = block.get("element")
        if isinstance(element, dict) and element["type"] in MODAL_ONLY_ELEMENTS:
            where = f"/blocks/{number}/element/type"
            refuse(problems, where, f"element type {element['type']} is not allowed in messages")


def _unique(blocks: list[dict[str, Any]], pointer: str, problems: Problems) -> None:
    """block_id within the surface, action_id within its block."""
    seen: set[str] = set()
    for where, block in _each_block(blocks, pointer):
        block_id = block.get("block_id")
        if block_id is not None and block_id in seen:
            refuse(problems, f"{where}/block_id", f'"{block_id}" already exists')
        seen.add(block_id or "")
        used: set[str] = set()
        for place, element in _elements(block, where):
            action_id = element.get("action_id")
            if action_id is not None and action_id in used:
                refuse(problems, f"{place}/action_id", f'"{action_id}" already exists')
            used.add(action_id or "")


def _each_block(blocks: list[dict[str, Any]], pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every block and its JSON pointer, those in containers and carousels included."""
    for number, block in enumerate(blocks):
        where = f"{pointer}/{number}"
        yield where, block
        yield from _each_block(block.get("child_blocks") or [], f"{where}/child_blocks")
        if block["type"] == "carousel":
            yield from _each_block(block["elements"], f"{where}/elements")


def _elements(block: dict[str, Any], pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key in ("accessory", "element"):
        if isinstance(block.get(key), dict):
            yield f"{pointer}/{key}", block[key]
    for key in ("elements", "actions"):
        for number, element in enumerate(block.get(key) or []):
            yield f"{pointer}/{key}/{number}", element


def _images_ready(
    blocks: list[dict[str, Any]], pointer: str, may_show: MayShow, problems: Problems
) -> None:
    def look(value: Any, where: str) -> None:
        if isinstance(value, dict):
            named = value.get("slack_file")
            if isinstance(named, dict) and not may_show(str(named.get("id") or named.get("url"))):
                refuse(problems, f"{where}/slack_file", "invalid slack file")
            for name, each in value.items():
                look(each, f"{where}/{name}")
        elif isinstance(value, list):
            for number, each in enumerate(value):
                look(each, f"{where}/{number}")

    look(blocks, pointer)


def _totals(blocks: list[dict[str, Any]], problems: Problems) -> None:
    counted = Counter(block["type"] for _, block in _each_block(blocks, "/blocks"))
    for name, most in MOST_PER_MESSAGE.items():
        if counted[name] > most:
            refuse(problems, "/blocks", f"no more than {most} {name} blocks allowed in a message")
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_CHARACTERS:
        refuse(problems, "/blocks", f"markdown must be less than {MARKDOWN_CHARACTERS + 1} in all")
    for where, block in _each_block(blocks, "/blocks"):
        if block["type"] in {"table", "data_table"}:
            characters = sum(len(text) for text in _texts(block["rows"]))
            if characters > TABLE_CHARACTERS:
                refuse(problems, where, f"cells must be less than {TABLE_CHARACTERS + 1} in all")


def _texts(value: Any) -> Iterator[str]:
    """Every text a reader sees in blocks, however deep."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "text" and isinstance(each, str):
                yield each
            else:
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
