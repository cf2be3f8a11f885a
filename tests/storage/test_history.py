"""What others did, written once whoever finds it first, and history as people ask for it."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from bot.domain.change import ChangeState, Origin
from bot.storage import acts, changes, history
from bot.storage.schema.cards import cards as cards_table
from tests.changes.builders import NOW, a_change, a_plan, a_rollout

S = ChangeState
HERE = ("prod", "credlink-api")


def found(identity, state=S.ROLLING_OUT, **said):
    return a_change(
        identity,
        **{
            "state": state,
            "origin": Origin.OUTSIDE,
            "asked_by": "",
            "started_at": NOW,
            "plan": a_plan(),
            "rollout": a_rollout(),
            **said,
        },
    )


async def add(database, change):
    async with database.write() as connection:
        return await history.add_found(connection, change)


async def card_of(database, change_id):
    async with database.read() as connection:
        asked = select(cards_table.c.wanted).where(cards_table.c.subject_id == change_id)
        return (await connection.execute(asked)).scalar_one_or_none()


async def test_of_two_that_find_the_same_at_once_one_writes_it(database):
    one = found("outside-1")

    assert sorted(await asyncio.gather(add(database, one), add(database, one))) == [False, True]
    assert await card_of(database, "outside-1") == 1


async def test_one_under_way_is_not_written_beside_another(database):
    assert await add(database, found("outside-1"))

    assert not await add(database, found("outside-2"))
    async with database.read() as connection:
        ids = await history.recorded(connection, ["outside-1", "outside-2"])
        assert ids == {"outside-1"}
        assert await history.places_under_way(connection) == {HERE}


async def test_one_that_has_ended_has_no_card_and_marks_the_one_before(database):
    assert await add(database, found("outside-1"))

    assert await add(database, found("outside-2", S.SUCCEEDED, started_at=NOW + timedelta(1)))
    assert await add(database, found("outside-0", S.SUCCEEDED, started_at=NOW - timedelta(1)))

    assert await card_of(database, "outside-2") is None
    assert await card_of(database, "outside-1") == 2


async def test_attempts_are_what_asked_ecs_or_may_have(database):
    async with database.write() as connection:
        await changes.add(connection, a_change("proposed", state=S.PROPOSED))
        await changes.add(connection, a_change("lost", state=S.UNPROVEN))
        await changes.add(connection, found("begun", S.SUCCEEDED))
        await changes.add(
            connection, found("old", S.SUCCEEDED, changed_at=NOW - timedelta(hours=2))
        )
        await acts.is_first_attempt(connection, "lost", "register", at=NOW - timedelta(minutes=2))
        await acts.is_first_attempt(connection, "lost", "update", at=NOW - timedelta(minutes=1))
    async with database.read() as connection:
        since = NOW - timedelta(hours=1)
        attempts = await history.attempts(connection, *HERE, moved_since=since)

    assert {one.change.id: one.asked_ecs_at for one in attempts} == {
        "lost": NOW - timedelta(minutes=2),
        "begun": NOW,
    }


async def test_a_page_is_the_newest_of_these_places_and_how_many_there_are(database):
    async with database.write() as connection:
        for number in range(4):
            at = NOW - timedelta(hours=number)
            await changes.add(connection, found(f"c{number}", S.SUCCEEDED, started_at=at))
        await changes.add(connection, found("elsewhere", S.SUCCEEDED, environment="eu"))
        await changes.add(connection, a_change("rehearsed", state=S.REHEARSED, is_dry_run=True))
    async with database.read() as connection:
        shown, total = await history.page(connection, [HERE], newest=3)

    assert [change.id for change in shown] == ["c0", "c1", "c2"]
    assert total == 4
