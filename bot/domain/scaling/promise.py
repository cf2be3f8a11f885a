"""Promises of one place: which one goes back to what, so that none undoes another.

They stand on each other in the order in which they were set, each knowing what it found and what it
set. One that is due beneath another reverts nothing: it hands what it found to the one directly
above, which goes back there in its time. The top one goes back by itself, and only from what it
set. So whatever the order in which they end, the last one goes back to what was there before the
first, unless somebody kept, set or changed something for good meanwhile: then that stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.scaling.capacity import Capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One scaling that stands until its time is over. `number` is its order in its place."""

    id: str
    number: int
    found: Capacity
    wanted: Capacity


class Due(StrEnum):
    """What to do about a promise that is due."""

    HAND_OVER = "hand over"
    """Give what it found to the one directly above."""
    GIVE_WAY = "give way"
    """Whoever changed it since then decides."""
    ASK_AWS = "ask AWS"
    """It is the top one: what AWS shows decides."""


class AtAws(StrEnum):
    """What to do about the top promise, by what AWS shows."""

    SET_BACK = "set back"
    IS_BACK = "is back"
    GIVE_WAY = "give way"


def directly_above(promise: Promise, standing: Iterable[Promise]) -> Promise | None:
    """The one that stands on it; None for the top one."""
    above = (one for one in standing if one.number > promise.number)
    return min(above, key=lambda one: one.number, default=None)


def beneath(number: int, standing: Iterable[Promise]) -> tuple[Promise, ...]:
    """Those that end when this one is for good: nothing would be theirs to set back."""
    return tuple(one for one in standing if one.number < number)


def when_due(promise: Promise, above: Promise | None) -> Due:
    """What to do when its time is over.

    One above that found something else than what this one set stands on somebody else's change:
    that one must be gone back to, and not what was before it.
    """
    if above is None:
        return Due.ASK_AWS
    return Due.HAND_OVER if above.found == promise.wanted else Due.GIVE_WAY


def at_aws(promise: Promise, shown: Capacity) -> AtAws:
    """Whether the top promise may be set back from what AWS shows now."""
    if shown == promise.wanted:
        return AtAws.SET_BACK
    return AtAws.IS_BACK if shown == promise.found else AtAws.GIVE_WAY
