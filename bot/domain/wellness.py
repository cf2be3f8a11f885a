"""How the tasks of a version have been since it first had all it wanted: well, fewer, or too few.

ECS replaces a task that dies, and autoscaling asks for more: neither speaks against a version.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

TOO_FEW_LOOKS = 3
"""Looks in a row with half of them gone, or more: then it is no coincidence."""
REPLACED_WITHIN = timedelta(minutes=2)
"""ECS starts a task on Fargate and finds its target healthy in about one."""


@dataclass(frozen=True, slots=True)
class Wellness:
    """What the looks so far showed; times in epoch seconds, so that it can be kept as JSON."""

    best: int | None = None
    """How many were well at once, of those still wanted; None before the first look."""
    gone: int = 0
    """Looks in a row that found half of the best gone, or more."""
    fewer_since: float | None = None
    """Since when fewer are well than there were."""
    short_since: float | None = None
    """Since when fewer are well than are wanted."""

    def after(self, healthy: int, desired: int, at: datetime) -> "Wellness":
        """What is known after a look that found so many well of so many wanted."""
        best = desired if self.best is None else min(max(self.best, healthy), desired)
        now = at.timestamp()
        return replace(
            self,
            best=best,
            gone=self.gone + 1 if healthy < best and 2 * healthy <= best else 0,
            fewer_since=(self.fewer_since or now) if healthy < best else None,
            short_since=(self.short_since or now) if healthy < desired else None,
        )

    def is_bad(self, at: datetime, *, replaced_within: timedelta, full_within: timedelta) -> bool:
        """Whether too few are well for it to be a task that is replaced, or more being started.

        `replaced_within` is how long fewer may be well than were, `full_within` how long fewer than
        are wanted.
        """
        return (
            self.gone >= TOO_FEW_LOOKS
            or _lasts(self.fewer_since, at, replaced_within)
            or _lasts(self.short_since, at, full_within)
        )


def _lasts(since: float | None, at: datetime, length: timedelta) -> bool:
    return since is not None and at.timestamp() - since >= length.total_seconds()
