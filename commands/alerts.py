"""`/credlink alerts`: what fires now, since when, and who is on it."""

from collections.abc import Sequence

from bot.answers.ask import AskQuestion
from bot.cards.answer import Answer
from bot.catalog import Catalog, Verb
from bot.domain.asked import Asked
from bot.domain.place import find_scope
from bot.domain.question import QuestionKind

NAME = "alerts"
USAGE = "alerts [env] [service]"
SUMMARY = "What fires now, since when, and who is on it."


async def run(
    words: Sequence[str], asked: Asked, *, ask: AskQuestion, how: str, catalog: Catalog
) -> Answer | None:
    """Answer with a card: of everything, or of the environment and service named."""
    environment, service = find_scope(catalog, words, how=how)
    return await ask(
        QuestionKind.ALERTS,
        {"environment": environment, "service": service, "groups": sorted(asked.by.groups)},
        asked=asked,
        verb=Verb.ALERTS,
        environment=environment,
        service=service,
    )
