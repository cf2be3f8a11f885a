"""Buttons, menus and shortcuts: what people do with what the app drew.

Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import seeds
from sandbox.workspace import elements
from sandbox.workspace.attempts import Attempt, Refused, attempt, signed_by, toast
from sandbox.workspace.commands import response_url
from sandbox.workspace.parcel import INTERACTIVE
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.views import View

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Surface:
    """Where an element stands: a message of a channel, or a view."""

    blocks: list[Json]
    channel: Channel | None = None
    message: Message | None = None
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """What was done with one element."""

    block_id: str
    action_id: str
    value: str | None
    selected: list[Any]
    state: Mapping[str, Json]
    stale: Json | None = None
    """The action as an older state of the message would have sent it."""


async def press(platform: Platform, person: str, surface: Surface, done: Press) -> Json:
    """Send a block_actions payload.

    Raises:
        Refused: not_found for an element that is not there, interactivity_off,
            operation_timeout, dispatch_failed.
    """
    _interactive(platform)
    at = platform.store.next_ts()
    action = done.stale or _action(surface, done, at)
    left = {done.block_id: {done.action_id: elements.as_state(action)}}
    kept = surface.view.state if surface.view is not None else {}
    state = elements.merged_state(surface.blocks, {**kept}, {**done.state})
    state = elements.merged_state(surface.blocks, state, left)
    if surface.view is not None:
        surface.view.state = state
    payload = {
        "type": "block_actions",
        **signed_by(platform, person),
        **_container(platform, person, surface),
        "trigger_id": platform.triggers.give(person, surface.view.id if surface.view else None),
        "state": {"values": state},
        "actions": [{"action_ts": at, **action}],
    }
    trying = Attempt(person, "action", "This app", INTERACTIVE, payload)
    return (await attempt(platform, trying)).answer()


async def options(
    platform: Platform, person: str, surface: Surface, block_id: str, action_id: str, typed: str
) -> Json:
    """Ask the app for the options of an external select.

    Raises:
        Refused: not_found, operation_timeout, dispatch_failed (also for a malformed answer).
    """
    _interactive(platform)
    element = elements.find(surface.blocks, block_id, action_id)
    if element is None or not element["type"].endswith("external_select"):
        raise Refused("not_found", f"no external select {block_id}/{action_id}")
    payload = {
        "type": "block_suggestion",
        **signed_by(platform, person),
        **_container(platform, person, surface),
        "action_id": action_id,
        "block_id": block_id,
        "value": typed,
    }
    trying = Attempt(person, "options", "This menu", INTERACTIVE, payload)
    answered = (await attempt(platform, trying)).payload
    for name in ("options", "option_groups"):
        if isinstance(answered.get(name), list):
            return {"ok": True, name: answered[name]}
    raise Refused("dispatch_failed", "the answer has neither options nor option_groups")


async def shortcut(
    platform: Platform,
    person: str,
    callback_id: str,
    channel: Channel | None,
    message: Message | None,
) -> Json:
    """Use a shortcut of the manifest, on a message or anywhere.

    Raises:
        Refused: not_declared, operation_timeout, dispatch_failed.
    """
    declared = platform.app.manifest.shortcuts.get(callback_id)
    wanted = "global" if message is None else "message"
    if declared != wanted:
        toast(platform, person, f"{callback_id} is not a valid shortcut.")
        raise Refused("not_declared", f"no {wanted} shortcut {callback_id} in the manifest")
    payload = {
        "type": "shortcut" if message is None else "message_action",
        **signed_by(platform, person),
        "callback_id": callback_id,
        "trigger_id": platform.triggers.give(person),
        "action_ts": platform.store.next_ts(),
    }
    if message is not None and channel is not None:
        payload |= {
            "channel": {"id": channel.id, "name": channel.name},
            "message_ts": message.ts,
            "message": platform.message_json(message, channel),
            "response_url": response_url(platform, person, channel, ts=message.ts),
        }
    trying = Attempt(person, "action", "This shortcut", INTERACTIVE, payload)
    return (await attempt(platform, trying)).answer()


def _interactive(platform: Platform) -> None:
    if not platform.app.manifest.interactivity:
        raise Refused("interactivity_off", "the manifest does not enable interactivity")


def _action(surface: Surface, done: Press, at: str) -> Json:
    element = elements.find(surface.blocks, done.block_id, done.action_id)
    if element is None:
        raise Refused("not_found", f"no element {done.block_id}/{done.action_id} is shown")
    try:
        return elements.action(element, done.block_id, at, done.value, done.selected)
    except ValueError as exc:
        raise Refused("not_found", str(exc)) from None


def _container(platform: Platform, person: str, surface: Surface) -> Json:
    """The parts of a payload that say where the element stands."""
    if surface.view is not None:
        return {
            "container": {"type": "view", "view_id": surface.view.id},
            "view": surface.view.json(),
        }
    message, channel = surface.message, surface.channel
    if message is None or channel is None:
        raise Refused("not_found", "an element stands in a message or in a view")
    ephemeral = message.visible_to is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    part: Json = {
        "container": container,
        "channel": {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name},
        "response_url": response_url(
            platform, person, channel, ts=message.ts, thread_ts=message.thread_ts
        ),
    }
    if not ephemeral:
        part["message"] = platform.message_json(message, channel)
    elif message.user != seeds.BOT_USER_ID:
        raise Refused("not_found", "only the app's own messages have elements")
    return part
