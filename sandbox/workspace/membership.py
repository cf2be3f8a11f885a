"""Who is in a channel, and who is told when that changes."""

from sandbox import seeds
from sandbox.workspace.control_shapes import control_channel
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel


def join(platform: Platform, channel: Channel, user_id: str, *, inviter: str | None = None) -> None:
    """Add somebody; the app hears of it if it is in the channel, or is the one who came."""
    if user_id in channel.members:
        return
    channel.members.append(user_id)
    tell_channel(platform, channel)
    event = {
        "type": "member_joined_channel",
        "user": user_id,
        "channel": channel.id,
        "channel_type": "G" if channel.is_private else "C",
        "team": seeds.TEAM_ID,
        "event_ts": platform.store.next_ts(),
    }
    if inviter is not None:
        event["inviter"] = inviter
    platform.events.announce(event, channel)


def leave(platform: Platform, channel: Channel, user_id: str) -> None:
    """Take somebody out of the channel."""
    if user_id not in channel.members:
        return
    channel.members.remove(user_id)
    tell_channel(platform, channel)
    platform.events.announce(
        {
            "type": "member_left_channel",
            "user": user_id,
            "channel": channel.id,
            "channel_type": "G" if channel.is_private else "C",
            "team": seeds.TEAM_ID,
            "event_ts": platform.store.next_ts(),
        },
        channel,
    )


def tell_channel(platform: Platform, channel: Channel) -> None:
    """Tell the pages what the channel is like now."""
    everybody = None if channel.kind == "channel" else platform.viewers(channel)
    platform.stream.tell(everybody, "channel_changed", channel=control_channel(channel))
