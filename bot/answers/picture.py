"""The chart of an answer: drawn off the event loop, kept in the thread under its round."""

import asyncio

from bot.charts import Chart, line_chart
from bot.domain.card import Kind
from bot.domain.question import Question
from bot.storage import cards
from bot.world import World


def picture_key(number: int | None) -> str:
    """The key of the picture of what a round has found, in the thread of the answer's card."""
    return f"picture:{number}"


async def add_chart(world: World, question: Question, chart: Chart, *, name: str, alt: str) -> None:
    """Draw the chart of a question's round and add it to the thread of its card."""
    png = await asyncio.to_thread(line_chart, chart)
    async with world.database.write() as connection:
        await cards.add_picture(
            connection,
            Kind.ANSWER,
            question.id,
            key=picture_key(question.round),
            png=png,
            name=name,
            alt=alt,
        )
