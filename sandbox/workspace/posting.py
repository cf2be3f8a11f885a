"""Putting messages into channels: kept, told to the pages, announced to the app."""

from typing import Any

from sandbox import seeds
from sandbox.workspace.control_shapes import control_message
from sandbox.workspace.mentions import mentions_bot
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.wire import ApiError


def post(platform: Platform, channel: Channel, message: Message) -> Message:
    """Add the message to its channel; an ephemeral one is told to its person alone."""
    channel.add(message)
    tell(platform, "message", channel, message)
    if message.visible_to is not None:
        return message
    if message.is_reply:
        _tell_parent(platform, channel, message)
    event = platform.message_json(message, channel, with_metadata=True)
    event |= {"channel": channel.id, "event_ts": message.ts}
    if not message.by_bot and not channel.is_im and mentions_bot(message.text):
        platform.events.announce({**event, "type": "app_mention"}, channel)
    event["channel_type"] = channel.kind
    if message.files:
        event["subtype"] = "file_share"
    platform.events.announce(event, channel)
    return message


def changed(platform: Platform, channel: Channel, message: Message, before: dict[str, Any]) -> None:
    """Tell everybody that a message is not what it was; `before` is how the API showed it."""
    tell(platform, "message_changed", channel, message)
    if message.visible_to is None:
        ts = platform.store.next_ts()
        platform.events.announce(
            {
                "type": "message",
                "subtype": "message_changed",
                "channel": channel.id,
                "channel_type": channel.kind,
                "message": platform.message_json(message, channel, with_metadata=True),
                "previous_message": before,
                "hidden": True,
                "ts": ts,
                "event_ts": ts,
            },
            channel,
        )


def delete(platform: Platform, channel: Channel, message: Message) -> None:
    """Take a message away; replies stay without their parent, as in Slack."""
    before = platform.message_json(message, channel)
    channel.remove(message)
    if message.is_reply:
        _tell_parent(platform, channel, message)
    viewers = platform.viewers(channel, message)
    platform.stream.tell(viewers, "message_deleted", channel=channel.id, ts=message.ts)
    if message.visible_to is None:
        ts = platform.store.next_ts()
        platform.events.announce(
            {
                "type": "message",
                "subtype": "message_deleted",
                "channel": channel.id,
                "channel_type": channel.kind,
                "deleted_ts": message.ts,
                "previous_message": before,
                "hidden": True,
                "ts": ts,
                "event_ts": ts,
            },
            channel,
        )


def tell(platform: Platform, kind: str, channel: Channel, message: Message) -> None:
    """Push the message, as pages draw it, to those who see it."""
    shown = control_message(platform, channel, message)
    platform.stream.tell(platform.viewers(channel, message), kind, message=shown)


def _tell_parent(platform: Platform, channel: Channel, reply: Message) -> None:
    """Tell the pages what stands below a thread's first message now."""
    parent = channel.messages.get(reply.thread_ts or "")
    if parent is not None:
        tell(platform, "message_changed", channel, parent)


def thread_parent(channel: Channel, thread_ts: str) -> str:
    """The parent a reply may go to.

    Raises:
        ApiError: thread_not_found, or cannot_reply_to_message for a reply of a reply.
    """
    parent = channel.messages.get(thread_ts)
    if parent is None:
        raise ApiError("thread_not_found")
    if parent.is_reply:
        raise ApiError("cannot_reply_to_message")
    return thread_ts


def bot_message(platform: Platform, channel: Channel, text: str, **content: Any) -> Message:
    """A message of the bot's, not yet posted."""
    return Message(platform.store.next_ts(), channel.id, seeds.BOT_USER_ID, text, **content)
