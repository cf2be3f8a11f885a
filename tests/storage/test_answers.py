"""Questions as rows: asked in rounds, of which only the newest writes, and moved where they fit."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from bot.catalog import Verb
from bot.domain.card import Kind, Urgency
from bot.domain.question import Question, QuestionKind
from bot.storage import answers, deliveries
from bot.storage.database import Database
from bot.storage.schema import answers as tables
from bot.storage.schema.cards import cards
from tests.storage.test_deliveries import work

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
QUESTION = Question(
    id="a1",
    kind=QuestionKind.ONCALL,
    asked_by="UALICE",
    asked_at=NOW,
    channel="C1",
    words={"services": ["api"]},
    verb=Verb.ONCALL,
    service="api",
)


async def added(database: Database) -> bool:
    async with database.write() as connection:
        return await answers.add(connection, QUESTION)


async def noted(database: Database, number: int, found: Any, *, over: bool = False) -> bool:
    async with database.write() as connection:
        complete_at = NOW if over else None
        return await answers.note(connection, "a1", number, found, complete_at=complete_at)


async def kept(database: Database) -> Question:
    async with database.read() as connection:
        return await answers.get(connection, "a1")


async def shown(database: Database) -> None:
    """Slack has the card as it is, and would like to be left alone for a while."""
    async with database.write() as connection:
        row = (await connection.execute(select(cards))).one()
        await deliveries.shown(
            connection, row.id, revision=row.wanted, channel_id="C1", ts="1.1", pause_s=3600
        )


async def test_a_question_is_kept_once_and_has_its_card(database: Database):
    assert await added(database)
    assert not await added(database)
    assert await kept(database) == QUESTION
    owed = await work(database, "C1")
    assert owed is not None
    assert (owed.kind, owed.urgency, owed.otherwise) == (Kind.ANSWER, Urgency.NEW, "UALICE")


async def test_what_is_known_so_far_waits_for_its_turn_and_the_end_does_not(database: Database):
    await added(database)
    await shown(database)
    assert await noted(database, 1, {"some": 1})
    assert await work(database, "C1") is None
    assert await noted(database, 1, {"all": 1}, over=True)
    owed = await work(database, "C1")
    assert owed is not None
    assert owed.step is deliveries.Step.EDIT
    found = await kept(database)
    assert (found.found, found.is_complete, found.completed_at) == ({"all": 1}, True, NOW)


async def test_a_round_that_is_over_writes_nothing_more(database: Database):
    await added(database)
    assert await noted(database, 1, {"all": 1}, over=True)
    assert not await noted(database, 1, {"late": 1})
    async with database.write() as connection:
        begun = await answers.again(connection, "a1", 1)
        assert await answers.again(connection, "a1", 1) is None
    assert begun is not None
    assert (begun.round, begun.found, begun.is_complete) == (2, {"all": 1}, False)
    assert not await noted(database, 1, {"late": 1}, over=True)
    assert await noted(database, 2, {"new": 1}, over=True)
    assert (await kept(database)).found == {"new": 1}


async def test_an_end_without_news_does_not_make_what_was_found_newer(database: Database):
    await added(database)
    await noted(database, 1, {"all": 1}, over=True)
    async with database.write() as connection:
        assert await answers.again(connection, "a1", 1)
    async with database.write() as connection:
        later = NOW + timedelta(hours=1)
        assert await answers.give_up(connection, "a1", 2, "Ask again.", at=later)
    found = await kept(database)
    assert (found.found, found.found_at) == ({"all": 1}, NOW)
    assert (found.completed_at, found.trouble) == (later, "Ask again.")


async def test_a_round_that_is_not_over_is_not_begun_anew(database: Database):
    await added(database)
    async with database.write() as connection:
        assert await answers.again(connection, "a1", 1) is None


async def test_a_round_of_which_nobody_says_anything_is_abandoned(database: Database):
    await added(database)

    async def abandoned() -> tuple[tuple[str, int], ...]:
        async with database.read() as connection:
            return await answers.abandoned(connection)

    assert await abandoned() == ()
    async with database.write() as connection:
        await connection.execute(update(tables.answers).values(alive_until=NOW.timestamp() - 1e9))
    assert await abandoned() == (("a1", 1),)
    async with database.write() as connection:
        assert await answers.keep_alive(connection, "a1", 1)
    assert await abandoned() == ()

    async with database.write() as connection:
        assert await answers.give_up(connection, "a1", 1, "It stopped.", at=NOW)
        assert not await answers.give_up(connection, "a1", 1, "It stopped.", at=NOW)
        assert not await answers.keep_alive(connection, "a1", 1)
    assert (await kept(database)).trouble == "It stopped."


async def test_a_card_that_moves_is_due_where_it_goes_at_once(database: Database):
    await added(database)
    owed = await work(database, "C1")
    assert owed is not None
    async with database.write() as connection:
        await deliveries.postpone(connection, owed.card_id, for_s=3600, error="not_in_channel")
        await deliveries.move(connection, owed.card_id, to="UALICE")
    assert await work(database, "C1") is None
    moved = await work(database, "UALICE")
    assert moved is not None
    assert (moved.step, moved.failures, moved.otherwise) == (deliveries.Step.POST, 0, None)
