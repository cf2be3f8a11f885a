"""Reactions, by the bot or by people."""

from sandbox.workspace.platform import Platform
from sandbox.workspace.posting import tell
from sandbox.workspace.state import Channel, Message


def add(platform: Platform, channel: Channel, message: Message, name: str, user: str) -> None:
    """Put a reaction on a message; a second one by the same person changes nothing."""
    users = message.reactions.setdefault(name, [])
    if user not in users:
        users.append(user)
        _announce(platform, channel, message, "reaction_added", name, user)


def remove(platform: Platform, channel: Channel, message: Message, name: str, user: str) -> None:
    """Take a reaction away."""
    users = message.reactions.get(name, [])
    if user in users:
        users.remove(user)
        if not users:
            del message.reactions[name]
        _announce(platform, channel, message, "reaction_removed", name, user)


def _announce(
    platform: Platform, channel: Channel, message: Message, kind: str, name: str, user: str
) -> None:
    tell(platform, "message_changed", channel, message)
    platform.stream.tell(
        platform.viewers(channel, message),
        "reaction",
        channel=channel.id,
        ts=message.ts,
        reactions=[{"name": each, "users": who} for each, who in message.reactions.items()],
    )
    platform.events.announce(
        {
            "type": kind,
            "user": user,
            "reaction": name,
            "item_user": message.user,
            "item": {"type": "message", "channel": channel.id, "ts": message.ts},
            "event_ts": platform.store.next_ts(),
        },
        channel,
    )
