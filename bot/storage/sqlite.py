"""SQLite as SQLAlchemy speaks to it here: one visit to the connection's thread for each statement.

aiosqlite makes four of them, to make a cursor, execute, fetch and close it. A webhook takes some
thirty statements: in a storm the visits were most of what taking one in cost. It also leaves no
cursor behind when whoever waits is cancelled: SQLite would keep its lock.
"""
# ruff: noqa: SLF001  what SQLAlchemy's adapter is made of is its subclasses' business

import collections
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util import EMPTY_DICT
from sqlalchemy.util.concurrency import await_only

DRIVER = "sqlite+whole"
"""What an engine's URL begins with to be spoken to so."""

T = TypeVar("T")


class WholeCursor(AsyncAdapt_aiosqlite_cursor):
    """A statement that is executed, fetched and closed at once; its rows are all there then."""

    __slots__ = ("_described", "_inserted", "_touched")

    def __init__(self, adapt_connection: AsyncAdapt_aiosqlite_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor = None  # type: ignore[assignment]  # there is none between two statements
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = collections.deque()
        self._described: Any = None
        self._touched = -1
        self._inserted: Any = None

    @property
    def description(self) -> Any:
        return self._described

    @property
    def rowcount(self) -> int:
        return self._touched

    @property
    def lastrowid(self) -> Any:
        return self._inserted

    def execute(self, operation: Any, parameters: Any = None) -> None:
        self._visit(lambda cursor: cursor.execute(operation, parameters or ()))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        self._visit(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Nothing is open."""

    def _visit(self, run: Callable[[sqlite3.Cursor], Any]) -> None:
        connection = self._adapt_connection
        try:
            await_only(self._visited(run))
        except Exception as error:  # noqa: BLE001  in the words SQLAlchemy knows
            connection._handle_exception(error)

    async def _visited(self, run: Callable[[sqlite3.Cursor], Any]) -> None:
        connection: Any = self._connection
        async with self._adapt_connection._execute_mutex:
            whole = partial(_whole, connection._conn, run)
            rows, self._described, self._touched, self._inserted = await connection._execute(whole)
        self._rows = collections.deque(rows)


def _whole(
    connection: sqlite3.Connection, run: Callable[[sqlite3.Cursor], Any]
) -> tuple[Sequence[Any], Any, int, Any]:
    """In the connection's thread: the rows of a statement and what is known of it."""
    cursor = connection.cursor()
    try:
        run(cursor)
        rows = cursor.fetchall() if cursor.description else ()
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


class WholeConnection(AsyncAdapt_aiosqlite_connection):
    """A connection whose cursors are whole."""

    __slots__ = ()

    _cursor_cls = WholeCursor  # type: ignore[assignment]  # a subclass of what stands there


class WholeModule(AsyncAdapt_aiosqlite_dbapi):
    """The driver, which makes such connections."""

    def connect(self, *arg: Any, **kw: Any) -> WholeConnection:
        made = super().connect(*arg, **kw)
        return WholeConnection(self, made._connection)


class WholeDialect(SQLiteDialect_aiosqlite):
    """SQLite through that driver."""

    driver = "whole"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> WholeModule:
        return WholeModule(__import__("aiosqlite"), sqlite3)


registry.register("sqlite.whole", __name__, WholeDialect.__name__)
