"""`/credlink logs`: the newest lines of a service's log that say something, and how many."""

from collections.abc import Sequence

from bot.answers.ask import AskQuestion
from bot.cards.answer import Answer
from bot.catalog import Catalog, Verb
from bot.domain.asked import Asked
from bot.domain.logs.read import read
from bot.domain.question import QuestionKind

NAME = "logs"
USAGE = "logs <env> <pattern> [service] [since 15m]"
SUMMARY = "Find lines in the logs: the newest of them, and how many there are by minute."


async def run(
    _words: Sequence[str], asked: Asked, *, ask: AskQuestion, how: str, catalog: Catalog
) -> Answer | None:
    """Answer with a card. A pattern has a grammar of its own, so it is read as it was typed."""
    search = read(asked.typed, catalog, how=how)
    return await ask(
        QuestionKind.LOGS,
        search.as_json(),
        asked=asked,
        verb=Verb.LOGS,
        environment=search.environment,
        service=search.service,
    )
