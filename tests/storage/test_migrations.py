"""Migrations: they build exactly the tables the code knows, once, whoever starts first."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, inspect, text

from bot.__main__ import main
from bot.errors import ConfigurationError
from bot.storage import migrate, schema
from bot.storage.database import Database, Moment
from bot.storage.schema import metadata
from sandbox.world import CATALOG
from tests.storage.write_migration import write

OURS = set(metadata.tables)


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    """A database without a table."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def differences(connection: Connection) -> list[Any]:
    """What autogenerate would write into another revision; types and comments included."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, metadata)


def conditions(connection: Connection) -> dict[str, str]:
    """The condition of every partial index, in one spelling for both dialects."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index'"))
    else:
        rows = connection.execute(text("SELECT indexname, indexdef FROM pg_indexes"))
    return {
        name: definition.partition(" WHERE ")[2].replace("(", "").replace(")", "")
        for name, definition in rows
        if definition and " WHERE " in definition
    }


async def test_they_build_exactly_the_tables_the_code_knows(empty: Database):
    await migrate.upgrade(empty)

    async with empty.read() as connection:
        assert await connection.run_sync(tables) == {*OURS, "alembic_version"}
        assert await connection.run_sync(differences) == []


async def test_they_build_the_same_partial_indexes_as_the_code(empty: Database):
    async with empty.write() as connection:
        await connection.run_sync(metadata.create_all)
        meant = await connection.run_sync(conditions)
        await connection.run_sync(metadata.drop_all)
    await migrate.upgrade(empty)

    async with empty.read() as connection:
        assert await connection.run_sync(conditions) == meant
    assert "uq_changes_under_way" in meant


async def test_an_empty_database_is_not_current_and_an_upgraded_one_is(empty: Database):
    assert not await migrate.is_current(empty)
    assert await migrate.will_upgrade(empty)

    assert await migrate.upgrade(empty) == (None, migrate.newest())

    assert await migrate.is_current(empty)
    assert not await migrate.will_upgrade(empty)


async def test_a_second_upgrade_changes_nothing(empty: Database):
    await migrate.upgrade(empty)
    async with empty.write() as connection:
        await connection.execute(text("INSERT INTO seen VALUES ('kept', 1)"))

    assert await migrate.upgrade(empty) == (migrate.newest(), migrate.newest())

    async with empty.read() as connection:
        assert (await connection.execute(text("SELECT key FROM seen"))).scalars().all() == ["kept"]


async def test_of_replicas_that_start_together_one_upgrades_and_the_others_wait(
    database_url: str,
):
    replicas = [Database(database_url) for _ in range(4)]
    try:
        done = await asyncio.gather(*(migrate.upgrade(replica) for replica in replicas))
    finally:
        for replica in replicas:
            await replica.close()

    newest = migrate.newest()
    assert sorted(done, key=str) == [*[(newest, newest)] * 3, (None, newest)]


async def test_an_upgrade_that_fails_leaves_everything_as_it_was(empty: Database):
    async with empty.write() as connection:
        await connection.execute(text("CREATE TABLE thread_entries (in_the_way INTEGER)"))

    with pytest.raises(Exception, match="thread_entries"):
        await migrate.upgrade(empty)

    async with empty.read() as connection:
        assert await connection.run_sync(tables) == {"thread_entries"}


async def test_tables_of_a_newer_version_are_left_alone_and_said_in_words(empty: Database):
    await migrate.upgrade(empty)
    async with empty.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    for look in (migrate.upgrade, migrate.will_upgrade):
        with pytest.raises(ConfigurationError, match="9999"):
            await look(empty)
    assert not await migrate.is_current(empty)


def test_the_command_says_where_the_tables_were_and_where_they_are(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("CREDLINK_CONFIG", str(CATALOG))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")

    assert main(["db", "upgrade"]) == 0
    assert capsys.readouterr().out == f"empty → {migrate.newest()}\n"

    assert main(["db", "upgrade"]) == 0
    assert capsys.readouterr().out == f"{migrate.newest()}: nothing to do\n"


def test_the_next_migration_is_written_from_what_the_tables_have_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    later = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(later)
    later.tables["seen"].append_column(Column("again_at", Moment))
    monkeypatch.setattr(schema, "metadata", later)

    file = write("count what is seen again", versions=tmp_path)

    text = file.read_text()
    assert file.name == f"{int(migrate.newest() or 0) + 1:04}_count_what_is_seen_again.py"
    assert f'down_revision = "{migrate.newest()}"' in text
    assert 'sa.Column("again_at", Moment(), nullable=True)' in text
    assert "from bot.storage.database import Moment" in text
