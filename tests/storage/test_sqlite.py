"""SQLite as it is spoken to here: a statement is one visit, and leaves nothing open behind it."""

import asyncio

import pytest
from aiosqlite import Connection as Driver
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.storage.database import Database
from bot.storage.schema import metadata
from bot.storage.schema.deduplication import seen

COUNTING = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT count(*) FROM n
"""


@pytest.fixture
async def sqlite(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    async with database.write() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


async def test_a_statement_is_one_visit_to_the_connections_thread(sqlite, monkeypatch):
    visits = []
    execute = Driver._execute

    async def counted(self, *args, **said):
        visits.append(args)
        return await execute(self, *args, **said)

    async with sqlite.write() as connection:
        monkeypatch.setattr(Driver, "_execute", counted)
        await connection.execute(insert(seen).values(key="a", until_at=1.0))
        found = await connection.execute(select(seen.c.key))
        assert found.scalars().all() == ["a"]
        assert len(visits) == 2


async def test_rows_counts_and_many_statements_at_once_are_as_ever(sqlite):
    rows = [{"key": f"k{n}", "until_at": float(n)} for n in range(5)]
    async with sqlite.write() as connection:
        await connection.execute(insert(seen), rows)
        gone = await connection.execute(seen.delete().where(seen.c.until_at < 2.0))
        assert gone.rowcount == 2
        left = await connection.execute(seen.update().values(until_at=9.0).returning(seen.c.key))
        assert sorted(left.scalars()) == ["k2", "k3", "k4"]
        assert (await connection.execute(text("SELECT 1 WHERE 1 = 0"))).first() is None


async def test_what_sqlite_refuses_comes_in_the_words_of_sqlalchemy(sqlite):
    with pytest.raises(IntegrityError):
        async with sqlite.write() as connection:
            await connection.execute(insert(seen).values(key="a", until_at=1.0))
            await connection.execute(insert(seen).values(key="a", until_at=1.0))
    with pytest.raises(OperationalError):
        async with sqlite.read() as connection:
            await connection.execute(text("SELECT * FROM nowhere"))
    async with sqlite.read() as connection:
        assert (await connection.execute(select(seen))).all() == []


async def test_whoever_is_cancelled_in_a_statement_leaves_no_lock(sqlite):
    async def slow():
        async with sqlite.write() as connection:
            await connection.execute(text(COUNTING))

    task = asyncio.create_task(slow())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    async with asyncio.timeout(5), sqlite.write() as connection:
        await connection.execute(insert(seen).values(key="b", until_at=1.0))
