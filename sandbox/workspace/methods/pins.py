"""pins.*"""

from typing import Any

from sandbox import seeds
from sandbox.workspace.methods.places import channel_of, member_channel, message_of
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.posting import tell
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.wire import ApiError, Arguments


@method("pins.add", "pins:write")
def add(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments)
    message = message_of(channel, arguments, "timestamp")
    if message.ts in channel.pins:
        raise ApiError("already_pinned")
    channel.pins.append(message.ts)
    _announce(platform, channel, message, "pin_added")
    return {}


@method("pins.remove", "pins:write")
def remove(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments)
    message = message_of(channel, arguments, "timestamp")
    if message.ts not in channel.pins:
        raise ApiError("no_pin")
    channel.pins.remove(message.ts)
    _announce(platform, channel, message, "pin_removed")
    return {}


@method("pins.list", "pins:read")
def listed(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments)
    if not platform.bot_is_in(channel):
        raise ApiError("not_in_channel")
    return {
        "items": [
            {
                "type": "message",
                "channel": channel.id,
                "created_by": seeds.BOT_USER_ID,
                "message": platform.message_json(channel.messages[ts], channel),
            }
            for ts in reversed(channel.pins)
        ]
    }


def _announce(platform: Platform, channel: Channel, message: Message, kind: str) -> None:
    tell(platform, "message_changed", channel, message)
    shown = platform.message_json(message, channel)
    item = {"type": "message", "channel": channel.id, "message": shown}
    platform.events.announce(
        {
            "type": kind,
            "user": seeds.BOT_USER_ID,
            "channel_id": channel.id,
            "item": item,
            "event_ts": platform.store.next_ts(),
        },
        channel,
    )
