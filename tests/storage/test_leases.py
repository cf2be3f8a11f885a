"""Leases: one holder at a time, on the database's clock, lost by falling silent."""

import asyncio

from bot.storage import leases
from bot.storage.database import Database


async def test_a_lease_has_one_holder_who_may_renew_it(database: Database):
    async with database.write() as connection:
        assert await leases.hold(connection, "chore", "a", for_s=30)
        assert not await leases.hold(connection, "chore", "b", for_s=30)
        assert await leases.hold(connection, "chore", "a", for_s=30)


async def test_of_eight_who_reach_for_a_lease_at_once_one_has_it(database: Database):
    async def reach(owner: str) -> bool:
        async with database.write() as connection:
            return await leases.hold(connection, "chore", owner, for_s=30)

    assert sum(await asyncio.gather(*(reach(f"r{n}") for n in range(8)))) == 1


async def test_a_lease_that_ran_out_or_was_given_back_is_free(database: Database):
    async with database.write() as connection:
        assert await leases.hold(connection, "chore", "a", for_s=-1)
        assert await leases.hold(connection, "chore", "b", for_s=30)
        await leases.release(connection, "chore", "b")
        assert await leases.hold(connection, "chore", "c", for_s=30)


async def test_nobody_gives_back_what_another_holds(database: Database):
    async with database.write() as connection:
        await leases.hold(connection, "chore", "a", for_s=30)
        await leases.release(connection, "chore", "b")
        assert not await leases.hold(connection, "chore", "b", for_s=30)


async def test_silent_and_leaving_replicas_are_dead_and_beating_ones_are_not(database: Database):
    async with database.write() as connection:
        await leases.beat(connection, "alive", for_s=30)
        await leases.beat(connection, "silent", for_s=-1)
        await leases.beat(connection, "leaving", for_s=30)
        await leases.expire(connection, "leaving")
        asked = ["alive", "silent", "leaving", "never seen"]
        dead = await leases.dead_among(connection, asked)

    assert dead == {"silent", "leaving", "never seen"}
