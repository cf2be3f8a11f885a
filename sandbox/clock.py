"""The sandbox's clocks: one interface, real time for people and hand-turned time for tests."""

import time
from typing import Protocol


class Clock(Protocol):
    """Says what time it is; seconds since the epoch, like `time.time`."""

    def now(self) -> float: ...


class RealClock:
    """The machine's own time."""

    def now(self) -> float:
        return time.time()


class ManualClock:
    """A clock that moves only when told to, so that a test proves an hour in a millisecond."""

    def __init__(self, start: float = 1_795_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move time forward; going back would break every deadline, so it is refused."""
        if seconds < 0:
            raise ValueError(f"a clock does not go back ({seconds} s)")
        self._now += seconds
