"""reactions.*"""

import re
from typing import Any

from sandbox import seeds
from sandbox.workspace import reacting
from sandbox.workspace.methods.places import channel_of, member_channel, message_of
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.wire import ApiError, Arguments

NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")
"""An emoji's name, without the colons that people like to add."""


@method("reactions.add", "reactions:write")
def add(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    name = _name(arguments)
    channel = member_channel(platform, arguments)
    message = message_of(channel, arguments, "timestamp")
    if seeds.BOT_USER_ID in message.reactions.get(name, []):
        raise ApiError("already_reacted")
    reacting.add(platform, channel, message, name, seeds.BOT_USER_ID)
    return {}


@method("reactions.remove", "reactions:write")
def remove(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    name = _name(arguments)
    channel = member_channel(platform, arguments)
    message = message_of(channel, arguments, "timestamp")
    if seeds.BOT_USER_ID not in message.reactions.get(name, []):
        raise ApiError("no_reaction")
    reacting.remove(platform, channel, message, name, seeds.BOT_USER_ID)
    return {}


@method("reactions.get", "reactions:read")
def get(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments)
    message = message_of(channel, arguments, "timestamp")
    shown = platform.message_json(message, channel)
    return {"type": "message", "channel": channel.id, "message": shown}


def _name(arguments: Arguments) -> str:
    name = arguments.need("name", "invalid_name")
    if not NAME.fullmatch(name):
        raise ApiError("invalid_name")
    return name
