"""`/credlink deploy`: propose a deploy and show what it would change."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.cards.asked import looking
from bot.changes.accept import AcceptChange
from bot.domain.asked import Asked
from bot.domain.change import ChangeKind, ChangeRequest
from bot.errors import UsageError
from commands.words import split_reason

NAME = "deploy"
USAGE = 'deploy <env> <version> [service] [--reason "why"]'
SUMMARY = "Propose to run a version; nothing changes before you confirm it."


def read(words: Sequence[str], *, how: str) -> ChangeRequest:
    """Read the words after `deploy`, or raise UsageError saying what is missing."""
    words, reason = split_reason(words, how=how)
    match words:
        case [environment, version]:
            return ChangeRequest(ChangeKind.DEPLOY, environment, version, reason=reason)
        case [environment, version, service]:
            return ChangeRequest(ChangeKind.DEPLOY, environment, version, service, reason)
        case [environment]:
            raise UsageError(f"Which version for {environment}? {how}")
        case []:
            raise UsageError(how)
        case _:
            raise UsageError(f"I read at most three words. {how}")


async def run(words: Sequence[str], asked: Asked, *, accept: AcceptChange, how: str) -> Answer:
    """Accept the deploy; its card shows what it would change."""
    return looking(await accept(read(words, how=how), asked=asked))
