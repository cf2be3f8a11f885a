"""`/credlink diff`: what a version would change, without proposing it."""

from collections.abc import Sequence

from bot.cards.answer import Later
from bot.changes.diff import TellDiff
from bot.domain.asked import Asked
from bot.errors import UsageError

NAME = "diff"
USAGE = "diff <env> <version> [service]"
SUMMARY = "What a version would change against what runs; nothing is proposed."


async def run(words: Sequence[str], asked: Asked, *, tell: TellDiff, how: str) -> Later:
    """Look it up in AWS; the answer comes a moment after Slack has its own."""
    match list(words):
        case [environment, version]:
            return await tell(environment, version, None, by=asked.by)
        case [environment, version, service]:
            return await tell(environment, version, service, by=asked.by)
        case [environment]:
            raise UsageError(f"Which version against what runs in {environment}? {how}")
        case []:
            raise UsageError(how)
        case _:
            raise UsageError(f"I read at most three words. {how}")
