"""What an app posts to a response_url.

Source: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from aiohttp import web

from sandbox.workspace import posting
from sandbox.workspace.content import Content, read_message
from sandbox.workspace.methods.chat import rewrite
from sandbox.workspace.platform import Platform
from sandbox.workspace.responses import ResponseUrl
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.wire import ApiError, Arguments, read_arguments


async def respond(platform: Platform, request: web.Request) -> tuple[Arguments, ApiError | None]:
    """Show an answer; return what was posted, and why it was refused if it was."""
    arguments, problem = await read_arguments(request)
    try:
        if problem is not None:
            raise problem
        url = platform.response_urls.use(request.match_info["response_id"])
        _show(platform, url, arguments)
    except ApiError as exc:
        return arguments, exc
    return arguments, None


def _show(platform: Platform, url: ResponseUrl, arguments: Arguments) -> None:
    channel = platform.store.channels[url.channel]
    original = platform.store.message(channel.id, url.ts) if url.ts else None
    if arguments.flag("delete_original"):
        if original is None:
            raise ApiError("message_not_found")
        posting.delete(platform, channel, original)
        return
    content = read_message(platform, arguments)
    if content.is_empty:
        raise ApiError("no_text")
    if arguments.flag("replace_original") and original is not None:
        before = platform.message_json(original, channel)
        rewrite(platform, original, content)
        posting.changed(platform, channel, original, before)
        return
    _post(platform, url, channel, content, arguments)


def _post(
    platform: Platform, url: ResponseUrl, channel: Channel, content: Content, arguments: Arguments
) -> Message:
    in_channel = arguments.text("response_type") == "in_channel"
    thread_ts = arguments.text("thread_ts") or url.thread_ts
    message = posting.bot_message(
        platform,
        channel,
        content.text or "",
        blocks=content.blocks or [],
        attachments=content.attachments or [],
        metadata=content.metadata,
        thread_ts=thread_ts,
        visible_to=None if in_channel else url.user,
    )
    if url.ts is None and not in_channel:
        # What answers a command may be replaced by the next answer.
        url.ts = message.ts
    return posting.post(platform, channel, message)
