"""`/credlink query`: a query of the catalogue by its name, or PromQL of one's own."""

from collections.abc import Sequence

from bot.answers.ask import AskQuestion
from bot.cards.answer import Answer
from bot.cards.query import listed_queries
from bot.catalog import Catalog, Verb
from bot.domain.asked import Asked
from bot.domain.query.read import read
from bot.domain.question import QuestionKind

NAME = "query"
USAGE = "query [<name> [name=value …] | <PromQL>] [since 1h | now]"
SUMMARY = "Draw a query of the catalogue, or your own PromQL; without words: which there are."


async def run(
    words: Sequence[str], asked: Asked, *, ask: AskQuestion, catalog: Catalog
) -> Answer | None:
    """Answer with a card: a chart, or for `now` a table.

    PromQL of one's own reads whatever Prometheus has, so the right to it is not one for a place.
    """
    if not words:
        return listed_queries(catalog)
    verb_and_rest = asked.typed.split(maxsplit=1)
    wanted = read(words, verb_and_rest[-1].strip(), catalog, command=catalog.slack.command)
    named = wanted.name is not None
    return await ask(
        QuestionKind.QUERY,
        wanted.as_json(),
        asked=asked,
        verb=Verb.QUERY if named else Verb.PROMQL,
        environment=wanted.environment if named else None,
        service=wanted.service if named else None,
    )
