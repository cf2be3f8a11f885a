"""Files on their way in: upload addresses, processing, the message that shows them.

Slack processes uploads after it has answered: until then a file has no type and no shares, an
image block may not name it, and its message may stand after one posted later. Confirmed by
Slack's staff in several issues of their SDKs.
"""

import mimetypes
from dataclasses import dataclass
from pathlib import PurePosixPath

from aiohttp import web

from sandbox import seeds
from sandbox.workspace import posting
from sandbox.workspace.control_shapes import control_file
from sandbox.workspace.mentions import escaped
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel, File

PROCESSING_S = 0.4
"""How long Slack takes to look at a file; divided by the pace."""
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Share:
    """Where files are to be shown, once they can be."""

    channels: tuple[Channel, ...]
    comment: str
    thread_ts: str | None


def new_upload(platform: Platform, name: str, length: int, alt_text: str) -> tuple[File, str]:
    """A file that is expected, and the address its bytes go to, once."""
    file = File(
        platform.store.ids.new("F"),
        name=PurePosixPath(name).name,
        title=name,
        length=length,
        created=int(platform.timing.now()),
        user=seeds.BOT_USER_ID,
        alt_text=alt_text,
    )
    platform.store.files[file.id] = file
    return file, f"{platform.address()}/files/upload/{file.id}"


async def receive(platform: Platform, request: web.Request) -> web.Response:
    """Take a file's bytes: as the body, or as the one part of a form."""
    file = platform.store.files.get(request.match_info["file_id"])
    if file is None or file.content is not None:
        return web.Response(status=404, text="no such upload")
    if request.content_type == "multipart/form-data":
        parts = (await request.post()).values()
        content = next((p.file.read() for p in parts if isinstance(p, web.FileField)), b"")
    else:
        content = await request.read()
    if len(content) != file.length:
        return web.Response(status=400, text=f"expected {file.length} bytes, got {len(content)}")
    file.content = content
    return web.Response(text=f"OK - {len(content)}")


def complete(platform: Platform, files: list[File], share: Share) -> None:
    """Accept the files; the rest happens when they are processed."""
    for file in files:
        file.completed = True
    platform.timing.spawn(_process(platform, files, share))


async def _process(platform: Platform, files: list[File], share: Share) -> None:
    await platform.timing.wait(PROCESSING_S)
    for file in files:
        guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        file.mimetype = "image/png" if (file.content or b"").startswith(PNG) else guessed
        file.filetype = PurePosixPath(file.name).suffix.removeprefix(".") or "binary"
        file.ready = True
    for channel in share.channels:
        _show(platform, channel, files, share)
    for file in files:
        platform.stream.tell(None, "file_ready", file=control_file(file))
        for channel in share.channels:
            _announce(platform, channel, file)


def _show(platform: Platform, channel: Channel, files: list[File], share: Share) -> None:
    message = posting.bot_message(
        platform,
        channel,
        share.comment,
        files=[file.id for file in files],
        thread_ts=share.thread_ts,
    )
    for file in files:
        shown: dict[str, object] = {"ts": message.ts, "channel_name": channel.name}
        if share.thread_ts is not None:
            shown["thread_ts"] = share.thread_ts
        file.shared.setdefault(channel.id, []).append(shown)
    posting.post(platform, channel, message)


def _announce(platform: Platform, channel: Channel, file: File) -> None:
    platform.events.announce(
        {
            "type": "file_shared",
            "file_id": file.id,
            "user_id": file.user,
            "file": {"id": file.id},
            "channel_id": channel.id,
            "event_ts": platform.store.next_ts(),
        },
        channel,
    )


async def download(platform: Platform, request: web.Request) -> web.Response:
    """Give a file's bytes to the app, which needs its token and files:read."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    allowed = platform.app.token_kind(token) == "bot" and "files:read" in platform.app.scopes
    file = platform.store.files.get(request.match_info["file_id"])
    if not allowed or file is None or not file.completed or file.content is None:
        # Slack answers a sign-in page, not an error.
        page = f"<html><body>{escaped(seeds.TEAM_NAME)}: sign in</body></html>"
        return web.Response(status=200, text=page, content_type="text/html")
    return web.Response(body=file.content, content_type=file.mimetype or "binary/octet-stream")
