"""conversations.*: opening, making and changing."""

import re
from typing import Any

from sandbox import seeds
from sandbox.workspace import shapes
from sandbox.workspace.membership import join, leave, tell_channel
from sandbox.workspace.methods.places import channel_of, member_channel, need_scope
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel
from sandbox.workspace.wire import ApiError, Arguments

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
NAME_CHARACTERS = 80
MANAGE = ("channels:manage", "groups:write")


@method("conversations.open", "im:write")
def opened(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    """Open the direct messages with one person; groups of several are not part of this world."""
    if arguments.text("channel") is not None:
        channel = channel_of(platform, arguments)
    else:
        people = arguments.listed("users")
        if not people:
            raise ApiError("users_list_not_supplied")
        if len(people) > 1:
            raise ApiError("too_many_users")
        person = platform.store.users.get(people[0])
        if person is None or person.is_bot:
            raise ApiError("user_not_found")
        channel = platform.store.direct_message(person.id)
        tell_channel(platform, channel)
    if arguments.flag("return_im"):
        return {"channel": shapes.channel(channel)}
    return {"channel": {"id": channel.id}}


@method("conversations.join", "channels:join")
def joined(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments)
    if channel.kind != "channel":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    if platform.bot_is_in(channel):
        return {"channel": shapes.channel(channel), "warning": "already_in_channel"}
    join(platform, channel, seeds.BOT_USER_ID)
    return {"channel": shapes.channel(channel)}


@method("conversations.leave", *MANAGE)
def left(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments, right="write")
    if not platform.bot_is_in(channel):
        return {"not_in_channel": True}
    leave(platform, channel, seeds.BOT_USER_ID)
    return {}


@method("conversations.create", *MANAGE)
def create(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    kind = "group" if arguments.flag("is_private") else "channel"
    need_scope(platform, "groups:write" if kind == "group" else "channels:manage")
    name = _free_name(platform, arguments)
    channel = Channel(
        platform.store.ids.new("G" if kind == "group" else "C"),
        name,
        kind=kind,
        creator=seeds.BOT_USER_ID,
        created=int(platform.timing.now()),
        members=[seeds.BOT_USER_ID],
    )
    platform.store.channels[channel.id] = channel
    tell_channel(platform, channel)
    return {"channel": shapes.channel(channel)}


@method("conversations.invite", *MANAGE)
def invite(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments, right="write")
    people = arguments.listed("users")
    if not people:
        raise ApiError("no_user")
    for person in people:
        if person == seeds.BOT_USER_ID:
            raise ApiError("cant_invite_self")
        if person not in platform.store.users:
            raise ApiError("user_not_found")
        if person in channel.members:
            raise ApiError("already_in_channel")
    for person in people:
        join(platform, channel, person, inviter=seeds.BOT_USER_ID)
    return {"channel": shapes.channel(channel)}


@method("conversations.kick", *MANAGE)
def kick(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments, right="write")
    person = arguments.need("user", "user_not_found")
    if person == seeds.BOT_USER_ID:
        raise ApiError("cant_kick_self")
    if person not in channel.members:
        raise ApiError("not_in_channel")
    leave(platform, channel, person)
    return {}


@method("conversations.rename", *MANAGE)
def rename(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments, right="write")
    channel.name = _free_name(platform, arguments, besides=channel)
    tell_channel(platform, channel)
    if channel.kind == "channel":
        renamed = {"id": channel.id, "name": channel.name, "created": channel.created}
        platform.events.announce({"type": "channel_rename", "channel": renamed}, channel)
    return {"channel": shapes.channel(channel)}


@method("conversations.setTopic", *MANAGE)
def set_topic(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments, right="write")
    channel.topic = _short(arguments, "topic")
    tell_channel(platform, channel)
    return {"channel": shapes.channel(channel)}


@method("conversations.setPurpose", *MANAGE)
def set_purpose(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments, right="write")
    channel.purpose = _short(arguments, "purpose")
    tell_channel(platform, channel)
    return {"purpose": channel.purpose, "channel": shapes.channel(channel)}


@method("conversations.archive", *MANAGE)
def archive(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments, right="write")
    if channel.is_archived:
        raise ApiError("already_archived")
    if not platform.bot_is_in(channel):
        raise ApiError("not_in_channel")
    if channel.id == "C0GENERAL":
        raise ApiError("cant_archive_general")
    archive_channel(platform, channel, seeds.BOT_USER_ID)
    return {}


@method("conversations.unarchive", *MANAGE)
def unarchive(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments, right="write")
    if not channel.is_archived:
        raise ApiError("not_archived")
    channel.is_archived = False
    tell_channel(platform, channel)
    return {}


def archive_channel(platform: Platform, channel: Channel, by: str) -> None:
    """Archive the channel, by the bot or by a person."""
    channel.is_archived = True
    tell_channel(platform, channel)
    event = {"type": "channel_archive", "channel": channel.id, "user": by}
    platform.events.announce(event, channel)


def _free_name(platform: Platform, arguments: Arguments, besides: Channel | None = None) -> str:
    name = arguments.need("name", "invalid_name_required")
    if len(name) > NAME_CHARACTERS:
        raise ApiError("invalid_name_maxlength")
    if not NAME.fullmatch(name):
        raise ApiError("invalid_name_specials")
    taken = platform.store.named(name)
    if taken is not None and taken is not besides:
        raise ApiError("name_taken")
    return name


def _short(arguments: Arguments, name: str) -> str:
    text = arguments.text(name) or ""
    if len(text) > 250:
        raise ApiError("too_long")
    return text
