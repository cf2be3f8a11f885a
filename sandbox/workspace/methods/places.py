"""Finding channels and messages for methods, with the refusals Slack gives."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.wire import ApiError, Arguments

T = TypeVar("T")
LIST_PAGE = 5
"""Most items of a list answered at once, whatever `limit` says.

Slack may return fewer than asked for, and code that forgets the cursor must fail here first.
"""
HISTORY_PAGE = 20
FAMILY = {"channel": "channels", "group": "groups", "im": "im"}


def scope_for(channel: Channel, right: str) -> str:
    """`channels:read`, `groups:history`, `im:write` … for this kind of conversation."""
    if right == "write" and channel.kind == "channel":
        return "channels:manage"
    return f"{FAMILY[channel.kind]}:{right}"


def need_scope(platform: Platform, scope: str) -> None:
    """Refuse with missing_scope unless the app was granted `scope`."""
    if scope not in platform.app.scopes:
        provided = ",".join(sorted(platform.app.scopes))
        raise ApiError("missing_scope", extra={"needed": scope, "provided": provided})


def channel_of(
    platform: Platform, arguments: Arguments, name: str = "channel", *, right: str | None = None
) -> Channel:
    """The conversation an id names; one the bot may not see is not found.

    Raises:
        ApiError: channel_not_found, or missing_scope when `right` is not granted for its kind.
    """
    channel_id = arguments.need(name, "channel_not_found")
    channel = platform.store.channels.get(channel_id)
    if channel is None or (channel.is_private and not platform.bot_is_in(channel)):
        raise ApiError("channel_not_found")
    if right is not None:
        need_scope(platform, scope_for(channel, right))
    return channel


def member_channel(
    platform: Platform, arguments: Arguments, name: str = "channel", *, right: str | None = None
) -> Channel:
    """The conversation, which the bot must belong to and which must not be archived."""
    channel = channel_of(platform, arguments, name, right=right)
    if not platform.bot_is_in(channel):
        raise ApiError("not_in_channel")
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel


def message_of(
    channel: Channel, arguments: Arguments, name: str = "ts", error: str = "message_not_found"
) -> Message:
    """A message of the channel that is not ephemeral."""
    message = channel.messages.get(arguments.need(name, error))
    if message is None:
        raise ApiError(error)
    return message


def page(
    items: Sequence[T], arguments: Arguments, *, most: int = LIST_PAGE
) -> tuple[list[T], dict[str, Any]]:
    """One page of `items` and the `response_metadata` with the cursor of the next."""
    start = _offset(arguments.text("cursor"))
    limit = arguments.number("limit", most)
    if limit <= 0:
        raise ApiError("invalid_limit")
    end = start + min(limit, most)
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return list(items[start:end]), {"next_cursor": cursor}


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        kind, _, offset = base64.b64decode(cursor, validate=True).decode().partition(":")
        if kind != "next":
            raise ApiError("invalid_cursor")
        return int(offset)
    except (binascii.Error, ValueError):
        raise ApiError("invalid_cursor") from None
