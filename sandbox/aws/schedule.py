"""What is still to happen, in order of time.

Nothing here waits. Whoever looks at the world first runs what has fallen due, each act with `now`
set to the moment it was due, so that somebody who looks once in ten seconds sees the same times
as somebody who looks ten times a second.
"""

import heapq
import itertools
from collections.abc import Callable
from typing import Any

from sandbox.clock import Clock

MINUTE_S = 2.0
"""A task lives about twenty times faster here than on Fargate, and so do bake times: one of
their minutes takes two seconds at pace 1."""


class Schedule:
    """A queue of acts on a clock. Not thread-safe: its owner holds the world's lock."""

    def __init__(self, clock: Clock, *, pace: float = 1.0) -> None:
        self._clock = clock
        self._pace = pace
        self._acts: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = itertools.count()
        self._in_past = False
        self.now = clock.now()

    def after(self, delay_s: float, act: Callable[..., None], *args: Any) -> None:
        """Have `act(*args)` done `delay_s` from now, divided by the pace."""
        self.at(self.now + self.span(delay_s), act, *args)

    def at(self, moment: float, act: Callable[..., None], *args: Any) -> None:
        """Have `act(*args)` done at `moment`, in epoch seconds; the pace does not apply."""
        heapq.heappush(self._acts, (moment, next(self._numbers), act, args))

    def minutes(self, minutes: float) -> float:
        """Return how many seconds of the clock AWS's `minutes` take here."""
        return self.span(minutes * MINUTE_S)

    def span(self, seconds: float) -> float:
        """Return how many seconds of the clock the simulator's `seconds` take here."""
        return seconds / self._pace

    def run_due(self) -> None:
        """Do everything that has fallen due by now."""
        if not self._in_past:
            self.run_until(self._clock.now())

    def run_until(self, moment: float) -> None:
        """Do everything due at or before `moment`, and let it be that moment."""
        while self._acts and self._acts[0][0] <= moment:
            due, _, act, args = heapq.heappop(self._acts)
            self.now = max(self.now, due)
            act(*args)
        self.now = max(self.now, moment)

    def begin_past(self, started_at: float) -> None:
        """Have what is scheduled from here on begin at `started_at`; nothing runs until `end_past`.

        Raises:
            RuntimeError: something is scheduled already.
        """
        if self._acts:
            raise RuntimeError("the past can only be played before anything is scheduled")
        self.now, self._in_past = started_at, True

    def end_past(self, *, takes_s: float) -> None:
        """Play `takes_s` of the past, divided by the pace, and jump to now.

        Nothing happens in the time between; what is still waiting then falls due.
        """
        self.run_until(self.now + takes_s / self._pace)
        now = self._clock.now()
        self._acts = [
            (max(due, now), number, act, args) for due, number, act, args in sorted(self._acts)
        ]
        self.now, self._in_past = now, False
