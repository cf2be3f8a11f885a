"""`/credlink query`: a query of the catalogue by its name, or PromQL of one's own."""

from collections.abc import Sequence
from functools import partial

from bot.answers.ask import AskQuestion
from bot.cards.answer import Answer
from bot.cards.query import listed_queries
from bot.catalog import Catalog, Verb
from bot.domain.asked import Asked
from bot.domain.query.read import read
from bot.domain.question import QuestionKind
from bot.errors import NotAllowed

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
    put = partial(ask, QuestionKind.QUERY, wanted.as_json(), asked=asked)
    if wanted.name is not None:
        return await put(verb=Verb.QUERY, environment=wanted.environment, service=wanted.service)
    try:
        return await put(verb=Verb.PROMQL)
    except NotAllowed as exc:
        raise NotAllowed(f"{exc}\n`{catalog.slack.command} query` lists what has a name.") from None
