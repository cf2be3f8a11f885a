"""The workspace's memory in Slack's JSON: what methods answer and events carry.

Source: the key sets of https://docs.slack.dev/reference/objects and of the events reference.
"""

from collections.abc import Callable
from typing import Any

from sandbox import seeds
from sandbox.workspace.state import Channel, File, Message, User

Json = dict[str, Any]
BOT_PROFILE = {
    "id": seeds.BOT_ID,
    "app_id": seeds.APP_ID,
    "name": "credlink",
    "deleted": False,
    "updated": 0,
    "team_id": seeds.TEAM_ID,
    "icons": {},
}
ZONE = {"tz": "Etc/UTC", "tz_label": "Coordinated Universal Time", "tz_offset": 0}


def user(person: User, *, with_email: bool) -> Json:
    """A user object; the address only for apps with users:read.email."""
    profile: Json = {
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "first_name": person.real_name.split()[0],
        "team": seeds.TEAM_ID,
        "status_text": "",
        "status_emoji": "",
    }
    if with_email and person.email:
        profile["email"] = person.email
    if person.is_bot:
        profile |= {"api_app_id": seeds.APP_ID, "bot_id": seeds.BOT_ID}
    return {
        "id": person.id,
        "team_id": seeds.TEAM_ID,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "updated": 0,
        "profile": profile,
        **ZONE,
    }


def channel(it: Channel) -> Json:
    """A conversation object as the bot sees it."""
    if it.is_im:
        other = next(member for member in it.members if member != seeds.BOT_USER_ID)
        return {
            "id": it.id,
            "created": it.created,
            "is_im": True,
            "is_channel": False,
            "is_group": False,
            "is_mpim": False,
            "is_private": True,
            "is_archived": it.is_archived,
            "user": other,
            "is_user_deleted": False,
            "is_open": True,
        }
    return {
        "id": it.id,
        "name": it.name,
        "name_normalized": it.name,
        "is_channel": it.kind == "channel",
        "is_group": it.kind == "group",
        "is_im": False,
        "is_mpim": False,
        "is_private": it.is_private,
        "is_archived": it.is_archived,
        "is_general": it.id == "C0GENERAL",
        "is_member": seeds.BOT_USER_ID in it.members,
        "is_shared": False,
        "created": it.created,
        "creator": it.creator,
        "context_team_id": seeds.TEAM_ID,
        "topic": {"value": it.topic, "creator": it.creator, "last_set": 0},
        "purpose": {"value": it.purpose, "creator": it.creator, "last_set": 0},
        "num_members": len(it.members),
    }


def message(
    it: Message, place: Channel, file_of: Callable[[str], Json], *, with_metadata: bool = False
) -> Json:
    """A message object; its metadata only for callers that asked for all metadata."""
    shown: Json = {"type": "message", "user": it.user, "text": it.text, "ts": it.ts}
    shown["team"] = seeds.TEAM_ID
    if it.by_bot:
        shown |= {"bot_id": seeds.BOT_ID, "app_id": seeds.APP_ID, "bot_profile": BOT_PROFILE}
    if it.blocks:
        shown["blocks"] = it.blocks
    if it.attachments:
        shown["attachments"] = it.attachments
    if it.files:
        shown["files"] = [file_of(file_id) for file_id in it.files]
        shown["upload"] = True
    if it.edited_ts:
        shown["edited"] = {"user": it.user, "ts": it.edited_ts}
    if it.reactions:
        shown["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)}
            for name, users in it.reactions.items()
        ]
    if it.ts in place.pins:
        shown["pinned_to"] = [place.id]
    if it.metadata is not None and with_metadata:
        shown["metadata"] = it.metadata
    return shown | _thread(it, place)


def _thread(it: Message, place: Channel) -> Json:
    if it.is_reply:
        parent = place.messages.get(it.thread_ts or "")
        shown: Json = {"thread_ts": it.thread_ts}
        if parent is not None:
            shown["parent_user_id"] = parent.user
        if it.broadcast:
            shown["subtype"] = "thread_broadcast"
        return shown
    replies = place.replies(it.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": it.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "reply_users": users,
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def file(it: File, address: str) -> Json:
    """A file object; type and shares are empty until the workspace has processed it."""
    name = f"{address}/files/{it.id}/{it.name}"
    shown: Json = {
        "id": it.id,
        "created": it.created,
        "timestamp": it.created,
        "name": it.name,
        "title": it.title,
        "mimetype": it.mimetype,
        "filetype": it.filetype,
        "pretty_type": it.filetype.upper(),
        "user": it.user,
        "user_team": seeds.TEAM_ID,
        "size": it.length,
        "mode": "hosted",
        "is_external": False,
        "is_public": any(name.startswith("C") for name in it.shared),
        "editable": False,
        "url_private": name,
        "url_private_download": name,
        "permalink": f"{address}/files/{it.id}",
        "channels": [name for name in it.shared if name.startswith("C")],
        "groups": [name for name in it.shared if name.startswith("G")],
        "ims": [name for name in it.shared if name.startswith("D")],
        "shares": {},
        "has_rich_preview": False,
    }
    public = {name: shares for name, shares in it.shared.items() if name.startswith("C")}
    private = {name: shares for name, shares in it.shared.items() if not name.startswith("C")}
    shown["shares"] = ({"public": public} if public else {}) | (
        {"private": private} if private else {}
    )
    if it.alt_text:
        shown["alt_txt"] = it.alt_text
    return shown
