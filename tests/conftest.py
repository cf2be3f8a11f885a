"""What every test stands on: no way out of this machine, databases, and nothing left running."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from bot.storage.database import Database
from bot.storage.schema import metadata
from tests import postgres
from tests.worlds import is_world

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    # A client made without the sandbox's address must reach nobody.
    AWS_ENDPOINT_URL="http://127.0.0.1:9",
)
for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
    os.environ.pop(proxy, None)

GIVING_WAY = 10
"""The niceness of everything beside whole worlds."""
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole worlds first: one that is begun last is waited for by everybody."""
    items.sort(key=lambda item: is_world(item.nodeid), reverse=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What does not live in real time gives way to what does, in this process and its children."""
    if not is_world(item.nodeid):
        os.setpriority(os.PRIO_PROCESS, 0, GIVING_WAY)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out whole files, all scenes to one worker and all stories to one."""
    from tests.scheduling import OneSceneAtATime

    return OneSceneAtATime(config, log)


@pytest.fixture(autouse=True)
async def no_task_left_behind() -> AsyncIterator[None]:
    """Fail a test that leaves something running on the event loop."""
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, left


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database."""
    with postgres.running() as url:
        yield url


@contextmanager
def new_postgres(server: str, *, like: str = "template1") -> Iterator[str]:
    """The URL of a new database on this server, a copy of `like`; gone afterwards."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy")
        yield server.rsplit("/", 1)[0] + f"/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database."""
    with new_postgres(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/bot.sqlite"


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_server: str) -> str:
    """The name of a PostgreSQL database with the bot's tables; a copy costs less than tables."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE with_tables")
    url = postgres_server.rsplit("/", 1)[0] + "/with_tables"
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    metadata.create_all(engine)
    engine.dispose()
    return "with_tables"


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the bot's tables, to be copied."""
    path = tmp_path_factory.mktemp("tables") / "bot.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_with_tables: Path, tmp_path: Path) -> str:
    """The URL of a SQLite file with the bot's tables."""
    shutil.copy(sqlite_with_tables, tmp_path / "bot.sqlite")
    return f"sqlite:///{tmp_path}/bot.sqlite"


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """The bot's tables in a file; what is about SQL itself is tested on both databases."""
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def tables_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with the bot's tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    like = request.getfixturevalue("postgres_with_tables")
    with new_postgres(request.getfixturevalue("postgres_server"), like=like) as url:
        yield url


@pytest.fixture
async def database(tables_url: str) -> AsyncIterator[Database]:
    """The bot's database with its tables, once on SQLite and once on PostgreSQL."""
    opened = Database(tables_url)
    yield opened
    await opened.close()
