"""files.*: the external upload flow and files.info."""

from typing import Any

from sandbox.workspace.methods.places import member_channel
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.posting import thread_parent
from sandbox.workspace.state import Channel, File
from sandbox.workspace.uploads import Share, complete, new_upload
from sandbox.workspace.wire import ApiError, Arguments, invalid


@method("files.getUploadURLExternal", "files:write")
def upload_url(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    length = arguments.number("length", 0)
    if length <= 0:
        raise invalid("must be a positive number [json-pointer:/length]")
    alt_text = arguments.text("alt_txt") or ""
    file, url = new_upload(platform, arguments.need("filename"), length, alt_text)
    return {"upload_url": url, "file_id": file.id}


@method("files.completeUploadExternal", "files:write")
def complete_upload(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    """Finish uploads; the files appear in the channel when Slack has processed them."""
    files = _uploaded(platform, arguments)
    channel_ids = arguments.listed("channels") or arguments.listed("channel_id")
    channels = [_channel(platform, channel_id) for channel_id in channel_ids]
    thread_ts = arguments.text("thread_ts")
    if thread_ts is not None:
        if len(channels) != 1:
            raise ApiError("invalid_arguments")
        thread_parent(channels[0], thread_ts)
    share = Share(tuple(channels), arguments.text("initial_comment") or "", thread_ts)
    complete(platform, files, share)
    return {"files": [platform.file_json(file.id) for file in files]}


@method("files.info", "files:read")
def info(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    file = platform.store.files.get(arguments.need("file", "file_not_found"))
    if file is None or not file.completed:
        raise ApiError("file_not_found")
    return {
        "file": platform.file_json(file.id),
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


def _channel(platform: Platform, channel_id: str) -> Channel:
    return member_channel(platform, Arguments({"channel": channel_id}))


def _uploaded(platform: Platform, arguments: Arguments) -> list[File]:
    listed = arguments.decoded("files", "invalid_arguments")
    if not isinstance(listed, list) or not listed:
        raise invalid("missing required field: files")
    files = []
    for each in listed:
        file = platform.store.files.get(str(each.get("id"))) if isinstance(each, dict) else None
        if file is None or file.content is None:
            raise ApiError("file_not_found")
        if file.completed:
            raise ApiError("file_update_failed")
        file.title = str(each.get("title") or file.name)
        files.append(file)
    return files
