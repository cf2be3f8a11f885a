"""`/credlink rollback`: propose to return to the last good revision."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.cards.asked import abort_instead, looking
from bot.catalog import Catalog
from bot.changes.accept import AcceptChange, UnderWay
from bot.domain.asked import Asked
from bot.domain.change import ChangeKind, ChangeRequest
from bot.errors import UsageError
from commands.words import DRY_RUN, REASON, split_flags

NAME = "rollback"
USAGE = 'rollback <env> [version] [service] [--reason "why"] [--dry-run]'
SUMMARY = "Propose to return to the last good revision, or to a good one of that version."


def read(words: Sequence[str], *, how: str, catalog: Catalog) -> ChangeRequest:
    """Read the words after `rollback`; a single word after the environment may be either."""
    words, flags = split_flags(words, how=how, known=(REASON, DRY_RUN))
    version: str | None = None
    service: str | None = None
    match words:
        case [environment]:
            pass
        case [environment, word] if word in catalog.services:
            service = word
        case [environment, word]:
            version = word
        case [environment, word, last]:
            version, service = word, last
        case []:
            raise UsageError(how)
        case _:
            raise UsageError(f"I read at most three words. {how}")
    return ChangeRequest(
        ChangeKind.ROLLBACK,
        environment,
        version,
        service,
        reason=flags.reason,
        is_dry_run=flags.is_dry_run,
    )


async def run(
    words: Sequence[str], asked: Asked, *, accept: AcceptChange, how: str, catalog: Catalog
) -> Answer:
    """Accept the rollback; while something rolls out, offer to abort that instead."""
    try:
        return looking(await accept(read(words, how=how, catalog=catalog), asked=asked))
    except UnderWay as exc:
        return abort_instead(exc.change)
