"""Slack's payloads, read: who did what where, and the key that makes a redelivery harmless."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from bot.domain.asked import Actor, Asked, Press, Submission
from bot.slack.words import typed, unescaped

Groups = Callable[[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Whereto:
    """Where the answer to a press goes; `response_url` works where the bot is no member."""

    user_id: str
    channel_id: str
    """The person's own id for what was pressed in their App Home: their direct messages."""
    thread_ts: str | None
    response_url: str | None
    is_in_form: bool = False
    """Whether it was pressed in a form: what opens then goes on top of it."""


def asked(body: Mapping[str, Any], *, groups: Groups, now: datetime) -> Asked:
    """Who sent this command or press, from where."""
    user_id = str(body.get("user_id") or body["user"]["id"])
    return Asked(
        by=Actor(user_id, groups(user_id)),
        channel_id=_channel_id(body) or user_id,
        key=str(body["trigger_id"]),
        correlation_id=uuid4().hex[:12],
        at=now,
        typed=typed(body.get("text") or ""),
    )


def press(body: Mapping[str, Any], request: Asked) -> Press | None:
    """What was pressed; None for what carries nothing of ours: a link, or another's.

    What was chosen in a menu behind “…” is an action of its own, under the menu's id. A box that
    is ticked off has no value: what it carries is its block's id.
    """
    action = body["actions"][0]
    chosen = action.get("selected_option") or {}
    is_box = action.get("type") == "checkboxes"
    try:
        carried = action["block_id"] if is_box else action.get("value") or chosen["value"]
        drawn_with = json.loads(carried)
        subject_id, revision = str(drawn_with["id"]), int(drawn_with["revision"])
        action_id = str(action["action_id"])
        if "do" in drawn_with:
            action_id = f"{action_id}.{drawn_with['do']}"
    except (KeyError, TypeError, ValueError):
        return None
    values = (body.get("state") or {}).get("values") or {}
    is_ticked = bool(action.get("selected_options"))
    return Press(request, action_id, subject_id, revision, values, is_ticked)


def suggestion(body: Mapping[str, Any]) -> tuple[str, str]:
    """Which select asks for options, as `<form>.<block>`, and what was typed into it."""
    form = (body.get("view") or {}).get("callback_id") or ""
    return f"{form}.{body.get('block_id') or ''}", unescaped(str(body.get("value") or ""))


def submission(body: Mapping[str, Any], *, groups: Groups, now: datetime) -> Submission:
    """The form sent in. It was asked for in the channel that it carries, if it carries one."""
    view, carried = body["view"], carried_by(body)
    request = asked(body, groups=groups, now=now)
    inputs = ((view.get("state") or {}).get("values") or {}).items()
    values = {
        str(block_id): _value(element) for block_id, found in inputs for element in found.values()
    }
    return Submission(request, str(view.get("callback_id", "")), carried, values)


def carried_by(body: Mapping[str, Any]) -> dict[str, str]:
    """What the form was opened with that this comes from; nothing where it comes from none."""
    try:
        found = json.loads((body.get("view") or {})["private_metadata"])
        return {str(k): str(v) for k, v in found.items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _value(element: Mapping[str, Any]) -> str:
    """What was typed into an input, or chosen in it; empty where nothing was."""
    chosen = element.get("selected_option") or {}
    found = element.get("value") or chosen.get("value") or element.get("selected_user")
    return str(found or "")


def whereto(body: Mapping[str, Any]) -> Whereto:
    """Where to answer a press: to the person, beside what they pressed.

    A message with replies carries its own `ts` as `thread_ts`: it was pressed in the channel.
    """
    user_id = str(body["user"]["id"])
    message = body.get("message") or {}
    thread_ts = message.get("thread_ts")
    return Whereto(
        user_id=user_id,
        channel_id=_channel_id(body) or user_id,
        thread_ts=thread_ts if thread_ts != message.get("ts") else None,
        response_url=body.get("response_url"),
        is_in_form=(body.get("view") or {}).get("type") == "modal",
    )


def beside(request: Asked, response_url: Any = None) -> Whereto:
    """Where to answer a command or a form; Slack does not say in which thread it was."""
    url = str(response_url) if response_url else None
    return Whereto(request.by.id, request.channel_id, None, url)


def _channel_id(body: Mapping[str, Any]) -> str | None:
    """Where it was done; in a form, where that was opened."""
    channel = body.get("channel")
    found = body.get("channel_id") or (channel or {}).get("id") or carried_by(body).get("channel")
    return str(found) if found else None
