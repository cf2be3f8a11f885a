"""What somebody typed after `logs`, read: where, what, and how far back."""

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.catalog import Catalog, read_duration
from bot.domain.logs import Search
from bot.domain.place import did_you_mean, find_place
from bot.errors import NotKnown, UsageError

USUAL_SINCE = timedelta(minutes=15)
SHORTEST_SINCE = timedelta(minutes=1)
LONGEST_SINCE = timedelta(days=7)
SHORTEST_PATTERN, LONGEST_PATTERN = 2, 500
"""Characters. A single one stands in nearly every line."""
SINCE = "since"
WHAT = "What do you look for?"

_TOKEN = re.compile(r'(?:"[^"]*"|\S)+')
_QUOTES = re.compile(r'"([^"]*)"')
_JSON = re.compile(r"\{.*\$[.\[].*\}", re.DOTALL)
_REGEX = re.compile(r"%.+%")
_EVERY_JSON = re.compile(r'\{\s*\$\.[\w.]+\s*=\s*"?\*"?\s*\}')
_SAYS_NOTHING = re.compile(r"[\s*.?%+^$\"'|()\[\]{}]*")
"""Signs that stand for anything at all, and nothing that they are to stand beside."""


def read(typed: str, catalog: Catalog, *, how: str) -> Search:
    """Read the command as it was `typed`, its verb included: a pattern keeps its quotes.

    A pattern of several words stands in quotes; `{ $.level = "error" }`, `?one ?other` and
    `%regular expression%` may go without. Without `since` it is the last 15 minutes.

    Raises:
        UsageError: a word is missing or too much, the pattern finds everything, or `since` is
            wrong.
        NotKnown: there is no such environment or service, or it has no log group.
    """
    words, since = _without_since(_TOKEN.findall(typed)[1:], how=how)
    if not words:
        raise UsageError(how)
    environment, *rest = words
    environment = _plain(environment)
    # Whether it exists is said before anything is: more may be wrong only because of it.
    service, rest = _without_service(rest, catalog)
    place = find_place(catalog, environment, service)
    pattern = _pattern(rest, catalog, how=how)
    if place.config.logs is None:
        raise NotKnown(
            f"The catalogue names no log group for {place.service} in {environment}: write it "
            f"there as `logs`."
        )
    return Search(
        environment=environment, service=place.service, pattern=pattern, since=_length(since)
    )


def _without_since(words: list[str], *, how: str) -> tuple[list[str], str | None]:
    """The words without `since 15m`, wherever it stands."""
    if words and words[-1].lower() == SINCE:
        raise UsageError(f"Since when? Write `since 15m`, `since 2h` or `since 1d`. {how}")
    for at in range(len(words) - 2, 0, -1):
        if words[at].lower() != SINCE:
            continue
        length, after = words[at + 1], words[at + 2 :]
        if length.isdigit() and len(after) == 1:  # `since 15 m`
            return words[:at], length + after[0]
        if length[0].isdigit() or not after:
            return words[:at] + after, length
    return words, None


def _without_service(words: list[str], catalog: Catalog) -> tuple[str | None, list[str]]:
    """The service, which may stand after the pattern or before it."""
    if len(words) > 1 and _plain(words[-1]) in catalog.services:
        return _plain(words[-1]), words[:-1]
    if len(words) > 1 and _plain(words[0]) in catalog.services:
        return _plain(words[0]), words[1:]
    return None, words


def _pattern(words: Sequence[str], catalog: Catalog, *, how: str) -> str:
    if not words:
        raise UsageError(f"{WHAT} {how}")
    written = " ".join(words)
    inside = _plain(written) if written.startswith('"') and written.endswith('"') else ""
    pattern = inside if _JSON.fullmatch(inside) or _REGEX.fullmatch(inside) else written
    if len(words) > 1 and not _has_own_grammar(pattern, words):
        close = did_you_mean(words[-1], catalog.services)
        service = f" There is no service {words[-1]}{close}." if close else ""
        quoted = written.replace('"', "")
        raise UsageError(
            f'I read one pattern. Put several words in quotes: `"{quoted}"`.{service} {how}'
        )
    said = _plain(pattern).strip()
    if _SAYS_NOTHING.fullmatch(said) or _EVERY_JSON.fullmatch(pattern):
        raise UsageError(
            f"This finds every line, which costs much and tells nothing. Write a word that the "
            f"lines you look for have, as `timeout` or `{{ $.status >= 500 }}`. {how}"
        )
    if len(said) < SHORTEST_PATTERN:
        raise UsageError(f"{said} stands in nearly every line: write more of it. {how}")
    if len(pattern) > LONGEST_PATTERN:
        raise UsageError(f"A pattern has at most {LONGEST_PATTERN} characters. {how}")
    return pattern


def _has_own_grammar(pattern: str, words: Sequence[str]) -> bool:
    if _JSON.fullmatch(pattern) or _REGEX.fullmatch(pattern):
        return True
    return all(word.startswith("?") for word in words)


def _plain(word: str) -> str:
    return _QUOTES.sub(r"\1", word)


def _length(said: str | None) -> timedelta:
    if said is None:
        return USUAL_SINCE
    try:
        since = read_duration(said.lower())
    except (ValueError, OverflowError):
        raise UsageError(
            f"I do not understand since {said}: write `since 15m`, `since 2h` or `since 1d`."
        ) from None
    if not SHORTEST_SINCE <= since <= LONGEST_SINCE:
        raise UsageError(
            f"since {said} is out of bounds: I search 1 minute at least and 7 days at most."
        )
    return since
