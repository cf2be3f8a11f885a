"""Setting faults through the control API: those of methods, of delivery, and of the world."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import seeds
from sandbox.standin import Fault
from sandbox.workspace.faults import DELIVERY_KINDS, METHOD_KINDS, method_fault
from sandbox.workspace.membership import leave
from sandbox.workspace.methods.conversations_changes import archive_channel
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import Channel


class BadFault(ValueError):
    """A fault that is not described well enough to happen."""


async def apply_faults(
    platform: Platform, faults: list[Fault], written: Sequence[Mapping[str, Any]]
) -> None:
    """Arm what waits for its moment, and do at once what does not.

    Raises:
        BadFault: an unknown kind, or a channel or scope that is not there.
    """
    for each in written:
        kind = str(each.get("kind"))
        if kind in METHOD_KINDS:
            faults.append(method_fault(each))
        elif kind in DELIVERY_KINDS:
            skew_s = float(each.get("seconds", 600))
            platform.mischief.arm(kind, int(each.get("times", 1)), skew_s=skew_s)
        else:
            await _now(platform, kind, each)


async def _now(platform: Platform, kind: str, written: Mapping[str, Any]) -> None:
    if kind == "refresh_socket":
        await platform.sockets.refresh(str(written.get("reason", "refresh_requested")))
    elif kind == "revoke_token":
        platform.app.revoked = True
    elif kind == "remove_scope":
        platform.app.scopes.discard(str(written["scope"]))
    elif kind == "archive_channel":
        archive_channel(platform, _channel(platform, written), seeds.ALICE.id)
    elif kind == "remove_bot":
        leave(platform, _channel(platform, written), seeds.BOT_USER_ID)
    else:
        raise BadFault(f"there is no fault called {kind!r}")


def _channel(platform: Platform, written: Mapping[str, Any]) -> Channel:
    channel = platform.store.channels.get(str(written.get("channel")))
    if channel is None:
        raise BadFault(f"there is no channel {written.get('channel')!r}")
    return channel
