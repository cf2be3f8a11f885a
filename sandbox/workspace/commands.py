"""Slash commands: typed by people, answered by the app's acknowledgement.

Source: https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from typing import Any

from sandbox import seeds
from sandbox.workspace import posting
from sandbox.workspace.attempts import Attempt, Refused, attempt, toast
from sandbox.workspace.content import read_message
from sandbox.workspace.control_shapes import control_message
from sandbox.workspace.mentions import as_sent
from sandbox.workspace.parcel import COMMAND
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.wire import ApiError, Arguments


async def run(platform: Platform, person: str, channel: Channel, typed: str) -> dict[str, Any]:
    """Send a command and show what the app acknowledged with.

    Raises:
        Refused: not_declared, operation_timeout, dispatch_failed.
    """
    name, _, words = typed.strip().partition(" ")
    declared = platform.app.manifest.commands.get(name)
    if declared is None or "commands" not in platform.app.scopes:
        toast(platform, person, f"{name} is not a valid command.")
        raise Refused("not_declared", f"{name} is not in the app's manifest")
    user = platform.store.users[person]
    payload = {
        "token": "",
        "team_id": seeds.TEAM_ID,
        "team_domain": seeds.TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": as_sent(words.strip(), platform.store, with_names=declared.should_escape),
        "api_app_id": seeds.APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url(platform, person, channel),
        "trigger_id": platform.triggers.give(person),
    }
    acknowledged = await attempt(platform, Attempt(person, "command", name, COMMAND, payload))
    answer = acknowledged.answer()
    shown = _show(platform, person, channel, acknowledged.payload, name)
    if shown is not None and shown.visible_to is not None:
        answer["ephemeral"] = control_message(platform, channel, shown)
    elif shown is not None:
        answer["ts"] = shown.ts
    return answer


def response_url(
    platform: Platform,
    person: str,
    channel: Channel,
    *,
    ts: str | None = None,
    thread_ts: str | None = None,
) -> str:
    """The address of a new response_url."""
    response_id = platform.response_urls.give(person, channel.id, ts=ts, thread_ts=thread_ts)
    return f"{platform.address()}/response/{response_id}"


def _show(
    platform: Platform, person: str, channel: Channel, payload: dict[str, Any], name: str
) -> Message | None:
    """Post the acknowledgement's message, if it has one."""
    if not payload:
        return None
    try:
        content = read_message(platform, Arguments(payload))
    except ApiError as exc:
        toast(platform, person, f"{name} failed with the error “{exc.code}”")
        raise Refused("dispatch_failed", "; ".join((exc.code, *exc.messages))) from None
    if content.is_empty:
        return None
    message = posting.bot_message(
        platform,
        channel,
        content.text or "",
        blocks=content.blocks or [],
        attachments=content.attachments or [],
    )
    if payload.get("response_type") != "in_channel":
        message.visible_to = person
    return posting.post(platform, channel, message)
