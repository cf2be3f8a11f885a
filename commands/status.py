"""`/credlink status`: what runs where since when."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.changes.status import TellStatus
from bot.domain.asked import Asked
from bot.errors import UsageError

NAME = "status"
USAGE = "status [env] [service]"
SUMMARY = "What runs where since when, and what is rolling out."


async def run(words: Sequence[str], asked: Asked, *, tell: TellStatus, how: str) -> Answer:
    """Tell of every environment, or of the one named."""
    match list(words):
        case []:
            return await tell(None, None, by=asked.by)
        case [environment]:
            return await tell(environment, None, by=asked.by)
        case [environment, service]:
            return await tell(environment, service, by=asked.by)
        case _:
            raise UsageError(f"I read at most two words. {how}")
