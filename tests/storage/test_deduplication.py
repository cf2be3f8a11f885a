"""Doing once what may arrive twice."""

import asyncio

import pytest

from bot.storage import deduplication
from bot.storage.database import Database


async def test_of_eight_who_do_the_same_at_once_one_is_the_first(database: Database):
    async def act() -> bool:
        async with database.write() as connection:
            return await deduplication.first_time(connection, "trigger", keep_s=60)

    assert sum(await asyncio.gather(*(act() for _ in range(8)))) == 1


async def test_a_key_whose_time_is_over_is_new_again_and_can_be_forgotten(database: Database):
    async with database.write() as connection:
        assert await deduplication.first_time(connection, "old", keep_s=-1)
        assert await deduplication.first_time(connection, "old", keep_s=-1)
        assert await deduplication.first_time(connection, "new", keep_s=60)
        assert await deduplication.forget_expired(connection) == 1
        assert not await deduplication.first_time(connection, "new", keep_s=60)


async def test_what_failed_was_never_seen(database: Database):
    with pytest.raises(RuntimeError):
        async with database.write() as connection:
            await deduplication.first_time(connection, "k", keep_s=60)
            raise RuntimeError
    async with database.write() as connection:
        assert await deduplication.first_time(connection, "k", keep_s=60)
