"""A place: one service in one environment, found by the words somebody typed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.catalog import Catalog, Environment, Service
from bot.errors import NotKnown, UsageError


@dataclass(frozen=True, slots=True)
class Place:
    """One service in one environment, and what the catalogue says of it there."""

    service: str
    environment: str
    config: Environment
    repository: str | None = None
    """Where the service's code is."""


def find_place(catalog: Catalog, environment: str, service: str | None) -> Place:
    """Find the place; the service may be left out where the environment has only one.

    Raises:
        NotKnown: there is no such environment or service; the text names what there is.
        UsageError: several services run there and none was named.
    """
    environments = sorted({name for s in catalog.services.values() for name in s.environments})
    if environment not in environments:
        raise NotKnown(
            f"There is no environment {environment}{did_you_mean(environment, environments)}. "
            f"{there_is(environments)}"
        )
    there = {name: s for name, s in catalog.services.items() if environment in s.environments}
    if service is None:
        if len(there) > 1:
            raise UsageError(
                f"Which service in {environment}? {there_is(sorted(there))} "
                "Name one after the version."
            )
        service = next(iter(there))
    if service not in there:
        raise NotKnown(
            f"There is no service {service} in {environment}"
            f"{did_you_mean(service, there)}. {there_is(sorted(there))}"
        )
    return _place(service, there[service], environment)


def find_scope(
    catalog: Catalog, words: Sequence[str], *, how: str
) -> tuple[str | None, str | None]:
    """Read `[env] [service]`, in any order; None stands for all of them.

    Raises:
        NotKnown: a word names neither, or there is no such service in that environment.
        UsageError: there are more words.
    """
    environments = {name for s in catalog.services.values() for name in s.environments}
    environment = service = None
    for word in words:
        if environment is None and word in environments:
            environment = word
        elif service is None and word in catalog.services:
            service = word
        elif environment is not None and service is not None:
            raise UsageError(f"I read an environment and a service, and no {word}. {how}")
        else:
            known = sorted({*environments, *catalog.services})
            raise NotKnown(f"I know no {word}{did_you_mean(word, known)}. {there_is(known)}")
    if environment is not None and service is not None:
        find_place(catalog, environment, service)
    return environment, service


def places(catalog: Catalog) -> Iterator[Place]:
    """Every place of the catalogue, by service."""
    for name, service in catalog.services.items():
        for environment in service.environments:
            yield _place(name, service, environment)


def _place(name: str, service: Service, environment: str) -> Place:
    return Place(name, environment, service.environments[environment], service.repository)


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = list(words)
    return f"{', '.join(first)} and {last}" if first else last


def there_is(words: Sequence[str]) -> str:
    """`There is only a.`, `There are a and b.`"""
    return f"There is only {words[0]}." if len(words) == 1 else f"There are {listed(words)}."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean staging?)`, or nothing where no known word is close."""
    close = get_close_matches(word.lower(), list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
