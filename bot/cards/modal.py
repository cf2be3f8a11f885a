"""Forms that open over Slack: what they ask, and how Slack is shown them.

An input's answer comes back under the id of its block. Whoever opens one says in `carried` what the
submission is about: Slack brings that back, and nothing else of where it was opened.

Limits: https://docs.slack.dev/reference/views/modal-views
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.cards.blocks import OPTION_CHARACTERS, Block, Element, cut, plain, section

TITLE_CHARACTERS = 24
LABEL_CHARACTERS = 2000
INPUT_CHARACTERS = 3000
INPUT = "input"
"""The action id of every input: its block says which it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modal:
    """A form. `callback_id` finds what takes its submission."""

    callback_id: str
    title: str
    submit: str
    blocks: tuple[Block, ...]
    carried: Mapping[str, str] = field(default_factory=dict)
    close: str = "Back"


def form(modal: Modal) -> Element:
    """The view Slack opens."""
    return {
        "type": "modal",
        "callback_id": modal.callback_id,
        "title": plain(cut(modal.title, TITLE_CHARACTERS)),
        "submit": plain(cut(modal.submit, TITLE_CHARACTERS)),
        "close": plain(cut(modal.close, TITLE_CHARACTERS)),
        "private_metadata": json.dumps(dict(modal.carried), separators=(",", ":")),
        "blocks": list(modal.blocks),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """A form that asks somebody outside what it can offer.

    Slack opens nothing later than 3 s after the press, so what opens says that it is being asked,
    and the form takes its place. `ask` may raise a BotError: its text does instead.
    """

    title: str
    text: str
    """Mrkdwn."""
    ask: Callable[[], Awaitable[Modal]]


def notice(title: str, text: str) -> Element:
    """What takes a form's place when nothing came of it; `text` is mrkdwn."""
    return {
        "type": "modal",
        "title": plain(cut(title, TITLE_CHARACTERS)),
        "close": plain("Close"),
        "blocks": [section(text)],
    }


def text_input(
    block_id: str,
    label: str,
    *,
    initial: str = "",
    hint: str = "",
    placeholder: str = "",
    lines: bool = False,
    at_most: int = INPUT_CHARACTERS,
) -> Block:
    """A field to type into; with `lines` it takes several."""
    element: Element = {
        "type": "plain_text_input",
        "action_id": INPUT,
        "multiline": lines,
        "max_length": at_most,
    }
    if initial:
        element["initial_value"] = cut(initial, at_most)
    if placeholder:
        element["placeholder"] = plain(cut(placeholder, 150))
    return _asked(block_id, label, element, hint)


def choice(
    block_id: str,
    label: str,
    options: Sequence[tuple[str, str]],
    *,
    initial: str | None,
    hint: str = "",
) -> Block:
    """One of several, as (value, what is shown)."""
    shown = options_of(options)
    element: Element = {"type": "static_select", "action_id": INPUT, "options": shown}
    if initial is not None:
        element["initial_option"] = next(one for one in shown if one["value"] == initial)
    return _asked(block_id, label, element, hint)


def options_of(options: Sequence[tuple[str, str]]) -> list[Element]:
    """Options as Slack is given them, also when it asks for those that fit what was typed."""
    return [
        {"text": plain(cut(said, OPTION_CHARACTERS)), "value": value} for value, said in options
    ]


def searched(block_id: str, label: str, *, placeholder: str, hint: str = "") -> Block:
    """One of too many to show: Slack asks for those that fit what is typed. May be left empty."""
    element = {
        "type": "external_select",
        "action_id": INPUT,
        "placeholder": plain(cut(placeholder, 150)),
        "min_query_length": 0,
    }
    return _asked(block_id, label, element, hint) | {"optional": True}


def person(block_id: str, label: str, *, placeholder: str, hint: str = "") -> Block:
    """Somebody of the workspace. May be left empty."""
    element = {
        "type": "users_select",
        "action_id": INPUT,
        "placeholder": plain(cut(placeholder, 150)),
    }
    return _asked(block_id, label, element, hint) | {"optional": True}


def _asked(block_id: str, label: str, element: Element, hint: str) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(cut(label, LABEL_CHARACTERS)),
        "element": element,
    }
    if hint:
        block["hint"] = plain(cut(hint, LABEL_CHARACTERS))
    return block
