"""`/credlink restart`: propose new tasks of the revision that runs."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.cards.asked import looking
from bot.changes.accept import AcceptChange
from bot.domain.asked import Asked
from bot.domain.change import ChangeKind, ChangeRequest
from bot.errors import UsageError
from commands.words import split_flags

NAME = "restart"
USAGE = 'restart <env> [service] [--reason "why"] [--force "why"] [--dry-run]'
SUMMARY = "Propose new tasks of the revision that runs; watched like a deploy."


def read(words: Sequence[str], *, how: str) -> ChangeRequest:
    """Read the words after `restart`, or raise UsageError saying what is missing."""
    words, flags = split_flags(words, how=how)
    service: str | None = None
    match words:
        case [environment]:
            pass
        case [environment, last]:
            service = last
        case []:
            raise UsageError(f"Restart it in which environment? {how}")
        case _:
            raise UsageError(f"I read at most two words. {how}")
    return ChangeRequest(
        ChangeKind.RESTART,
        environment,
        service=service,
        reason=flags.reason,
        forced=flags.forced,
        is_dry_run=flags.is_dry_run,
    )


async def run(words: Sequence[str], asked: Asked, *, accept: AcceptChange, how: str) -> Answer:
    """Accept the restart; its card shows what would be restarted."""
    return looking(await accept(read(words, how=how), asked=asked))
