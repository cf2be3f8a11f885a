"""`/credlink oncall`: who is called, until when, and who is next."""

from collections.abc import Sequence

from bot.answers.ask import AskQuestion
from bot.answers.oncall import services_for
from bot.cards.answer import Answer
from bot.catalog import Catalog, Verb
from bot.domain.asked import Asked
from bot.domain.question import QuestionKind
from bot.errors import UsageError

NAME = "oncall"
USAGE = "oncall [service]"
SUMMARY = "Who is on call, until when, and who is next."


async def run(
    words: Sequence[str], asked: Asked, *, ask: AskQuestion, how: str, catalog: Catalog
) -> Answer | None:
    """Answer with a card: of every service, or of the one named."""
    if len(words) > 1:
        raise UsageError(f"I read at most one word, a service. {how}")
    service = words[0] if words else None
    services = services_for(catalog, asked.by, service)
    return await ask(
        QuestionKind.ONCALL,
        {"services": services, "is_all": service is None},
        asked=asked,
        verb=Verb.ONCALL,
        service=service,
    )
