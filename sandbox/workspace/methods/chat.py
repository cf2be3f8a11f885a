"""chat.*"""

from typing import Any

from sandbox.workspace import posting
from sandbox.workspace.content import Content, read_message
from sandbox.workspace.methods.places import channel_of, message_of
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.wire import ApiError, Arguments


@method("chat.postMessage", "chat:write")
def post_message(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = _destination(platform, arguments)
    content = read_message(platform, arguments)
    if content.is_empty:
        raise ApiError("no_text")
    thread_ts = arguments.text("thread_ts")
    if thread_ts is not None:
        posting.thread_parent(channel, thread_ts)
    message = _message(platform, channel, content, thread_ts)
    message.broadcast = thread_ts is not None and arguments.flag("reply_broadcast")
    posting.post(platform, channel, message)
    shown = platform.message_json(message, channel, with_metadata=True)
    return content.warned({"channel": channel.id, "ts": message.ts, "message": shown})


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = _destination(platform, arguments)
    if not platform.bot_is_in(channel):
        raise ApiError("not_in_channel")
    user = arguments.need("user", "user_not_found")
    if user not in platform.store.users:
        raise ApiError("user_not_found")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    content = read_message(platform, arguments)
    if content.is_empty:
        raise ApiError("no_text")
    message = _message(platform, channel, content, arguments.text("thread_ts"))
    message.visible_to = user
    posting.post(platform, channel, message)
    return content.warned({"message_ts": message.ts})


@method("chat.update", "chat:write")
def update(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    """Edit one of the bot's own messages.

    `text` without `blocks` takes the blocks away, both absent keeps them, and with blocks there
    is no "(edited)" mark. https://docs.slack.dev/reference/methods/chat.update
    """
    channel = channel_of(platform, arguments)
    message = message_of(channel, arguments)
    if not message.by_bot:
        raise ApiError("cant_update_message")
    if channel.is_archived:
        raise ApiError("is_archived")
    content = read_message(platform, arguments)
    if content.text is None and content.blocks is None and content.attachments is None:
        if content.metadata is None:
            raise ApiError("no_text")
    elif content.is_empty:
        raise ApiError("no_text")
    before = platform.message_json(message, channel)
    rewrite(platform, message, content)
    posting.changed(platform, channel, message, before)
    shown = platform.message_json(message, channel, with_metadata=True)
    return content.warned(
        {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}
    )


@method("chat.delete", "chat:write")
def delete(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments)
    message = message_of(channel, arguments)
    if not message.by_bot:
        raise ApiError("cant_delete_message")
    posting.delete(platform, channel, message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.getPermalink")
def get_permalink(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments)
    message = message_of(channel, arguments, "message_ts")
    return {"channel": channel.id, "permalink": permalink(platform, message)}


def permalink(platform: Platform, message: Message) -> str:
    """The address under which a browser shows the message."""
    path = f"/archives/{message.channel}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        path += f"?thread_ts={message.thread_ts}&cid={message.channel}"
    return platform.address() + path


def rewrite(platform: Platform, message: Message, content: Content) -> None:
    """Change what a message shows, by chat.update's rules."""
    if content.text is not None:
        message.text = content.text
        if content.blocks is None:
            message.blocks = []
            message.edited_ts = platform.store.next_ts()
    if content.blocks is not None:
        message.blocks = content.blocks
    if content.attachments is not None:
        message.attachments = content.attachments
    if content.metadata is not None:
        message.metadata = content.metadata


def _message(
    platform: Platform, channel: Channel, content: Content, thread_ts: str | None
) -> Message:
    return posting.bot_message(
        platform,
        channel,
        content.text or "",
        blocks=content.blocks or [],
        attachments=content.attachments or [],
        metadata=content.metadata,
        thread_ts=thread_ts,
    )


def _destination(platform: Platform, arguments: Arguments) -> Channel:
    """Where a message goes: a channel by id or name, or a person's direct messages."""
    name = arguments.need("channel", "channel_not_found")
    person = platform.store.users.get(name)
    if person is not None and not person.is_bot:
        return platform.store.direct_message(person.id)
    channel = platform.store.channels.get(name) or platform.store.named(name)
    if channel is None or (channel.is_private and not platform.bot_is_in(channel)):
        raise ApiError("channel_not_found")
    if channel.is_archived:
        raise ApiError("is_archived")
    if not platform.bot_is_in(channel) and "chat:write.public" not in platform.app.scopes:
        raise ApiError("not_in_channel")
    return channel
