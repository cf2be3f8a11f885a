"""Questions in the database, with what was found for them: every write marks the answer's card.

A question is asked in rounds. Whoever asks its sources writes under the round's number, so that a
slow one of an older round changes nothing any more.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select, update

from bot.catalog import Verb
from bot.domain.card import Kind, Urgency
from bot.domain.question import Question, QuestionKind
from bot.errors import NotKnown
from bot.storage import cards
from bot.storage.database import Connection, database_now, in_seconds
from bot.storage.dialect import insert_into
from bot.storage.schema.answers import answers

ALIVE_S = 15.0
"""Whoever asks the sources says within this time that it still does."""
_KEPT = (
    "id",
    "kind",
    "asked_by",
    "asked_at",
    "channel",
    "words",
    "verb",
    "environment",
    "service",
    "round",
    "found",
)


async def add(connection: Connection, question: Question) -> bool:
    """Keep a question and open its card, in the channel or where that fails in the asker's direct
    messages; False, having done nothing, when it is there: the same command came twice.
    """
    new = insert_into(connection, answers).values(
        **{name: getattr(question, name) for name in _KEPT},
        found_at=question.asked_at if question.found is not None else None,
        found_round=question.round if question.found is not None else None,
        alive_until=in_seconds(ALIVE_S),
    )
    added = await connection.execute(new.on_conflict_do_nothing().returning(answers.c.id))
    if added.first() is None:
        return False
    await cards.open_card(
        connection,
        kind=Kind.ANSWER,
        subject_id=question.id,
        channel=question.channel,
        urgency=Urgency.NEW,
        otherwise=question.asked_by if question.channel != question.asked_by else None,
    )
    return True


async def get(connection: Connection, question_id: str) -> Question:
    """Return the question with what was found so far.

    Raises:
        NotKnown: it is not there.
    """
    found = await connection.execute(select(answers).where(answers.c.id == question_id))
    row = found.first()
    if row is None:
        raise NotKnown("There is no such answer any more. Ask again.")
    return _question(row)


async def note(
    connection: Connection,
    question_id: str,
    round: int,  # noqa: A002  the column's name
    found: Mapping[str, Any],
    *,
    complete_at: datetime | None = None,
) -> bool:
    """Write what a round has found, all of it, and mark the card; False when a newer round began
    or this one has ended.

    With `complete_at` nothing more is asked: such an edit does not wait for the pause between two.
    """
    written = await connection.execute(
        update(answers)
        .where(_open_round(question_id, round))
        .values(
            found=dict(found),
            found_at=complete_at or database_now(),
            found_round=round,
            completed_at=complete_at,
            alive_until=in_seconds(ALIVE_S),
        )
        .returning(answers.c.id)
    )
    if written.first() is None:
        return False
    urgency = Urgency.PROGRESS if complete_at is None else Urgency.NEW
    await cards.mark(connection, Kind.ANSWER, question_id, urgency=urgency)
    return True


async def keep_alive(connection: Connection, question_id: str, round: int) -> bool:  # noqa: A002
    """Say that the sources of this round are still being asked; False when nobody waits for it."""
    kept = await connection.execute(
        update(answers)
        .where(_open_round(question_id, round))
        .values(alive_until=in_seconds(ALIVE_S))
        .returning(answers.c.id)
    )
    return kept.first() is not None


async def give_up(
    connection: Connection,
    question_id: str,
    round: int,  # noqa: A002
    trouble: str,
    *,
    at: datetime,
) -> bool:
    """End a round before everything was asked, and say why; what was found stays."""
    ended = await connection.execute(
        update(answers)
        .where(_open_round(question_id, round))
        .values(trouble=trouble, completed_at=at)
        .returning(answers.c.id)
    )
    if ended.first() is None:
        return False
    await cards.mark(connection, Kind.ANSWER, question_id, urgency=Urgency.NEW)
    return True


async def again(connection: Connection, question_id: str, round: int) -> Question | None:  # noqa: A002
    """Begin the round after this one; None when it has begun, or this one is not over.

    What was found stays on the card until the new round finds something.
    """
    begun = await connection.execute(
        update(answers)
        .where(
            answers.c.id == question_id,
            answers.c.round == round,
            answers.c.completed_at.is_not(None),
        )
        .values(
            round=answers.c.round + 1,
            completed_at=None,
            trouble=None,
            alive_until=in_seconds(ALIVE_S),
        )
        .returning(answers)
    )
    row = begun.first()
    if row is None:
        return None
    await cards.mark(connection, Kind.ANSWER, question_id, urgency=Urgency.NEW)
    return _question(row)


async def abandoned(connection: Connection) -> tuple[tuple[str, int], ...]:
    """The unfinished rounds of which nobody has said lately that they are still being asked."""
    found = await connection.execute(
        select(answers.c.id, answers.c.round).where(
            answers.c.completed_at.is_(None), answers.c.alive_until < database_now()
        )
    )
    return tuple((row.id, row.round) for row in found)


def _open_round(question_id: str, number: int) -> Any:
    return and_(
        answers.c.id == question_id,
        answers.c.round == number,
        answers.c.completed_at.is_(None),
    )


def _question(row: Row[Any]) -> Question:
    return Question(
        id=row.id,
        kind=QuestionKind(row.kind),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        channel=row.channel,
        words=row.words,
        round=row.round,
        found=row.found,
        found_at=row.found_at,
        found_round=row.found_round,
        is_complete=row.completed_at is not None,
        completed_at=row.completed_at,
        trouble=row.trouble,
        verb=Verb(row.verb),
        environment=row.environment,
        service=row.service,
    )
