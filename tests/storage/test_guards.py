"""Locks and freezes in the database: one wins, what is over is over, and cards are marked."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.catalog import ANY
from bot.domain.card import Kind, Urgency
from bot.domain.freeze import Declared
from bot.errors import NotKnown
from bot.storage import cards, freezes, locks
from bot.storage.schema.cards import cards as cards_table
from tests.domain.situations import NOW, a_lock

HOUR = timedelta(hours=1)


def a_declared(identity: str = "freeze-1", **said) -> Declared:
    return Declared(
        **{
            "id": identity,
            "environment": "prod",
            "service": ANY,
            "begins_at": NOW,
            "ends_at": NOW + 2 * HOUR,
            "reason": "sale",
            "by": "U0BOB0001",
            "at": NOW,
            **said,
        }
    )


async def kept(database, *some):
    async with database.write() as connection:
        return [await locks.add(connection, lock) for lock in some]


async def wanted(database, kind, subject_id):
    async with database.read() as connection:
        asked = select(cards_table.c.wanted, cards_table.c.urgency)
        of = (cards_table.c.kind == kind, cards_table.c.subject_id == subject_id)
        row = (await connection.execute(asked.where(*of))).one()
        return row.wanted, Urgency(row.urgency)


async def with_card(database, kind, subject_id):
    async with database.write() as connection:
        await cards.open_card(
            connection,
            kind=kind,
            subject_id=subject_id,
            channel="#credlink-prod",
            urgency=Urgency.PROGRESS,
        )


async def test_a_lock_comes_back_as_it_was_written(database):
    lock = a_lock(expires_at=NOW + HOUR, nudged_at=NOW, change_id="change-1")

    assert await kept(database, lock) == [lock]
    async with database.read() as connection:
        assert await locks.get(connection, lock.id) == lock
        assert await locks.of_place(connection, "prod", "api") == lock


async def test_of_eight_who_lock_at_once_one_wins_and_the_others_are_told_who(database):
    async def reach(number: int):
        async with database.write() as connection:
            return await locks.add(connection, a_lock(id=f"lock-{number}", owner=f"U{number}"))

    stand = await asyncio.gather(*(reach(number) for number in range(8)))

    assert len({lock.id for lock in stand}) == 1
    async with database.read() as connection:
        assert await locks.standing(connection, "prod", "api", at=NOW) == (stand[0],)


async def test_the_same_lock_again_is_the_same(database):
    first, second = await kept(database, a_lock(), a_lock())

    assert first == second == a_lock()


async def test_a_lock_whose_time_is_over_makes_way_for_the_next_in_the_same_transaction(database):
    old = a_lock(expires_at=NOW)
    await kept(database, old)
    await with_card(database, Kind.LOCK, old.id)

    new = a_lock(id="lock-2", at=NOW + HOUR, owner="U0CAROL01")

    assert await kept(database, new) == [new]
    async with database.read() as connection:
        was = await locks.get(connection, old.id)
    assert (was.released_at, was.released_by) == (NOW, None)
    assert await wanted(database, Kind.LOCK, old.id) == (2, Urgency.OUTCOME)


async def test_locks_of_a_service_and_of_its_whole_environment_stand_side_by_side(database):
    api, everything = a_lock(), a_lock(id="lock-2", service=ANY, at=NOW)
    staging = a_lock(id="lock-3", environment="staging")
    await kept(database, api, everything, staging)

    async with database.read() as connection:
        assert await locks.standing(connection, "prod", "api", at=NOW) == (api, everything)
        assert await locks.standing(connection, "prod", "web", at=NOW) == (everything,)
        assert await locks.in_environment(connection, "prod", at=NOW) == (everything, api)


async def test_a_lock_is_released_once_and_its_card_is_marked(database):
    await kept(database, a_lock())
    await with_card(database, Kind.LOCK, "lock-1")

    async def release(by: str):
        async with database.write() as connection:
            return await locks.release(connection, "lock-1", by=by, at=NOW)

    found = await asyncio.gather(release("U1"), release("U2"))

    [released] = [lock for lock in found if lock is not None]
    assert released.released_by in {"U1", "U2"}
    assert await wanted(database, Kind.LOCK, "lock-1") == (2, Urgency.OUTCOME)


async def test_what_is_over_is_not_released_by_hand_but_by_its_time(database):
    await kept(database, a_lock(expires_at=NOW), a_lock(id="lock-2", service="web"))

    async with database.write() as connection:
        assert await locks.release(connection, "lock-1", by="U1", at=NOW) is None
        assert await locks.release_expired(connection, NOW) == 1
        assert await locks.release_expired(connection, NOW) == 0
        assert [lock.id for lock in await locks.in_environment(connection, "prod", at=NOW)] == [
            "lock-2"
        ]


async def test_of_two_who_ask_an_owner_one_does(database):
    lock = a_lock()
    await kept(database, lock)

    async def ask():
        async with database.write() as connection:
            return await locks.nudge(connection, lock, at=NOW)

    assert sorted(await asyncio.gather(ask(), ask())) == [False, True]


async def test_only_locks_of_that_age_are_looked_at(database):
    await kept(database, a_lock(), a_lock(id="lock-2", service="web", at=NOW))

    async with database.read() as connection:
        found = await locks.older(connection, than=HOUR, at=NOW)

    assert [lock.id for lock in found] == ["lock-1"]


async def test_a_lock_or_freeze_that_is_not_there_is_said_so(database):
    async with database.read() as connection:
        with pytest.raises(NotKnown, match="no such lock any more"):
            await locks.get(connection, "made-up")
        with pytest.raises(NotKnown, match="no such freeze any more"):
            await freezes.get(connection, "made-up")


async def test_freezes_ahead_are_those_that_stand_or_come_for_this_service(database):
    some = (
        a_declared("stands"),
        a_declared("comes", begins_at=NOW + HOUR, service="api"),
        a_declared("is over", begins_at=NOW - 2 * HOUR, ends_at=NOW),
        a_declared("is another's", service="web"),
        a_declared("is elsewhere", environment="staging"),
    )
    async with database.write() as connection:
        assert [await freezes.add(connection, freeze) for freeze in some] == [True] * 5
        assert not await freezes.add(connection, some[0])
        ahead = await freezes.ahead(connection, "prod", "api", at=NOW)

    assert ahead == some[:2]


async def test_a_freeze_is_lifted_once_and_its_card_is_marked(database):
    async with database.write() as connection:
        await freezes.add(connection, a_declared())
    await with_card(database, Kind.FREEZE, "freeze-1")

    async with database.write() as connection:
        lifted = await freezes.lift(connection, "freeze-1", by="U1", at=NOW)
        assert await freezes.lift(connection, "freeze-1", by="U2", at=NOW) is None
        assert await freezes.ahead(connection, "prod", "api", at=NOW) == ()

    assert (lifted.lifted_at, lifted.lifted_by) == (NOW, "U1")
    assert await wanted(database, Kind.FREEZE, "freeze-1") == (2, Urgency.OUTCOME)


async def test_freezes_that_begin_or_end_in_a_time_are_found_for_their_cards(database):
    some = (
        a_declared("began", begins_at=NOW - HOUR),
        a_declared("ended", begins_at=NOW - 9 * HOUR, ends_at=NOW),
        a_declared("stands", begins_at=NOW - 9 * HOUR),
        a_declared("comes", begins_at=NOW + HOUR),
    )
    async with database.write() as connection:
        for freeze in some:
            await freezes.add(connection, freeze)
        found = await freezes.between(connection, after=NOW - 2 * HOUR, until=NOW)

    assert [freeze.id for freeze in found] == ["began", "ended"]
