"""`/credlink history`: who deployed what, when, how long it took, and what became of it."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.changes.history import TellHistory
from bot.domain.asked import Asked
from bot.errors import UsageError

NAME = "history"
USAGE = "history <env> [service]"
SUMMARY = "Who deployed what, when, for how long, and what became of it; others' changes too."


async def run(words: Sequence[str], asked: Asked, *, tell: TellHistory, how: str) -> Answer:
    """Tell of every service of an environment, or of the one named."""
    match list(words):
        case [environment]:
            return await tell(environment, None, by=asked.by)
        case [environment, service]:
            return await tell(environment, service, by=asked.by)
        case []:
            raise UsageError(f"Of which environment? {how}")
        case _:
            raise UsageError(f"I read at most two words. {how}")
