"""Token buckets on the database's clock: never more than there is, a part kept."""

import asyncio

from sqlalchemy import select

from bot.storage import budgets
from bot.storage.budgets import Budget
from bot.storage.database import Database, database_now, in_seconds

SLOW = Budget("slow", capacity=20, every_s=3600.0, kept=6)


async def taken(database: Database, budget: Budget, *, urgent: bool, times: int) -> int:
    async def take() -> bool:
        async with database.write() as connection:
            return await budgets.take(connection, budget, urgent=urgent)

    return sum(await asyncio.gather(*(take() for _ in range(times))))


async def test_eight_takers_at_once_get_no_more_than_the_capacity(database: Database):
    small = Budget("small", capacity=5, every_s=3600.0)
    assert await taken(database, small, urgent=True, times=8) == 5


async def test_what_is_kept_is_for_what_is_urgent(database: Database):
    assert await taken(database, SLOW, urgent=False, times=24) == 14
    assert await taken(database, SLOW, urgent=True, times=8) == 6


async def test_tokens_come_back_with_time_and_never_above_the_capacity(database: Database):
    quick = Budget("quick", capacity=2, every_s=0.05)
    assert await taken(database, quick, urgent=True, times=2) == 2
    await asyncio.sleep(0.3)  # time of the database is what is tested
    async with database.write() as connection:
        got = [await budgets.take(connection, quick, urgent=True) for _ in range(3)]
    assert got[:2] == [True, True]


async def test_a_refusal_of_slacks_empties_the_bucket_for_everybody(database: Database):
    async with database.write() as connection:
        await budgets.exhaust(connection, SLOW, for_s=60)
        await budgets.exhaust(connection, SLOW, for_s=1)
        assert not await budgets.take(connection, SLOW, urgent=True)
        ready_at = budgets.ready_at(SLOW, urgent=True)
        asked = select(ready_at <= in_seconds(55), ready_at <= in_seconds(60))
        assert (await connection.execute(asked)).one() == (False, True)


async def test_a_bucket_never_used_is_ready(database: Database):
    async with database.read() as connection:
        ready = budgets.ready_at(SLOW, urgent=False) <= database_now()
        assert (await connection.execute(select(ready))).scalar_one()
