"""What `lock` and `freeze` read alike: a place, a reason in free words, and a time after it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.catalog import Catalog, read_duration
from bot.domain.place import did_you_mean, find_place
from bot.errors import UsageError
from commands.words import DRY_RUN, REASON_CHARACTERS, split_flags

FOR, FROM, UNTIL, ZONE = "for", "from", "until", "zone"
_CLOSE = 0.75
"""How alike a word and a service's name are when the one was meant to be the other."""


def take_dry_run(words: Sequence[str], *, how: str) -> tuple[list[str], bool]:
    """Take `--dry-run` out, wherever it stands.

    Raises:
        UsageError: there is another flag, which nobody here reads.
    """
    plain, flags = split_flags(words, how=how, known=(DRY_RUN,))
    return plain, flags.is_dry_run


def place_of(words: Sequence[str], *, how: str) -> tuple[str, str | None]:
    """Read `<env> [service]` and nothing else.

    Raises:
        UsageError: there is no environment, or there are more words.
    """
    match list(words):
        case [environment]:
            return environment, None
        case [environment, service]:
            return environment, service
        case []:
            raise UsageError(how)
        case _:
            raise UsageError(f"I read at most two words. {how}")


@dataclass(frozen=True, slots=True)
class Worded:
    """Where, and why; `service` is None where all of the environment is meant."""

    environment: str
    service: str | None
    reason: str


def split_place(words: Sequence[str], *, how: str, catalog: Catalog) -> Worded:
    """Read `<env> [service] "reason"`; the reason may also stand without quotes.

    Raises:
        UsageError: the environment or the reason is missing, or it is not clear whether a word is
            a mistyped service or begins the reason: locking too much is as bad as too little.
        NotKnown: there is no such environment or service.
    """
    if not words:
        raise UsageError(how)
    environment, *rest = words
    find_environment(catalog, environment)
    service = None
    if rest and rest[0] in catalog.services:
        service, *rest = rest
        find_place(catalog, environment, service)
    elif rest and " " not in rest[0]:
        _refuse_what_may_be_a_service(rest, environment, how, catalog)
    reason = " ".join(rest).strip()[:REASON_CHARACTERS]
    if not reason:
        where = f"{service} in {environment}" if service else environment
        raise UsageError(f"Say why, for whoever finds {where} closed. {how}")
    return Worded(environment, service, reason)


def _refuse_what_may_be_a_service(
    rest: Sequence[str], environment: str, how: str, catalog: Catalog
) -> None:
    word = rest[0]
    if any(" " in other for other in rest[1:]):  # a quoted reason follows: this was a service
        find_place(catalog, environment, word)
    if get_close_matches(word.lower(), list(catalog.services), n=1, cutoff=_CLOSE):
        meant = did_you_mean(word, catalog.services)
        raise UsageError(f"There is no service {word}{meant}. If it is the reason, quote it. {how}")


def find_environment(catalog: Catalog, environment: str) -> None:
    """Refuse an environment that nothing is in.

    Raises:
        NotKnown: there is none of that name; the text names what there is.
    """
    if not any(environment in service.environments for service in catalog.services.values()):
        find_place(catalog, environment, None)


def take_times(
    words: Sequence[str], names: Iterable[str], *, how: str
) -> tuple[list[str], dict[str, str]]:
    """Take `for 2h`, `until …` and the like off the end.

    A pair whose second word cannot be one, as in "waiting for bob", belongs to the reason.

    Raises:
        UsageError: it ends as in "for 2 hours": taken as a reason it would have no end.
    """
    rest, found = list(words), {}
    known = frozenset(names)
    if len(rest) > 2 and rest[-3].lower() == FOR and rest[-2].isdigit():
        raise UsageError(f"I cannot read {rest[-2]} {rest[-1]} as a time: write `2h`. {how}")
    while len(rest) > 1 and (name := rest[-2].lower()) in known and name not in found:
        if name != ZONE and not rest[-1][:1].isdigit():
            break
        found[name] = rest[-1]
        rest = rest[:-2]
    return rest, found


def read_length(text: str, *, how: str) -> timedelta:
    """Read `2h` or `1h30m`.

    Raises:
        UsageError: it is none.
    """
    try:
        return read_duration(text)
    except (ValueError, OverflowError):
        raise UsageError(f"I cannot read {text} as a time: write `2h` or `1h30m`. {how}") from None


def read_moment(text: str, zone: tzinfo, *, how: str) -> datetime:
    """Read `2026-11-27T16:00`, in `zone` unless it says its own.

    Raises:
        UsageError: it is none.
    """
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"I cannot read {text} as a moment: write for example `2026-11-27T16:00`. {how}"
        ) from None


def read_zone(text: str | None, *, how: str) -> tzinfo:
    """Read `Europe/Berlin`; without one it is UTC.

    Raises:
        UsageError: there is no such zone.
    """
    if text is None:
        return UTC
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"I do not know the time zone {text}: write for example `Europe/Berlin`. {how}"
        ) from None
