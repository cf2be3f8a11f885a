"""`/credlink rollback`: propose to return to the last good revision."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.cards.asked import abort_instead, looking
from bot.catalog import Catalog
from bot.changes.accept import AcceptChange, UnderWay
from bot.domain.asked import Asked
from bot.domain.change import ChangeKind, ChangeRequest
from bot.errors import UsageError
from commands.words import split_reason

NAME = "rollback"
USAGE = 'rollback <env> [version] [service] [--reason "why"]'
SUMMARY = "Propose to return to the last good revision, or to a good one of that version."


def read(words: Sequence[str], *, how: str, catalog: Catalog) -> ChangeRequest:
    """Read the words after `rollback`; a single word after the environment may be either."""
    words, reason = split_reason(words, how=how)
    match words:
        case [environment]:
            return ChangeRequest(ChangeKind.ROLLBACK, environment, reason=reason)
        case [environment, service] if service in catalog.services:
            return ChangeRequest(ChangeKind.ROLLBACK, environment, service=service, reason=reason)
        case [environment, version]:
            return ChangeRequest(ChangeKind.ROLLBACK, environment, version, reason=reason)
        case [environment, version, service]:
            return ChangeRequest(ChangeKind.ROLLBACK, environment, version, service, reason)
        case []:
            raise UsageError(how)
        case _:
            raise UsageError(f"I read at most three words. {how}")


async def run(
    words: Sequence[str], asked: Asked, *, accept: AcceptChange, how: str, catalog: Catalog
) -> Answer:
    """Accept the rollback; while something rolls out, offer to abort that instead."""
    try:
        return looking(await accept(read(words, how=how, catalog=catalog), asked=asked))
    except UnderWay as exc:
        return abort_instead(exc.change)
