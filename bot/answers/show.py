"""Shows answers: a card from the question's row, by the renderer of its kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.answers.picture import picture_key
from bot.cards.answer_card import AnswerView
from bot.cards.blocks import Message
from bot.domain.card import Kind
from bot.domain.question import Question, QuestionKind
from bot.storage import answers, cards, silences
from bot.storage.database import Connection


@dataclass(frozen=True, slots=True)
class ShowAnswer:
    """Renders the card of every kind of question."""

    cards: Mapping[QuestionKind, Callable[[AnswerView], Message]]

    async def __call__(self, connection: Connection, subject_id: str, now: datetime) -> Message:
        """Render an answer's card from its rows."""
        question = await answers.get(connection, subject_id)
        picture = await _picture(connection, question)
        silence = None
        if question.kind is QuestionKind.SILENCE:
            silence = await silences.get(connection, subject_id)
        view = AnswerView(question=question, now=now, picture=picture, silence=silence)
        return self.cards[question.kind](view)


async def _picture(connection: Connection, question: Question) -> str | None:
    """The picture of what the card tells: figures of now never stand beside an older chart."""
    key = picture_key(question.found_round)
    return await cards.picture_file_id(connection, Kind.ANSWER, question.id, key)
