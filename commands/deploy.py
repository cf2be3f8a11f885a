"""`/credlink deploy`: propose a deploy and show what it would change."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.cards.asked import looking
from bot.changes.accept import AcceptChange
from bot.domain.asked import Asked
from bot.domain.change import ChangeKind, ChangeRequest
from bot.errors import UsageError
from commands.words import DRY_RUN, FORCE, REASON, STRATEGY, split_flags

NAME = "deploy"
USAGE = (
    "deploy <env> <version> [service] [--strategy rolling|canary|linear|blue-green] "
    '[--reason "why"] [--force "why"] [--dry-run]'
)
SUMMARY = "Propose to run a version; nothing changes before it is confirmed, or approved."
KNOWN = (STRATEGY, REASON, FORCE, DRY_RUN)


def read(words: Sequence[str], *, how: str) -> ChangeRequest:
    """Read the words after `deploy`, or raise UsageError saying what is missing."""
    words, flags = split_flags(words, how=how, known=KNOWN)
    service: str | None = None
    match words:
        case [environment, version]:
            pass
        case [environment, version, last]:
            service = last
        case [environment]:
            raise UsageError(f"Which version for {environment}? {how}")
        case []:
            raise UsageError(how)
        case _:
            raise UsageError(f"I read at most three words. {how}")
    return ChangeRequest(
        ChangeKind.DEPLOY,
        environment,
        version,
        service,
        reason=flags.reason,
        strategy=flags.strategy,
        forced=flags.forced,
        is_dry_run=flags.is_dry_run,
    )


async def run(words: Sequence[str], asked: Asked, *, accept: AcceptChange, how: str) -> Answer:
    """Accept the deploy; its card shows what it would change."""
    return looking(await accept(read(words, how=how), asked=asked))
