"""What several verbs read alike: a few words, and flags that may stand anywhere after the verb."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.place import did_you_mean
from bot.domain.shift import Strategy
from bot.errors import UsageError

FLAG = "--"
REASON, FORCE, STRATEGY, DRY_RUN = "--reason", "--force", "--strategy", "--dry-run"
REASON_CHARACTERS = 200
DASHES = str.maketrans(dict.fromkeys("—–", FLAG))
"""Phones and Macs make one dash of two typed ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What was said beside the words."""

    reason: str | None = None
    forced: str | None = None
    strategy: Strategy | None = None
    is_dry_run: bool = False


def split_flags(
    words: Sequence[str], *, how: str, known: Sequence[str] = (REASON, FORCE, DRY_RUN)
) -> tuple[list[str], Flags]:
    """Take the flags out. A reason goes on to the next flag or to the end, quoted or not.

    Raises:
        UsageError: a flag nobody here reads, one that is there twice, or one without its words.
    """
    plain, said = _parted(words, how=how, known=known)
    if said.get(DRY_RUN):  # what follows it is not its own
        plain += said[DRY_RUN]
    if STRATEGY in said and len(said[STRATEGY]) > 1:
        plain += said[STRATEGY][1:]
    return plain, Flags(
        reason=_text(said, REASON, how),
        forced=_text(said, FORCE, how),
        strategy=_strategy(said, how),
        is_dry_run=DRY_RUN in said,
    )


def _parted(
    words: Sequence[str], *, how: str, known: Sequence[str]
) -> tuple[list[str], dict[str, list[str]]]:
    plain: list[str] = []
    said: dict[str, list[str]] = {}
    into = plain
    for word in words:
        flag = word.translate(DASHES)
        if not _is_flag(flag):
            into.append(word)
            continue
        name, equals, value = flag.partition("=")
        if name not in known:
            raise UsageError(f"I do not know {name}{did_you_mean(name, known)}. {how}")
        if name in said:
            raise UsageError(f"{name} is there twice. {how}")
        into = said[name] = [value] if equals else []
    return plain, said


def _is_flag(word: str) -> bool:
    return word.startswith(FLAG) and len(word) > len(FLAG) and " " not in word.partition("=")[0]


def _text(said: dict[str, list[str]], name: str, how: str) -> str | None:
    if name not in said:
        return None
    text = " ".join(said[name]).strip()[:REASON_CHARACTERS]
    if not text:
        raise UsageError(f'Say why after {name}: `{name} "why"`. {how}')
    return text


def _strategy(said: dict[str, list[str]], how: str) -> Strategy | None:
    if STRATEGY not in said:
        return None
    names = [one.value for one in Strategy]
    if not said[STRATEGY]:
        raise UsageError(f"Which strategy? There are {', '.join(names)}. {how}")
    wanted = said[STRATEGY][0].lower().replace("_", "-")
    try:
        return Strategy(wanted)
    except ValueError:
        raise UsageError(
            f"There is no strategy {wanted}{did_you_mean(wanted, names)}. "
            f"There are {', '.join(names)}. {how}"
        ) from None
