"""`/credlink scale`: propose another capacity, for good or for a while."""

from collections.abc import Sequence
from datetime import timedelta

from bot.cards.answer import Answer
from bot.cards.scaling import looking
from bot.changes.scaling.accept import AcceptScaling
from bot.domain.asked import Asked
from bot.domain.length import read_length
from bot.domain.scaling.scaling import ScalingRequest
from bot.domain.scaling.wish import Wish, check_length, read_wish
from bot.errors import UsageError
from commands.words import split_flags

NAME = "scale"
USAGE = (
    "scale <env> <n | min-max | suspend | resume> [service] [for 2h] "
    '[--reason "why"] [--force "why"] [--dry-run]'
)
SUMMARY = "Propose how many tasks run, or within which bounds; with `for` it goes back by itself."
FOR = "for"


def read(words: Sequence[str], *, how: str) -> ScalingRequest:
    """Read the words after `scale`, or raise UsageError saying what is missing."""
    words, flags = split_flags(words, how=how)
    words, length = _take_length(words, how=how)
    service: str | None = None
    match words:
        case [environment, wanted]:
            pass
        case [environment, wanted, last]:
            service = last
        case [environment]:
            raise UsageError(f"To how many tasks is {environment} to be scaled? {how}")
        case []:
            raise UsageError(how)
        case _:
            raise UsageError(f"I read at most three words before `for`. {how}")
    return ScalingRequest(
        environment=environment,
        wish=_wish(wanted, how=how),
        service=service,
        length=length,
        reason=flags.reason,
        forced=flags.forced,
        is_dry_run=flags.is_dry_run,
    )


def _wish(word: str, *, how: str) -> Wish:
    wish = read_wish(word)
    if wish is None:
        raise UsageError(
            f"I cannot read {word} as a capacity: write a count as `6`, bounds as `5-10`, "
            f"`suspend` or `resume`. {how}"
        )
    return wish


def _take_length(words: Sequence[str], *, how: str) -> tuple[list[str], timedelta | None]:
    """Take `for 2h` out, wherever it stands after the environment."""
    plain = list(words)
    places = [place for place, word in enumerate(plain) if place > 0 and word.lower() == FOR]
    if not places:
        return plain, None
    if len(places) > 1:
        raise UsageError(f"`for` is there twice. {how}")
    place = places[0]
    said = plain[place + 1 : place + 2]
    if not said:
        raise UsageError(f"For how long? Write for example `for 2h`. {how}")
    return plain[:place] + plain[place + 2 :], _length(said[0], how=how)


def _length(text: str, *, how: str) -> timedelta:
    length = read_length(text, how=how, such_as="`30m`, `2h` or `1h30m`")
    check_length(length)
    return length


async def run(words: Sequence[str], asked: Asked, *, accept: AcceptScaling, how: str) -> Answer:
    """Accept the scaling; its card shows what would be set."""
    return looking(await accept(read(words, how=how), asked=asked))
