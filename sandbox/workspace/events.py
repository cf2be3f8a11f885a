"""Which happenings become events: only what the manifest subscribes to and may see.

Source: https://docs.slack.dev/reference/events (scope and membership rules of each event).
"""

from typing import Any

from sandbox import seeds
from sandbox.workspace.delivery import Deliveries
from sandbox.workspace.manifest import Installation
from sandbox.workspace.state import Channel

SCOPES = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "channel_archive": "channels:read",
    "channel_rename": "channels:read",
    "channel_unarchive": "channels:read",
    "file_shared": "files:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "pin_added": "pins:read",
    "pin_removed": "pins:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "subteam_members_changed": "usergroups:read",
    "user_change": "users:read",
}
"""The scope each subscription needs."""
EVERYWHERE = {"channel_archive", "channel_rename", "channel_unarchive"}
"""Events of public channels that do not need the app to be a member."""
MESSAGE = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


class Events:
    """The app's subscriptions."""

    def __init__(self, app: Installation, deliveries: Deliveries) -> None:
        self._app = app
        self._deliveries = deliveries

    def announce(self, event: dict[str, Any], channel: Channel | None = None) -> None:
        """Send the event if the app subscribed to it and may see it."""
        kind = event["type"]
        name = MESSAGE[channel.kind] if kind == "message" and channel is not None else kind
        if name not in self._app.manifest.events or self._app.revoked:
            return
        scope = SCOPES[name]
        if scope is not None and scope not in self._app.scopes:
            return
        outside = channel is not None and seeds.BOT_USER_ID not in channel.members
        if outside and name not in EVERYWHERE:
            return
        self._deliveries.publish(event)
