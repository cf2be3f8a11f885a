"""Who is on call when: a weekly rotation on the first level, one person always on the second."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox import seeds
from sandbox.pagerduty.account import USERS
from sandbox.pagerduty.records import User

DAY_S = 86_400
WEEK_S = 7 * DAY_S
HANDOVER_S = 9 * 3_600
"""At nine in the morning, UTC."""
FIRST_DAYS = 4
"""How much longer whoever is on call at the start stays so, at least."""


def _user(person: seeds.Person) -> User:
    return next(user for user in USERS if user.id == person.pagerduty_id)


@dataclass(frozen=True, slots=True)
class Shift:
    """One entry of `oncalls`: from when until when, in epoch seconds; None where it is always."""

    level: int
    user: User
    start: float | None = None
    end: float | None = None

    def overlaps(self, since: float, until: float) -> bool:
        """Whether it and this stretch, or this one moment, have some time in common."""
        begins_in_time = self.start is None or self.start <= until
        return begins_in_time and (self.end is None or self.end > since)


class Rota:
    """The account's one schedule. Carol is on call at the start, and Bob is called after her.

    `weekly` may be emptied, and `always` set to None, for a world in which nobody is on call.
    """

    def __init__(self, now: float) -> None:
        midnight = now - now % DAY_S
        self._first_handover = midnight + (FIRST_DAYS + 1) * DAY_S + HANDOVER_S
        self.weekly: list[User] = [_user(seeds.CAROL), _user(seeds.ALICE), _user(seeds.BOB)]
        self.always: User | None = _user(seeds.BOB)

    def shifts(self, since: float, until: float) -> Iterator[Shift]:
        """Everybody who is on call at some time between these moments, by level and time."""
        if self.weekly:
            index = int((since - self._first_handover) // WEEK_S) + 1
            while True:
                end = self._first_handover + index * WEEK_S
                shift = Shift(1, self.weekly[index % len(self.weekly)], end - WEEK_S, end)
                if not shift.overlaps(since, until):
                    break
                yield shift
                index += 1
        if self.always is not None:
            yield Shift(2, self.always)
