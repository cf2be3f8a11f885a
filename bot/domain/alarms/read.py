"""What somebody typed after `alarms`, read: which to show, or which to mute and for how long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from bot.catalog import Catalog, Verb
from bot.domain.asked import Actor
from bot.domain.gate import decide
from bot.domain.length import read_length
from bot.domain.place import Place, did_you_mean, find_place, places
from bot.errors import NotKnown, UsageError

MUTE, UNMUTE, FOR = "mute", "unmute", "for"
SHORTEST_MUTE, LONGEST_MUTE = timedelta(minutes=1), timedelta(days=7)
REASON_CHARACTERS = 200
_EVERYTHING = frozenset({"all", "everything", "any"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which alarms are shown: of these places, as (environment, service); one is drawn by name."""

    environment: str | None
    places: tuple[tuple[str, str], ...]
    name: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        return {
            "environment": self.environment,
            "places": [list(place) for place in self.places],
            "name": self.name,
        }

    @classmethod
    def of_json(cls, words: Mapping[str, Any]) -> Self:
        """What was asked with these words."""
        return cls(
            environment=words["environment"],
            places=tuple((environment, service) for environment, service in words["places"]),
            name=words["name"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteRequest:
    """One alarm that is to do nothing for a while; None for `length`: it is to speak again."""

    environment: str
    name: str
    length: timedelta | None = None
    reason: str = ""
    is_dry_run: bool = False


def read(words: Sequence[str], catalog: Catalog, *, how: str) -> Asked:
    """Read `[env] [service] [name]`.

    Raises:
        NotKnown: there is no such environment, or the catalogue names no alarms there.
        UsageError: there are more words than can be read.
    """
    if not words:
        watched = [place for place in places(catalog) if place.config.alarms is not None]
        if not watched:
            raise NotKnown(_no_alarms("any environment"))
        return Asked(environment=None, places=_keys(watched))
    environment, *rest = words
    service = rest.pop(0) if rest and rest[0] in catalog.services else None
    there = alarmed(catalog, environment, service)
    if len(rest) > 1:
        raise UsageError(f"I read one alarm's name, and no {rest[1]}. {how}")
    return Asked(environment=environment, places=_keys(there), name=rest[0] if rest else None)


def visible(wanted: Asked, catalog: Catalog, by: Actor) -> Asked:
    """The same, of the places whose alarms this person may see."""
    seen = [
        place for place in wanted.places if decide(catalog.people, by, Verb.ALARMS, *place).allowed
    ]
    return replace(wanted, places=tuple(seen))


def alarmed(catalog: Catalog, environment: str, service: str | None = None) -> list[Place]:
    """The places of an environment, or the one of a service, whose alarms the catalogue names.

    Raises:
        NotKnown: there is none.
    """
    if service is not None:
        there = [find_place(catalog, environment, service)]
    else:
        there = [place for place in places(catalog) if place.environment == environment]
        if not there:
            find_place(catalog, environment, None)
    found = [place for place in there if place.config.alarms is not None]
    if not found:
        raise NotKnown(_no_alarms(f"{service} in {environment}" if service else environment))
    return found


def read_mute(words: Sequence[str], *, how: str, is_dry_run: bool) -> MuteRequest:
    """Read `<env> mute <name> for 2h "why"`, or `<env> unmute <name>`.

    Raises:
        UsageError: a word is missing or too much, the time is wrong, or all alarms are meant.
    """
    environment, act, *rest = words
    if not rest:
        raise UsageError(f"Which alarm? {how}")
    name, *rest = rest
    if "*" in name or name.lower() in _EVERYTHING:
        raise UsageError(
            f"I mute one alarm by its name, never all of them: nobody would hear of anything. {how}"
        )
    if act.lower() == UNMUTE:
        if rest:
            raise UsageError(f"I read one alarm's name, and no {rest[0]}. {how}")
        return MuteRequest(environment=environment, name=name, is_dry_run=is_dry_run)
    length, reason = _length_and_reason(rest, how=how)
    return MuteRequest(
        environment=environment,
        name=name,
        length=length,
        reason=reason[:REASON_CHARACTERS],
        is_dry_run=is_dry_run,
    )


def _length_and_reason(words: Sequence[str], *, how: str) -> tuple[timedelta, str]:
    at = next(
        (
            n
            for n, word in enumerate(words[:-1])
            if word.lower() == FOR and words[n + 1][:1].isdigit()
        ),
        None,
    )
    if at is None:
        raise UsageError(f"For how long? Write for example `for 2h`. {how}")
    length = _length(words[at + 1], how=how)
    reason = " ".join([*words[:at], *words[at + 2 :]]).strip()
    if not reason:
        raise UsageError(f"Say why, for whoever wonders why nobody was called. {how}")
    return length, reason


def _length(said: str, *, how: str) -> timedelta:
    length = read_length(said, how=how)
    if not SHORTEST_MUTE <= length <= LONGEST_MUTE:
        raise UsageError(
            "An alarm is muted for a minute at least and 7 days at most: one that is never wanted "
            "is better deleted."
        )
    return length


def place_of(name: str, there: Sequence[Place]) -> tuple[list[Place], str]:
    """The places an alarm belongs to by its name, and its whole name.

    Raises:
        NotKnown: its name begins like that of none, and it is not clear which is meant.
        UsageError: all alarms of a place are meant.
    """
    prefixes = list(dict.fromkeys(str(place.config.alarms) for place in there))
    if name in prefixes:
        raise UsageError("I mute one alarm by its name, never all that begin so.")
    begun = [prefix for prefix in prefixes if name.startswith(prefix)]
    if not begun and len(prefixes) > 1:
        raise NotKnown(
            f"Write the alarm's whole name: those there begin with {', '.join(prefixes)}"
            f"{did_you_mean(name, prefixes)}."
        )
    prefix = max(begun, key=len) if begun else prefixes[0]
    whole = name if begun else f"{prefix}{name}"
    return [place for place in there if place.config.alarms == prefix], whole


def _keys(found: Sequence[Place]) -> tuple[tuple[str, str], ...]:
    return tuple((place.environment, place.service) for place in found)


def _no_alarms(where: str) -> str:
    return (
        f"The catalogue names no CloudWatch alarms for {where}: write there as `alarms` what "
        "their names begin with."
    )
