"""What somebody wants of a service's capacity: read from their words, and applied to what AWS has.

Where autoscaling moves a service a plain count would be undone by its next move, so a count becomes
the minimum there. A service that nothing scales has no bounds and nothing to suspend.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from bot.catalog import Scale
from bot.domain.scaling.capacity import ALL, DASH, NONE, Capacity, Count
from bot.errors import UsageError

MOST = 5000
"""Tasks of one service; ECS runs no more:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html"""
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(days=14)
"""How long a scaling may stand before it is set back; what is to last longer is set for good."""
_COUNT = re.compile(r"[+]?\d+")
_RANGE = re.compile(r"(\d+)\s*(?:-|–|—|\.\.)\s*(\d+)")


class WishKind(StrEnum):
    RANGE = "range"
    COUNT = "count"
    SUSPEND = "suspend"
    """Nothing scales it by itself, until it is resumed."""
    RESUME = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asked for; a count is in `minimum`."""

    kind: WishKind
    minimum: int | None = None
    maximum: int | None = None

    @property
    def text(self) -> str:
        """As it was asked for: `5–10`, `6`, `suspend`."""
        match self.kind:
            case WishKind.RANGE:
                return f"{self.minimum}{DASH}{self.maximum}"
            case WishKind.COUNT:
                return str(self.minimum)
            case _:
                return self.kind.value


def read_wish(word: str) -> Wish | None:
    """Read `6`, `5-10`, `suspend` or `resume`; None where it is none of them.

    Raises:
        UsageError: it is one, and cannot be: the text says why and what to write.
    """
    plain = word.strip().lower()
    if plain in {WishKind.SUSPEND.value, WishKind.RESUME.value}:
        return Wish(kind=WishKind(plain))
    if found := _RANGE.fullmatch(plain):
        low, high = _tasks(found[1]), _tasks(found[2])
        if low > high:
            raise UsageError(
                f"{low} to {high} is no range: the smaller number comes first. "
                f"Write `{high}-{low}`."
            )
        return Wish(kind=WishKind.RANGE, minimum=low, maximum=high)
    if _COUNT.fullmatch(plain):
        return Wish(kind=WishKind.COUNT, minimum=_tasks(plain))
    if re.fullmatch(r"[-−]\s*\d+.*", plain):
        raise UsageError(
            "There are no fewer than 0 tasks: write a count as `6` or bounds as `5-10`."
        )
    if re.fullmatch(r"[-+\d.,]+", plain):
        raise UsageError(
            f"I cannot read {word} as tasks: write a count as `6` or bounds as `5-10`."
        )
    return None


def _tasks(text: str) -> int:
    digits = text.lstrip("+").lstrip("0") or "0"
    if len(digits) > len(str(MOST)) or int(digits) > MOST:
        shown = digits if len(digits) <= 12 else f"{digits[:9]}…"
        raise UsageError(f"{shown} tasks are too many: ECS runs at most {MOST:,} of one service.")
    return int(digits)


def check_length(length: timedelta) -> None:
    """Refuse a time that a scaling may not stand for.

    Raises:
        UsageError: it is too short or too long.
    """
    if length < SHORTEST:
        raise UsageError(
            f"A scaling stands for {SHORTEST.seconds} s at least: write for example `for 2h`, or "
            "leave it out to scale for good."
        )
    if length > LONGEST:
        raise UsageError(
            f"A scaling goes back by itself after {LONGEST.days} days at most: write for example "
            "`for 2h`, or leave it out to scale for good."
        )


def wanted_of(
    wish: Wish, found: Capacity, *, place: str, written: Callable[[str], str]
) -> Capacity:
    """What the capacity would be. `written` gives the whole command that asks for something here.

    Raises:
        UsageError: nothing scales it, and the wish needs that; the text says what to write.
    """
    if isinstance(found, Count):
        return _of_a_count(wish, found, place, written)
    match wish.kind:
        case WishKind.SUSPEND:
            return replace(found, suspended=ALL)
        case WishKind.RESUME:
            return replace(found, suspended=NONE)
        case WishKind.COUNT:
            least = wish.minimum or 0
            return replace(found, minimum=least, maximum=max(found.maximum, least))
        case WishKind.RANGE:
            return replace(found, minimum=wish.minimum or 0, maximum=wish.maximum or 0)


def _of_a_count(wish: Wish, found: Count, place: str, written: Callable[[str], str]) -> Count:
    match wish.kind:
        case WishKind.COUNT:
            return Count(count=wish.minimum or 0)
        case WishKind.RANGE:
            raise UsageError(
                f"Nothing scales {place} by itself, so it has no bounds, only a count "
                f"({found.text} now). Write for example `{written(str(wish.minimum))}`."
            )
        case _:
            raise UsageError(
                f"Nothing scales {place} by itself, so there is nothing to {wish.kind.value}. "
                f"Its count is moved with for example `{written(found.written)}`."
            )


def beyond(wish: Wish, scale: Scale) -> tuple[str, ...]:
    """What of the wish the catalogue's bounds do not allow, each a plain sentence."""
    said = []
    if wish.minimum is not None and wish.minimum < scale.min:
        said.append(f"{wish.minimum} is below the catalogue's smallest count, {scale.min}.")
    most = wish.maximum if wish.maximum is not None else wish.minimum
    if most is not None and most > scale.max:
        said.append(f"{most:,} is above the catalogue's largest count, {scale.max}.")
    return tuple(said)
