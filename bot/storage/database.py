"""One database behind two dialects: transactions that never lose a write, and the database's clock.

On SQLite a writing transaction takes the lock when it begins (`BEGIN IMMEDIATE`): with a deferred
one, two writers read the same row and the second loses its update or fails half-way. Readers have
connections of their own, so a long write holds nobody up (WAL).
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, Float, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import expression
from sqlalchemy.types import TypeDecorator

from bot.storage import sqlite

Connection = AsyncConnection
"""An open transaction: what every storage function takes first."""

BUSY_TIMEOUT_MS = 10_000
POOL_CONNECTIONS = 10


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept as seconds since the epoch: same order, same sums, both dialects."""

    impl = Float(53)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> float | None:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError(f"a moment without a zone: {value}")
            return value.timestamp()
        return None if value is None else float(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(float(value), UTC)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return Float(53) if isinstance(value, int | float) else self


class database_now(expression.FunctionElement[datetime]):  # noqa: N801  named like SQL's functions
    """The database's own time: what leases and budgets are measured by, whichever replica asks."""

    type = Moment()
    inherit_cache = True


@compiles(database_now, "postgresql")
def _postgresql_now(element: Any, compiler: Any, **_: Any) -> str:
    return "extract(epoch from clock_timestamp())"


@compiles(database_now, "sqlite")
def _sqlite_now(element: Any, compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


class Database:
    """The bot's tables. `write()` and `read()` are the only ways in."""

    def __init__(self, url: str) -> None:
        """`url` is `sqlite:///path` or `postgresql://…`; the async drivers are chosen here."""
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        driver = sqlite.DRIVER if self.is_sqlite else "postgresql+psycopg"
        self.url = parsed.set(drivername=driver)
        if self.is_sqlite:
            if not parsed.database or parsed.database == ":memory:":
                raise ValueError("SQLite needs a file: readers and the writer do not share memory")
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._sqlite_engine(begin="BEGIN IMMEDIATE", connections=1)
            self._reader = self._sqlite_engine(begin="BEGIN", connections=POOL_CONNECTIONS)
        else:
            self._writer = create_async_engine(
                self.url, pool_size=POOL_CONNECTIONS, pool_pre_ping=True
            )
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ")

    def _sqlite_engine(self, *, begin: str, connections: int) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            pool_size=connections,
            max_overflow=0,
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        )

        @event.listens_for(engine.sync_engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves, below
            cursor = connection.cursor()
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                f"busy_timeout={BUSY_TIMEOUT_MS}",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine.sync_engine, "invalidate")
        def end(connection: Any, _record: Any, _problem: Any) -> None:
            # Whoever is cancelled in the middle of a statement leaves its cursor to the garbage
            # collector, and SQLite keeps the lock of a closed connection until that is gone.
            with suppress(sqlite3.Error):
                connection.rollback()

        @event.listens_for(engine.sync_engine, "begin")
        def start(connection: Any) -> None:
            connection.exec_driver_sql(begin)

        return engine

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Connection]:
        """A transaction that may write: all of it or nothing."""
        async with self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """One snapshot: everything read inside belongs to the same moment."""
        async with self._reader.connect() as connection, connection.begin():
            yield connection

    async def close(self) -> None:
        await self._writer.dispose()
        if self.is_sqlite:
            await self._reader.dispose()


def in_seconds(seconds: float) -> expression.ColumnElement[Any]:
    """The database's time, `seconds` from now."""
    return database_now() + seconds
