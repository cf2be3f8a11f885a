"""users.* and usergroups.*"""

from typing import Any

from sandbox import seeds
from sandbox.workspace import shapes
from sandbox.workspace.methods.places import page
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.wire import ApiError, Arguments


@method("users.info", "users:read")
def info(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    person = platform.store.users.get(arguments.need("user", "user_not_found"))
    if person is None:
        raise ApiError("user_not_found")
    return {"user": shapes.user(person, with_email=_emails(platform))}


@method("users.list", "users:read")
def listed(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    people, metadata = page(list(platform.store.users.values()), arguments)
    return {
        "members": [shapes.user(person, with_email=_emails(platform)) for person in people],
        "cache_ts": int(platform.timing.now()),
        "response_metadata": metadata,
    }


@method("users.lookupByEmail", "users:read.email")
def lookup_by_email(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    email = arguments.need("email", "users_not_found").casefold()
    for person in platform.store.users.values():
        if person.email and person.email.casefold() == email:
            return {"user": shapes.user(person, with_email=True)}
    raise ApiError("users_not_found")


@method("bots.info", "users:read")
def bot_info(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    if arguments.text("bot") not in (None, seeds.BOT_ID):
        raise ApiError("bot_not_found")
    return {"bot": {**shapes.BOT_PROFILE, "user_id": seeds.BOT_USER_ID}}


@method("usergroups.list", "usergroups:read")
def user_groups(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    with_users = arguments.flag("include_users")
    with_count = arguments.flag("include_count")
    shown = []
    for group in platform.store.user_groups.values():
        one = {
            "id": group.id,
            "is_usergroup": True,
            "name": group.handle.capitalize(),
            "handle": group.handle,
            "description": "",
            "is_external": False,
            "date_delete": 0,
        }
        if with_users:
            one["users"] = list(group.members)
        if with_count:
            one["user_count"] = len(group.members)
        shown.append(one)
    return {"usergroups": shown}


@method("usergroups.users.list", "usergroups:read")
def user_group_members(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    group = platform.store.user_groups.get(arguments.need("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": list(group.members)}


def _emails(platform: Platform) -> bool:
    return "users:read.email" in platform.app.scopes
