"""What somebody wants silenced: read from a command's words or a form, kept as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from bot.catalog import ANY, Catalog, Verb
from bot.domain import length as lengths
from bot.domain.asked import Actor
from bot.domain.gate import decide
from bot.domain.place import places
from bot.domain.silence import LONGEST, SHORTEST
from bot.domain.silence.matchers import Matcher, Operator, read, read_first, too_broad, written
from bot.errors import UsageError

REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceRequest:
    """What is to be silenced, for how long and why."""

    matchers: tuple[Matcher, ...]
    length: timedelta
    reason: str
    is_dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        return {
            "matchers": written(self.matchers),
            "length_s": self.length.total_seconds(),
            "reason": self.reason,
            "is_dry_run": self.is_dry_run,
        }

    @classmethod
    def of_json(cls, words: Mapping[str, Any]) -> Self:
        return cls(
            matchers=read(words["matchers"]),
            length=timedelta(seconds=words["length_s"]),
            reason=words["reason"],
            is_dry_run=words["is_dry_run"],
        )


def read_request(text: str, *, how: str, is_dry_run: bool) -> SilenceRequest:
    """Read `<matchers> <duration> "reason"`, as it was typed.

    Raises:
        UsageError: a part is missing or cannot be read, everything is meant, or it is for too long.
    """
    matchers, rest = read_first(text)
    if not matchers:
        raise UsageError(f"What is to be silenced? {how}")
    length, _, reason = rest.partition(" ")
    if length.lower() == "for":
        length, _, reason = reason.strip().partition(" ")
    if not length:
        raise UsageError(f"For how long? {how}")
    return SilenceRequest(
        matchers=checked(matchers),
        length=read_length(length),
        reason=read_reason(reason),
        is_dry_run=is_dry_run,
    )


def checked(matchers: tuple[Matcher, ...]) -> tuple[Matcher, ...]:
    """The same matchers, if they mean something.

    Raises:
        UsageError: they would silence everything.
    """
    if why := too_broad(matchers):
        raise UsageError(
            f"{why} Nobody would hear of anything: name an alert, or a service and its environment."
        )
    return matchers


def read_length(said: str) -> timedelta:
    """Read `2h`.

    Raises:
        UsageError: it is no length of time, or longer than a silence may last.
    """
    length = lengths.read_length(said)
    if not SHORTEST <= length <= LONGEST:
        raise UsageError(
            "A silence lasts a minute at least and 7 days at most: an alert that nobody wants "
            "for longer is better changed where it is defined."
        )
    return length


def read_reason(said: str) -> str:
    """The reason in one line.

    Raises:
        UsageError: there is none.
    """
    reason = " ".join(said.replace('"', " ").split())[:REASON_CHARACTERS]
    if not reason:
        raise UsageError("Say why, for whoever wonders why nobody heard of it.")
    return reason


def places_meant(matchers: Sequence[Matcher], catalog: Catalog) -> list[tuple[str, str]]:
    """The environments and services whose alerts these may hide: the right is needed in each.

    A service that is not named outright is any, and so is an environment nobody knows.
    """
    where = catalog.alerts
    service = _named(matchers, where.service_label) or ANY
    environment = _named(matchers, where.environment_label)
    if environment is not None:
        return [(environment, service)]
    about = [matcher for matcher in matchers if matcher.name == where.environment_label]
    known = dict.fromkeys(place.environment for place in places(catalog))
    meant = [one for one in known if all(m.holds(one) is not False for m in about)]
    return [(one, service) for one in meant] or [(ANY, service)]


def _named(matchers: Sequence[Matcher], label: str) -> str | None:
    """The one value a label must have."""
    for matcher in matchers:
        if matcher.name == label and matcher.operator is Operator.EQUAL and matcher.value:
            return matcher.value
    return None


def refusal(matchers: Sequence[Matcher], catalog: Catalog, by: Actor) -> str | None:
    """Why this person may not silence what these match, with the way past; None when they may."""
    decisions = [
        decide(catalog.people, by, Verb.SILENCE, *place)
        for place in places_meant(matchers, catalog)
    ]
    refusals = dict.fromkeys(decision.text for decision in decisions if not decision.allowed)
    return "\n".join(refusals) or None
