"""conversations.*: looking."""

from typing import Any

from sandbox import seeds
from sandbox.workspace import shapes
from sandbox.workspace.methods.places import (
    FAMILY,
    HISTORY_PAGE,
    channel_of,
    need_scope,
    page,
)
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.wire import ApiError, Arguments

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history")
KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


@method("conversations.info", *READ)
def info(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    return {"channel": shapes.channel(channel_of(platform, arguments, right="read"))}


@method("conversations.list", *READ)
def listed(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    found = _visible(platform, arguments)
    channels, metadata = page(found, arguments)
    return {
        "channels": [shapes.channel(channel) for channel in channels],
        "response_metadata": metadata,
    }


@method("users.conversations", *READ)
def of_user(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    user = arguments.text("user") or seeds.BOT_USER_ID
    found = [channel for channel in _visible(platform, arguments) if user in channel.members]
    channels, metadata = page(found, arguments)
    return {
        "channels": [shapes.channel(channel) for channel in channels],
        "response_metadata": metadata,
    }


@method("conversations.members", *READ)
def members(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments, right="read")
    people, metadata = page(channel.members, arguments)
    return {"members": people, "response_metadata": metadata}


@method("conversations.history", *HISTORY)
def history(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    """The channel's messages, newest first, without replies."""
    channel = _readable(platform, arguments)
    found = [m for m in channel.top_level() if _between(m, arguments)]
    return _messages(platform, channel, list(reversed(found)), arguments)


@method("conversations.replies", *HISTORY)
def replies(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    """A thread, its parent first; `ts` may be any message of it."""
    channel = _readable(platform, arguments)
    asked = channel.messages.get(arguments.need("ts", "thread_not_found"))
    if asked is None:
        raise ApiError("thread_not_found")
    parent_ts = asked.thread_ts if asked.is_reply and asked.thread_ts else asked.ts
    parent = channel.messages.get(parent_ts)
    thread = channel.replies(parent_ts)
    found = ([parent] if parent else []) + [m for m in thread if _between(m, arguments)]
    return _messages(platform, channel, found, arguments)


def _readable(platform: Platform, arguments: Arguments) -> Channel:
    channel = channel_of(platform, arguments, right="history")
    if not platform.bot_is_in(channel):
        raise ApiError("not_in_channel")
    return channel


def _messages(
    platform: Platform, channel: Channel, found: list[Message], arguments: Arguments
) -> dict[str, Any]:
    with_metadata = arguments.flag("include_all_metadata")
    shown, metadata = page(found, arguments, most=HISTORY_PAGE)
    answer: dict[str, Any] = {
        "messages": [
            platform.message_json(message, channel, with_metadata=with_metadata)
            for message in shown
        ],
        "has_more": bool(metadata["next_cursor"]),
        "pin_count": len(channel.pins),
    }
    if metadata["next_cursor"]:
        answer["response_metadata"] = metadata
    return answer


def _between(message: Message, arguments: Arguments) -> bool:
    """Whether a message lies between `oldest` and `latest`, the ends only if `inclusive`."""
    oldest, latest = arguments.text("oldest"), arguments.text("latest")
    inclusive = arguments.flag("inclusive")
    at = _moment(message.ts)
    if oldest is not None and (at < _moment(oldest) or (at == _moment(oldest) and not inclusive)):
        return False
    return latest is None or at < _moment(latest) or (at == _moment(latest) and inclusive)


def _moment(ts: str) -> tuple[int, int]:
    seconds, _, micros = ts.partition(".")
    try:
        return int(seconds), int(f"{micros:0<6}"[:6] or 0)
    except ValueError:
        raise ApiError("invalid_ts_oldest") from None


def _visible(platform: Platform, arguments: Arguments) -> list[Channel]:
    """The conversations the call lists, in the order they were made."""
    kinds = []
    for name in arguments.listed("types") or ["public_channel"]:
        if name not in KINDS:
            raise ApiError("invalid_types")
        kind = KINDS[name]
        if kind in FAMILY:
            need_scope(platform, f"{FAMILY[kind]}:read")
        kinds.append(kind)
    hide_archived = arguments.flag("exclude_archived")
    return [
        channel
        for channel in platform.store.channels.values()
        if channel.kind in kinds
        and not (hide_archived and channel.is_archived)
        and (not channel.is_private or platform.bot_is_in(channel))
    ]
