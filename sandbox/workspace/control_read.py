"""What the control API shows: the workspace as one person sees it."""

from typing import Any

from sandbox import seeds
from sandbox.workspace.control_shapes import control_channel, control_message
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel

Json = dict[str, Any]


def state(platform: Platform, person: str) -> Json:
    """Everything a page needs to draw its frame."""
    store = platform.store
    return {
        "ok": True,
        "team": {"id": seeds.TEAM_ID, "name": seeds.TEAM_NAME},
        "me": person,
        "people": [
            {"id": u.id, "name": u.name, "real_name": u.real_name, "is_bot": u.is_bot}
            for u in store.users.values()
        ],
        "channels": [
            control_channel(channel)
            for channel in store.channels.values()
            if store.visible_to(channel, person)
        ],
        "user_groups": [
            {"id": group.id, "handle": group.handle, "members": list(group.members)}
            for group in store.user_groups.values()
        ],
        "commands": [
            {
                "command": command.command,
                "description": command.description,
                "usage_hint": command.usage_hint,
            }
            for command in platform.app.manifest.commands.values()
        ],
        "app": {
            "id": seeds.APP_ID,
            "name": platform.app.manifest.name,
            "bot_user_id": seeds.BOT_USER_ID,
        },
        "home": home(platform, person),
        "views": [view.json() for view in platform.views.stack(person)],
    }


def home(platform: Platform, person: str) -> Json | None:
    """The person's Home tab, if the app has published one."""
    view = platform.views.homes.get(person)
    return view.json() if view is not None else None


def messages(platform: Platform, person: str, channel: Channel, thread_ts: str | None) -> Json:
    """A channel or a thread, oldest first, with what only this person sees."""
    if thread_ts is None:
        shown = list(channel.top_level())
    else:
        parent = channel.messages.get(thread_ts)
        shown = ([parent] if parent else []) + channel.replies(thread_ts)
    own = [
        message
        for message in channel.ephemerals.values()
        if message.visible_to == person and message.thread_ts == thread_ts
    ]
    ordered = sorted([*shown, *own], key=lambda message: message.ts)
    return {
        "ok": True,
        "messages": [control_message(platform, channel, message) for message in ordered],
    }
