"""Slack's rate limits as token buckets of real size.

Sources: https://docs.slack.dev/apis/web-api/rate-limits and the tier of each method in its
reference; the same table as in Slack's Java SDK, August 2026.
"""

import math
from collections.abc import Iterable

from sandbox.workspace.timing import Timing
from sandbox.workspace.wire import RateLimited

SPECIAL = 300
"""Calls a minute where Slack says "hundreds": auth.test, chat.getPermalink, posting in all."""
TIER_4, TIER_3, TIER_2, TIER_1 = 100, 50, 20, 1
POSTS_PER_SECOND = 1.0
POST_BURST = 3
"""Slack tolerates short bursts in a channel and publishes no figure."""
SOCKET_BURST = 10
"""An app may open its ten sockets at once; after that, one a minute."""

_PER_MINUTE: dict[int, Iterable[str]] = {
    SPECIAL: ("auth.test", "api.test", "chat.getPermalink"),
    TIER_4: (
        "chat.postEphemeral",
        "conversations.members",
        "files.completeUploadExternal",
        "files.getUploadURLExternal",
        "files.info",
        "users.info",
        "views.open",
        "views.publish",
        "views.push",
        "views.update",
    ),
    TIER_3: (
        "bookmarks.list",
        "chat.delete",
        "chat.update",
        "conversations.history",
        "conversations.info",
        "conversations.invite",
        "conversations.join",
        "conversations.kick",
        "conversations.leave",
        "conversations.open",
        "conversations.replies",
        "reactions.add",
        "reactions.get",
        "team.info",
        "users.lookupByEmail",
    ),
    TIER_1: ("apps.connections.open",),
}
PER_MINUTE = {method: rate for rate, methods in _PER_MINUTE.items() for method in methods}
"""Calls a minute by method; a method that is not here is tier 2."""


class Bucket:
    """Tokens that come back with time; full at the start."""

    def __init__(self, timing: Timing, *, capacity: float, per_second: float) -> None:
        self._timing = timing
        self._capacity = capacity
        self._per_second = per_second * timing.pace
        self._tokens = capacity
        self._at = timing.now()

    def missing_s(self) -> float:
        """Seconds until there is a token; 0 when there is one."""
        now = self._timing.now()
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        return max(0.0, (1.0 - self._tokens) / self._per_second)

    def take(self) -> None:
        """Use a token that `missing_s` said is there."""
        self._tokens -= 1.0


class Limits:
    """The buckets of one app in one workspace."""

    def __init__(self, timing: Timing, *, enabled: bool) -> None:
        self._timing = timing
        self._enabled = enabled
        self._buckets: dict[str, Bucket] = {}

    def check(self, method: str, channel: str | None) -> None:
        """Take one call's tokens.

        Raises:
            RateLimited: with the whole seconds after which the same call succeeds.
        """
        if not self._enabled:
            return
        buckets = self._buckets_of(method, channel)
        wait_s = max(bucket.missing_s() for bucket in buckets)
        if wait_s > 0:
            raise RateLimited(max(1, math.ceil(wait_s)))
        for bucket in buckets:
            bucket.take()

    def _buckets_of(self, method: str, channel: str | None) -> list[Bucket]:
        if method == "chat.postMessage":
            return [
                self._bucket(f"{method} {channel}", POST_BURST, POSTS_PER_SECOND),
                self._bucket(method, SPECIAL, SPECIAL / 60),
            ]
        per_minute = PER_MINUTE.get(method, TIER_2)
        capacity = SOCKET_BURST if method == "apps.connections.open" else per_minute
        return [self._bucket(method, capacity, per_minute / 60)]

    def _bucket(self, key: str, capacity: float, per_second: float) -> Bucket:
        if key not in self._buckets:
            self._buckets[key] = Bucket(self._timing, capacity=capacity, per_second=per_second)
        return self._buckets[key]
