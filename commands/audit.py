"""`/credlink audit`: who did what, when, with which outcome."""

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.cards.answer import Answer
from bot.catalog import read_duration
from bot.changes.audit.review import AuditRequest, TellAudit
from bot.domain.asked import Asked
from bot.errors import UsageError

NAME = "audit"
USAGE = "audit [env] [person] [since 24h] [forced]"
SUMMARY = "Who did what, when, and what came of it, denied attempts too; `forced`: to be reviewed."

PERSON = re.compile(r"<@([UW][A-Z0-9]{2,})(?:\|[^>]*)?>|@?([UW][A-Z0-9]{6,})")
"""A mention as Slack sends it, or a bare user id."""
ME = "me"
LONGEST_DAYS = 3650


async def run(words: Sequence[str], asked: Asked, *, tell: TellAudit, how: str) -> Answer:
    """Tell what was done, newest first."""
    return await tell(read(words, by=asked.by.id, how=how), asked=asked)


def read(words: Sequence[str], *, by: str, how: str) -> AuditRequest:
    """Read the words after `audit`, in whichever order.

    Raises:
        UsageError: a word cannot be read, or one is there twice.
    """
    rest = list(words)
    since = _take_since(rest, how)
    is_forced = "forced" in rest
    if is_forced:
        rest.remove("forced")
    people = [word for word in rest if _is_person(word)]
    environments = [word for word in rest if not _is_person(word)]
    if len(people) > 1 or len(environments) > 1:
        raise UsageError(f"I read one environment and one person. {how}")
    return AuditRequest(
        environment=environments[0] if environments else None,
        person=_person(people[0], by, how) if people else None,
        since=since,
        is_forced=is_forced,
    )


def _take_since(rest: list[str], how: str) -> timedelta | None:
    if "since" not in rest:
        return None
    at = rest.index("since")
    said = rest[at + 1 : at + 2]
    del rest[at : at + 2]
    try:
        length = read_duration(said[0]) if said else None
    except (ValueError, OverflowError):
        length = None
    if length is None or length > timedelta(days=LONGEST_DAYS):
        raise UsageError(f"Since when? Write for example since 24h or since 7d. {how}")
    return length


def _is_person(word: str) -> bool:
    return word.startswith(("@", "<@")) or word == ME or PERSON.fullmatch(word) is not None


def _person(word: str, by: str, how: str) -> str:
    if word == ME:
        return by
    found = PERSON.fullmatch(word)
    if found is None:
        raise UsageError(
            f"Slack does not tell me who {word} is. Write me, or the member ID: open the profile, "
            f"then ⋮ and Copy member ID. {how}"
        )
    return found[1] or found[2]
