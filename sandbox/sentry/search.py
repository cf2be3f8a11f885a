"""Sentry's issue search, the terms of it that the bot uses; any other is refused, not ignored.

Source: https://docs.sentry.io/concepts/search/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.sentry.issues import PROJECT, Issue
from sandbox.sentry.problems import Problem

DEFAULT_PERIOD = "14d"
_TERM = re.compile(r'(?:(?P<key>[\w.-]+):)?(?P<value>"[^"]*"|\S+)')
_PERIOD = re.compile(r"(\d+)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
# Both spellings are Sentry's.
_FIRST_RELEASE = {"firstRelease", "first-release"}


@dataclass(frozen=True, slots=True)
class Search:
    """What a list of issues is asked for; an empty set asks for nothing in particular."""

    first_releases: frozenset[str]
    environments: frozenset[str]
    projects: frozenset[str]
    statuses: frozenset[str]
    words: tuple[str, ...]
    since: float
    until: float

    def fits(self, issue: Issue) -> bool:
        """Whether it is one of those asked for, apart from having events in that time."""
        return (
            (not self.first_releases or issue.first_release in self.first_releases)
            and (not self.projects or PROJECT in self.projects)
            and (not self.statuses or issue.status in self.statuses)
            and all(word in issue.title.lower() for word in self.words)
        )


def read(query: str, *, environments: list[str], period: tuple[float, float]) -> Search:
    """Read a search.

    Raises:
        Problem: with Sentry's words, if a term is not known.
    """
    terms: dict[str, set[str]] = {"environment": set(environments)}
    words: list[str] = []
    for match in _TERM.finditer(query):
        key, value = match["key"], match["value"].strip('"')
        if key is None:
            words.append(value.lower())
        elif key in _FIRST_RELEASE:
            terms.setdefault("first_release", set()).add(value)
        elif key in {"environment", "project", "is"}:
            terms.setdefault(key, set()).add(value)
        else:
            raise Problem(400, f"Invalid key for this search: {key}")
    since, until = period
    return Search(
        first_releases=frozenset(terms.get("first_release", ())),
        environments=frozenset(terms["environment"]),
        projects=frozenset(terms.get("project", ())),
        statuses=frozenset(terms.get("is", ())),
        words=tuple(words),
        since=since,
        until=until,
    )


def period(query: Mapping[str, str], now: float) -> tuple[float, float]:
    """Return from when to when, both in seconds since the epoch, from start and end or a period."""
    if "start" in query or "end" in query:
        if not ("start" in query and "end" in query):
            raise Problem(400, "start and end are both required")
        return _moment(query["start"]), _moment(query["end"])
    match = _PERIOD.fullmatch(query.get("statsPeriod") or DEFAULT_PERIOD)
    if match is None:
        raise Problem(400, f"Invalid statsPeriod: '{query['statsPeriod']}'")
    return now - int(match[1]) * _SECONDS[match[2]], now


def _moment(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(400, f"{text} is not a valid ISO8601 date query") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
