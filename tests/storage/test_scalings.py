"""Scalings in the database: one of a place asks AWS at a time, and promises have one order."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.card import Kind, Urgency
from bot.domain.scaling.capacity import ALL, Count
from bot.domain.scaling.scaling import Progress, ScalingState
from bot.errors import NotKnown
from bot.storage import cards, scalings
from bot.storage.schema.cards import cards as cards_table
from tests.domain.scalings import NOW, a_scaling, bounds

HOUR = timedelta(hours=1)
PLACE = ("prod", "credlink-api")
S = ScalingState
UNSET = {"number": None, "found": None, "wanted": None, "set_at": None, "until": None}


async def kept(database, *some):
    async with database.write() as connection:
        return [await scalings.add(connection, scaling) for scaling in some]


async def moved(database, scaling_id, to, of, **facts):
    async with database.write() as connection:
        return await scalings.move(connection, scaling_id, to, of={of}, at=NOW, **facts)


async def test_a_scaling_comes_back_as_it_was_written(database):
    scaling = a_scaling(
        overridden=("11 is above.",),
        progress=Progress(running=4, desired=5, trouble="no memory"),
        found=bounds(3, 10, ALL),
        wanted=Count(count=4),
        hurried_by="U0BOB0001",
        returning_at=NOW,
    )

    assert await kept(database, scaling) == [True]
    assert await kept(database, scaling) == [False]
    async with database.read() as connection:
        assert await scalings.get(connection, scaling.id) == scaling
        with pytest.raises(NotKnown, match="no such scaling"):
            await scalings.get(connection, "made up")


async def test_of_eight_of_a_place_that_would_ask_aws_at_once_one_does(database):
    waiting = [a_scaling(id=f"s-{n}", state=S.CONFIRMED, **UNSET) for n in range(8)]
    await kept(database, *waiting)

    async def reach(scaling):
        try:
            return await moved(database, scaling.id, S.APPLYING, S.CONFIRMED)
        except scalings.Occupied:
            return None

    reached = [one for one in await asyncio.gather(*map(reach, waiting)) if one is not None]

    assert len(reached) == 1
    async with database.read() as connection:
        assert await scalings.touching(connection, *PLACE) == reached[0]
        assert await scalings.touching(connection, "staging", "credlink-api") is None


async def test_numbers_of_a_place_are_given_once_each_in_the_order_of_those_who_had_it(database):
    async def take(_):
        async with database.write() as connection:
            last = await scalings.lock_place(connection, *PLACE)
            number = await scalings.take_number(connection, *PLACE)
            assert number == last + 1
            return number

    assert sorted(await asyncio.gather(*map(take, range(6)))) == [1, 2, 3, 4, 5, 6]
    async with database.write() as connection:
        assert await scalings.lock_place(connection, "prod", "other") == 0


async def test_of_two_who_move_it_one_does_and_the_other_is_told_nothing(database):
    await kept(database, a_scaling())

    done = await asyncio.gather(
        *(moved(database, "scaling-1", S.DUE, S.STANDING, hurried_by=f"U{n}") for n in range(4))
    )

    won = [one for one in done if one is not None]
    assert [one.state for one in won] == [S.DUE]
    async with database.read() as connection:
        assert await scalings.get(connection, "scaling-1") == won[0]


async def test_what_one_is_handed_is_not_lost_to_whoever_moves_it_at_that_moment(database):
    async def handed(scaling_id):
        async with database.write() as connection:
            await scalings.note(connection, scaling_id, found=bounds(1, 1))

    some = [a_scaling(id=f"s-{n}", number=n) for n in range(8)]
    await kept(database, *some)

    await asyncio.gather(
        *(
            doing
            for one in some
            for doing in (moved(database, one.id, S.DUE, S.STANDING), handed(one.id))
        )
    )

    async with database.read() as connection:
        found = [await scalings.get(connection, one.id) for one in some]
    assert {(one.state, one.found) for one in found} == {(S.DUE, bounds(1, 1))}


async def test_what_stands_in_a_place_is_told_in_order_and_what_was_set_last_after_it(database):
    third = a_scaling(id="third", number=3, set_at=NOW)
    first = a_scaling(id="first", number=1, state=S.DUE)
    over = a_scaling(id="over", number=2, state=S.REVERTED, finished_at=NOW)
    for_good = a_scaling(id="for-good", number=4, state=S.SCALING, until=None)
    elsewhere = a_scaling(id="elsewhere", environment="eu", number=9)
    await kept(database, third, first, over, for_good, elsewhere)

    async with database.read() as connection:
        assert await scalings.promises(connection, *PLACE) == (first, third)
        assert await scalings.set_after(connection, first) == for_good
        assert await scalings.set_after(connection, for_good) is None


async def test_what_is_over_or_unfinished_is_found_by_the_sweep(database):
    due = a_scaling(id="due", number=1, until=NOW)
    later = a_scaling(id="later", number=2, until=NOW + HOUR)
    expired = a_scaling(id="expired", state=S.PROPOSED, expires_at=NOW, **UNSET)
    working = a_scaling(id="working", state=S.LOOKING, changed_at=NOW - HOUR, **UNSET)
    fresh = a_scaling(id="fresh", state=S.LOOKING, changed_at=NOW + HOUR, **UNSET)
    await kept(database, due, later, expired, working, fresh)

    async with database.read() as connection:
        assert {one.id for one in await scalings.over(connection, NOW)} == {"due", "expired"}
        assert await scalings.to_work_on(connection, NOW) == (working,)


async def test_the_newest_that_were_set_are_told_and_how_many_there_are(database):
    await kept(
        database,
        *(a_scaling(id=f"s-{n}", number=n, set_at=NOW + n * HOUR) for n in (1, 2, 3)),
        a_scaling(id="refused", state=S.REFUSED, **UNSET),
    )

    async with database.read() as connection:
        found, total = await scalings.page(connection, [PLACE], newest=2)

    assert ([one.id for one in found], total) == (["s-3", "s-2"], 3)


async def test_a_move_marks_its_card_and_news_of_the_place_those_of_all_that_stand_there(database):
    await kept(database, a_scaling(), a_scaling(id="other", number=2))
    async with database.write() as connection:
        for scaling_id in ("scaling-1", "other"):
            await cards.open_card(
                connection,
                kind=Kind.SCALING,
                subject_id=scaling_id,
                channel="#credlink-prod",
                urgency=Urgency.NEW,
            )

    await moved(database, "scaling-1", S.KEPT, S.STANDING, finished_at=NOW)
    async with database.write() as connection:
        assert not await scalings.note(connection, "other", why=None)
        await scalings.mark_place(connection, *PLACE)

    async with database.read() as connection:
        rows = await connection.execute(select(cards_table.c.subject_id, cards_table.c.wanted))
        assert {row.subject_id: row.wanted for row in rows} == {"scaling-1": 2, "other": 2}
