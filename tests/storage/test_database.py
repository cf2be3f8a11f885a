"""The transactions everything leans on: nothing lost, one snapshot, moments kept as moments."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select, update

from bot.storage.database import Database, Moment, database_now, in_seconds

tables = MetaData()
counters = Table("counters", tables, Column("id", Integer, primary_key=True), Column("n", Integer))
moments = Table(
    "moments", tables, Column("name", Text, primary_key=True), Column("at", Moment, nullable=True)
)


@pytest.fixture
async def scratch(database: Database) -> Database:
    async with database.write() as connection:
        await connection.run_sync(tables.create_all)
        await connection.execute(insert(counters).values(id=1, n=0))
    return database


async def test_eight_writers_that_read_and_write_one_row_lose_no_update(scratch: Database):
    async def twenty_increments() -> None:
        for _ in range(20):
            async with scratch.write() as connection:
                row = select(counters.c.n).where(counters.c.id == 1).with_for_update()
                n = (await connection.execute(row)).scalar_one()
                await asyncio.sleep(0)
                await connection.execute(update(counters).values(n=n + 1))

    await asyncio.gather(*(twenty_increments() for _ in range(8)))

    async with scratch.read() as connection:
        assert (await connection.execute(select(counters.c.n))).scalar_one() == 160


async def test_a_failed_transaction_leaves_nothing(scratch: Database):
    with pytest.raises(RuntimeError, match="half-way"):
        async with scratch.write() as connection:
            await connection.execute(update(counters).values(n=99))
            raise RuntimeError("half-way")

    async with scratch.read() as connection:
        assert (await connection.execute(select(counters.c.n))).scalar_one() == 0


async def test_whoever_is_cancelled_in_the_middle_of_a_statement_holds_nobody_up(scratch: Database):
    async def writes() -> None:
        async with scratch.write() as connection:
            for n in range(50):
                await connection.execute(update(counters).values(n=n))
                await connection.execute(select(counters.c.n))

    cancelled = []  # kept, since what an exception refers to lives as long
    for ticks in range(2, 60, 3):
        writing = asyncio.create_task(writes())
        for _ in range(ticks):
            await asyncio.sleep(0.0005)
        writing.cancel()
        cancelled.append(await asyncio.gather(writing, return_exceptions=True))
        async with asyncio.timeout(5), scratch.write() as connection:
            await connection.execute(update(counters).values(n=7))

    assert any(isinstance(outcome, asyncio.CancelledError) for [outcome] in cancelled)


async def test_a_reader_sees_one_moment_although_somebody_writes_meanwhile(scratch: Database):
    async with scratch.read() as reader:
        before = (await reader.execute(select(counters.c.n))).scalar_one()
        async with scratch.write() as writer:
            await writer.execute(update(counters).values(n=7))
        assert (await reader.execute(select(counters.c.n))).scalar_one() == before


async def test_a_moment_comes_back_aware_in_utc_and_to_the_microsecond(scratch: Database):
    said = datetime(2026, 11, 23, 15, 4, 5, 123456, tzinfo=timezone(timedelta(hours=2)))
    async with scratch.write() as connection:
        await connection.execute(insert(moments).values(name="said", at=said))
        await connection.execute(insert(moments).values(name="never", at=None))

    async with scratch.read() as connection:
        rows = await connection.execute(select(moments.c.name, moments.c.at))
        kept = {name: at for name, at in rows}  # noqa: C416  dict() would not take rows

    assert kept["never"] is None
    assert kept["said"].tzinfo is UTC
    assert abs(kept["said"] - said) < timedelta(microseconds=2)


async def test_a_moment_without_a_zone_is_refused(scratch: Database):
    with pytest.raises(Exception, match="without a zone"):
        async with scratch.write() as connection:
            naive = datetime(2026, 11, 23, 15, 4)  # noqa: DTZ001  the point of the test
            await connection.execute(insert(moments).values(name="naive", at=naive))


async def test_the_database_has_a_clock_of_its_own_that_can_be_added_to(scratch: Database):
    async with scratch.write() as connection:
        await connection.execute(insert(moments).values(name="soon", at=in_seconds(30)))
        now, soon = (await connection.execute(select(database_now(), moments.c.at))).one()
        due = (await connection.execute(select(moments.c.name).where(moments.c.at <= now))).all()

    assert timedelta(seconds=29) < soon - now < timedelta(seconds=31)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)
    assert due == []


def test_sqlite_in_memory_is_refused_because_readers_would_see_nothing():
    with pytest.raises(ValueError, match="needs a file"):
        Database("sqlite:///:memory:")
