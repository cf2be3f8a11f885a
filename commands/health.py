"""`/credlink health`: how a place is, in one card; without words all of them, a line each."""

from collections.abc import Sequence

from bot.answers.health.gather import AskHealth
from bot.cards.answer import Answer
from bot.domain.asked import Asked
from bot.errors import UsageError

NAME = "health"
USAGE = "health [env] [service]"
SUMMARY = "How it is: tasks, targets, SLOs, alerts, incidents, who is on call; without words, all."


async def run(words: Sequence[str], asked: Asked, *, ask: AskHealth, how: str) -> Answer | None:
    """Answer with a card of the place named, or with one of all."""
    if len(words) > 2:
        raise UsageError(f"I read at most two words. {how}")
    environment = words[0] if words else None
    service = words[1] if len(words) > 1 else None
    return await ask(environment, service, asked=asked)
