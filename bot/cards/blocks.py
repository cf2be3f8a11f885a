"""Block Kit's building blocks, each cut at Slack's limit, so that no caller thinks about them.

Limits: https://docs.slack.dev/reference/block-kit/blocks and slack_sdk's model constants.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Block = dict[str, Any]
Element = dict[str, Any]

TEXT_CHARACTERS = 3000
FIELD_CHARACTERS = 2000
HEADER_CHARACTERS = 150
BUTTON_CHARACTERS = 75
OPTION_CHARACTERS = 75
ALT_CHARACTERS = 2000
CONTEXT_ELEMENTS = 10
ACTION_ELEMENTS = 25
MESSAGE_BLOCKS = 50
TABLE_ROWS = 100
TABLE_CHARACTERS = 10_000
"""Of all cells of a message together; there may be one table in it."""
FALLBACK_CHARACTERS = 4000
NAME_CHARACTERS = 80
"""Of what a system calls a person, a rule or a version, where it stands in a line."""
CUT = "…"
_TURNS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""Marks that turn the direction of all text after them, ours too."""


@dataclass(frozen=True, slots=True)
class Message:
    """What Slack is shown: the blocks, and the text for notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirm:
    """The question a dangerous button asks first; it repeats what will happen."""

    title: str
    text: str
    confirm: str
    deny: str = "Back"


def escaped(text: str) -> str:
    """Make text from outside harmless in mrkdwn: no mention, link, entity or turn survives.

    Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    kept = text.translate(_TURNS)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def brief(name: str) -> str:
    """A name from outside as part of a line: escaped, on one line, and no longer than a name."""
    return escaped(cut(" ".join(name.split()), NAME_CHARACTERS))


def cut(text: str, characters: int) -> str:
    """Return at most `characters` of `text`, marked where something was left out.

    A cut never splits an entity (`&amp;`), link or mention (`<…>`), which Slack would show raw.
    """
    if len(text) <= characters:
        return text
    kept = text[: characters - len(CUT)]
    for opening, closing in (("&", ";"), ("<", ">")):
        start = kept.rfind(opening)
        if start > kept.rfind(closing) and closing in text[start:]:
            kept = kept[:start]
    return kept + CUT


def message(text: str, blocks: Sequence[Block]) -> Message:
    """Join a card's blocks; more than Slack takes are cut and the cut is said."""
    shown = list(blocks)
    if len(shown) > MESSAGE_BLOCKS:
        left_out = len(shown) - MESSAGE_BLOCKS + 1
        shown = [*shown[: MESSAGE_BLOCKS - 1], context(f"and {left_out} more parts, not shown")]
    return Message(cut(text, FALLBACK_CHARACTERS), tuple(shown))


def header(text: str) -> Block:
    """A large first line; plain text, so nothing in it needs escaping."""
    return {"type": "header", "text": plain(cut(text, HEADER_CHARACTERS))}


def section(
    text: str,
    *,
    fields: Sequence[str] = (),
    accessory: Element | None = None,
    is_unfolded: bool = False,
) -> Block:
    """A paragraph of mrkdwn. Text from outside must have gone through `escaped`.

    Slack folds a long one behind “See more” unless it `is_unfolded`.
    """
    block: Block = {"type": "section", "text": mrkdwn(cut(text, TEXT_CHARACTERS))}
    if is_unfolded:
        block["expand"] = True
    if fields:
        block["fields"] = [mrkdwn(cut(field, FIELD_CHARACTERS)) for field in fields[:10]]
    if accessory:
        block["accessory"] = accessory
    return block


def context(*texts: str) -> Block:
    """Small print, in mrkdwn."""
    shown = texts[:CONTEXT_ELEMENTS]
    return {"type": "context", "elements": [mrkdwn(cut(t, TEXT_CHARACTERS)) for t in shown]}


def divider() -> Block:
    return {"type": "divider"}


def actions(*elements: Element) -> Block:
    return {"type": "actions", "elements": list(elements[:ACTION_ELEMENTS])}


