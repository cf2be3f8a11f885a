"""The REST API's rate limit.

Source: https://developer.pagerduty.com/docs/rest-api-rate-limits
"""

from sandbox.clock import Clock

CALLS_PER_MINUTE = 960


class RateLimit:
    """Counts the calls of each minute of the clock, for the one key the sandbox has."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minute = 0
        self._calls = 0

    def count(self) -> bool:
        """Count one call; False when it is one too many."""
        minute = int(self._clock.now() // 60)
        if minute != self._minute:
            self._minute, self._calls = minute, 0
        self._calls += 1
        return self._calls <= CALLS_PER_MINUTE

    def headers(self) -> dict[str, str]:
        return {
            "ratelimit-limit": str(CALLS_PER_MINUTE),
            "ratelimit-remaining": str(max(0, CALLS_PER_MINUTE - self._calls)),
            "ratelimit-reset": str(60 - int(self._clock.now() % 60)),
        }
