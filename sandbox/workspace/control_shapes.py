"""The workspace in the words of the control API: what the page draws."""

from typing import Any

from sandbox import seeds
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel, File, Message


def control_message(platform: Platform, channel: Channel, message: Message) -> dict[str, Any]:
    """A message as pages draw it, thread figures included."""
    author = platform.store.users.get(message.user)
    shown: dict[str, Any] = {
        "ts": message.ts,
        "channel": channel.id,
        "user": message.user,
        "username": author.name if author else message.user,
        "text": message.text,
    }
    if message.by_bot:
        shown["bot_id"] = seeds.BOT_ID
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.attachments:
        shown["attachments"] = message.attachments
    if message.files:
        shown["files"] = [control_file(platform.store.files[each]) for each in message.files]
    if message.thread_ts is not None:
        shown["thread_ts"] = message.thread_ts
    if message.broadcast:
        shown["broadcast"] = True
    if message.edited_ts is not None:
        shown["edited"] = {"ts": message.edited_ts}
    if message.reactions:
        shown["reactions"] = [
            {"name": name, "users": list(users)} for name, users in message.reactions.items()
        ]
    if message.metadata is not None:
        shown["metadata"] = message.metadata
    if message.visible_to is not None:
        shown["ephemeral"] = True
    if message.ts in channel.pins:
        shown["pinned"] = True
    return shown | _thread(channel, message)


def _thread(channel: Channel, message: Message) -> dict[str, Any]:
    """The figures under a message that has replies."""
    replies = [] if message.is_reply else channel.replies(message.ts)
    if not replies:
        return {}
    return {
        "reply_count": len(replies),
        "reply_users": list(dict.fromkeys(reply.user for reply in replies)),
        "latest_reply": replies[-1].ts,
    }


def control_file(file: File) -> dict[str, Any]:
    """A file as pages draw it."""
    shown: dict[str, Any] = {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "size": file.length,
        "url": f"/control/files/{file.id}",
        "ready": file.ready,
    }
    if file.alt_text:
        shown["alt_text"] = file.alt_text
    return shown


def control_channel(channel: Channel) -> dict[str, Any]:
    """A channel as the sidebar lists it."""
    return {
        "id": channel.id,
        "name": channel.name,
        "purpose": channel.purpose,
        "topic": channel.topic,
        "is_im": channel.is_im,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "members": list(channel.members),
        "bookmarks": list(channel.bookmarks.values()),
    }
