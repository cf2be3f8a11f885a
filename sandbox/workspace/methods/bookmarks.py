"""bookmarks.*"""

from typing import Any

from sandbox import seeds
from sandbox.workspace.membership import tell_channel
from sandbox.workspace.methods.places import channel_of, member_channel
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel
from sandbox.workspace.wire import ApiError, Arguments

MOST = 100


@method("bookmarks.add", "bookmarks:write")
def add(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments, "channel_id")
    title = arguments.need("title")
    if arguments.need("type") != "link":
        raise ApiError("invalid_bookmark_type")
    link = _link(arguments)
    if len(channel.bookmarks) >= MOST:
        raise ApiError("too_many_bookmarks")
    bookmark_id = platform.store.ids.new("Bk")
    bookmark = {
        "id": bookmark_id,
        "channel_id": channel.id,
        "title": title,
        "link": link,
        "emoji": arguments.text("emoji"),
        "icon_url": None,
        "type": "link",
        "entity_id": None,
        "date_created": int(platform.timing.now()),
        "date_updated": 0,
        "rank": f"{len(channel.bookmarks):04d}",
        "last_updated_by_user_id": seeds.BOT_USER_ID,
        "last_updated_by_team_id": seeds.TEAM_ID,
        "shortcut_id": None,
        "app_id": seeds.APP_ID,
    }
    channel.bookmarks[bookmark_id] = bookmark
    tell_channel(platform, channel)
    return {"bookmark": bookmark}


@method("bookmarks.edit", "bookmarks:write")
def edit(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments, "channel_id")
    bookmark = _bookmark(channel, arguments)
    if "title" in arguments:
        bookmark["title"] = arguments.need("title")
    if "link" in arguments:
        bookmark["link"] = _link(arguments)
    if "emoji" in arguments:
        bookmark["emoji"] = arguments.text("emoji")
    bookmark["date_updated"] = int(platform.timing.now())
    tell_channel(platform, channel)
    return {"bookmark": bookmark}


@method("bookmarks.remove", "bookmarks:write")
def remove(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = member_channel(platform, arguments, "channel_id")
    del channel.bookmarks[_bookmark(channel, arguments)["id"]]
    tell_channel(platform, channel)
    return {}


@method("bookmarks.list", "bookmarks:read")
def listed(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    channel = channel_of(platform, arguments, "channel_id")
    if not platform.bot_is_in(channel):
        raise ApiError("not_in_channel")
    return {"bookmarks": list(channel.bookmarks.values())}


def _bookmark(channel: Channel, arguments: Arguments) -> dict[str, Any]:
    bookmark = channel.bookmarks.get(arguments.need("bookmark_id"))
    if bookmark is None:
        raise ApiError("not_found")
    return bookmark


def _link(arguments: Arguments) -> str:
    link = arguments.need("link", "invalid_link")
    if not link.startswith(("https://", "http://")):
        raise ApiError("invalid_link")
    return link