def image(file_id: str, alt: str, *, title: str = "") -> Block:
    """A picture already uploaded to Slack, by its file id."""
    block: Block = {
        "type": "image",
        "slack_file": {"id": file_id},
        "alt_text": cut(alt, ALT_CHARACTERS),
    }
    if title:
        block["title"] = plain(cut(title, ALT_CHARACTERS))
    return block


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """A table of plain text, so that nothing in it needs escaping; numbers go to the right.

    Every column after the first is one of numbers. Rows that Slack would not take are left out:
    whoever makes it says how many there are. A message may hold one.
    """
    shown = [list(head)]
    left = TABLE_CHARACTERS - sum(map(len, head))
    for row in rows[: TABLE_ROWS - 1]:
        left -= sum(map(len, row))
        if left < 0:
            break
        shown.append(list(row))
    numbers = [{"align": "right", "is_wrapped": False} for _ in head[1:]]
    return {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in shown],
        "column_settings": [{"is_wrapped": True}, *numbers],
    }


def button(
    label: str,
    *,
    action_id: str,
    subject_id: str,
    revision: int,
    style: str | None = None,
    confirm: Confirm | None = None,
) -> Element:
    """A button that carries its subject and the state revision it was drawn for."""
    element: Element = {
        "type": "button",
        "text": plain(cut(label, BUTTON_CHARACTERS)),
        "action_id": action_id,
        "value": json.dumps({"id": subject_id, "revision": revision}, separators=(",", ":")),
    }
    if style:
        element["style"] = style
    if confirm:
        element["confirm"] = {
            "title": plain(cut(confirm.title, 100)),
            "text": mrkdwn(cut(confirm.text, 300)),
            "confirm": plain(cut(confirm.confirm, 30)),
            "deny": plain(cut(confirm.deny, 30)),
        }
        if style:
            element["confirm"]["style"] = style
    return element


class Subject(Protocol):
    """A row that buttons act on."""

    @property
    def id(self) -> str: ...
    @property
    def state_revision(self) -> int: ...


def button_of(
    subject: Subject,
    label: str,
    action_id: str,
    *,
    style: str | None = None,
    confirm: Confirm | None = None,
) -> Element:
    """A button for a row as it stands: for an older one than it will be, it does nothing."""
    return button(
        label,
        action_id=action_id,
        subject_id=subject.id,
        revision=subject.state_revision,
        style=style,
        confirm=confirm,
    )


def overflow(
    options: Sequence[tuple[str, str]], *, action_id: str, subject_id: str, revision: int
) -> Element:
    """A menu behind “…”, as (what is chosen, what is shown); it carries what a button carries.

    What is chosen is appended to `action_id` when it comes back. A value may have 150 characters.
    """
    return {
        "type": "overflow",
        "action_id": action_id,
        "options": [
            {
                "text": plain(cut(label, OPTION_CHARACTERS)),
                "value": json.dumps(
                    {"id": subject_id, "revision": revision, "do": chosen}, separators=(",", ":")
                ),
            }
            for chosen, label in options
        ],
    }


def tickable(
    text: str, label: str, *, action_id: str, subject_id: str, revision: int, is_ticked: bool
) -> Block:
    """A paragraph with a box to tick beside it; `label` is mrkdwn.

    What was ticked off carries nothing, so the block's id says whose box it is. It differs with
    each revision: a client keeps what was ticked in a block it takes for the same.

    Source: https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element
    """
    option = {"text": mrkdwn(cut(label, OPTION_CHARACTERS)), "value": "ticked"}
    box: Element = {"type": "checkboxes", "action_id": action_id, "options": [option]}
    if is_ticked:
        box["initial_options"] = [option]
    drawn_with = json.dumps({"id": subject_id, "revision": revision}, separators=(",", ":"))
    return {**section(text, accessory=box, is_unfolded=True), "block_id": drawn_with}


def link_button(label: str, url: str, *, action_id: str) -> Element:
    """A button that opens a page; Slack still reports the press, under `action_id`."""
    return {
        "type": "button",
        "text": plain(cut(label, BUTTON_CHARACTERS)),
        "url": url,
        "action_id": action_id,
    }


def plain(text: str) -> Element:
    return {"type": "plain_text", "text": text.translate(_TURNS), "emoji": True}


def mrkdwn(text: str) -> Element:
    return {"type": "mrkdwn", "text": text}
