"""SQLite's driver with one visit to its thread for each statement, and none to begin.

aiosqlite goes there to open a cursor, to execute, to fetch and to close: four times, and each time whoever
waits gets their answer only when the event loop comes round again. Under a thousand messages a second a
transaction of fifteen statements waited for the loop sixty times, and everybody else for the transaction.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import aiosqlite
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_cursor
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    AsyncAdapt_aiosqlite_ss_cursor,
)


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Holds what a statement gave; the driver's own cursor is closed before anybody sees it."""

    __slots__ = ("_description", "_lastrowid", "_rowcount", "_size")

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._description: Any = None
        self._rowcount, self._lastrowid, self._size = -1, None, 1

    @property
    def description(self) -> Any:
        return self._description

    @property
    def rowcount(self) -> int:
        return self._rowcount

    @property
    def lastrowid(self) -> Any:
        return self._lastrowid

    @property
    def arraysize(self) -> int:
        return self._size

    @arraysize.setter
    def arraysize(self, value: int) -> None:
        self._size = value

    async def _async_soft_close(self) -> None:
        """It is closed."""

    def close(self) -> None:
        self._rows.clear()

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        if operation.startswith("BEGIN"):
            _ours(self).begin = operation
        else:
            await self._visit(_execute, operation, () if parameters is None else parameters)
        return self

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        await self._visit(_execute_many, operation, seq_of_parameters)
        return self

    async def _visit(self, what: Any, operation: str, parameters: Any) -> None:
        async with self._adapt_connection._execute_mutex:
            given = await _ours(self).visit(what, operation, parameters)
        rows, self._description, self._rowcount, self._lastrowid = given
        self._rows = deque(rows)


class _StreamingCursor(AsyncAdapt_aiosqlite_ss_cursor):
    """The driver's own; rows come as they are asked for."""

    __slots__ = ()

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        async with self._adapt_connection._execute_mutex:
            if _ours(self).begin is not None:
                await _ours(self).visit(_nothing)
        return await super()._execute_async(operation, parameters)


class _Connection(AsyncAdapt_aiosqlite_connection):
    """A transaction is begun in the same visit as its first statement, and in none where nothing is asked."""

    __slots__ = ("begin",)

    _cursor_cls = _Cursor
    _ss_cursor_cls = _StreamingCursor

    #: The statement that begins the transaction, until a visit takes it along.
    begin: str | None

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self.begin = None

    async def visit(self, what: Any, *asked: Any) -> Any:
        # Taken before the thread is asked, which may put it back; a statement that fails after it does not.
        begin, self.begin = self.begin, None
        connection: Any = self._connection
        return await connection._execute(self._in_transaction, begin, what, *asked)

    def _in_transaction(self, begin: str | None, what: Any, *asked: Any) -> Any:
        connection: sqlite3.Connection = cast("Any", self._connection)._conn
        if begin is not None:
            try:
                connection.execute(begin).close()
            except BaseException:
                self.begin = begin  # else what is asked next would be kept at once
                raise
        return what(connection, *asked)

    def commit(self) -> None:
        try:
            self._end(super().commit)
        except Exception:
            # SQLAlchemy does not, and nobody could begin another.
            super().rollback()
            raise

    def rollback(self) -> None:
        self._end(super().rollback)

    def _end(self, end: Callable[[], None]) -> None:
        if self.begin is None:
            end()
        self.begin = None


def _ours(cursor: AsyncAdapt_dbapi_cursor) -> _Connection:
    return cast("_Connection", cursor._adapt_connection)


_Given = tuple[Sequence[Any], Any, int, int | None]


def _nothing(_connection: sqlite3.Connection) -> None:
    return None


def _execute(connection: sqlite3.Connection, operation: str, parameters: Any) -> _Given:
    cursor = connection.cursor()
    try:
        cursor.execute(operation, parameters)
        return _given(cursor)
    finally:
        cursor.close()


def _execute_many(connection: sqlite3.Connection, operation: str, parameters: Any) -> _Given:
    cursor = connection.cursor()
    try:
        cursor.executemany(operation, parameters)
        return _given(cursor)
    finally:
        cursor.close()


def _given(cursor: sqlite3.Cursor) -> _Given:
    """Rows first: how many a RETURNING changed is known only when they are fetched."""
    rows = cursor.fetchall() if cursor.description else ()
    return rows, cursor.description, cursor.rowcount, cursor.lastrowid


class OneVisit(AsyncAdapt_aiosqlite_dbapi):
    """Give it to `create_async_engine(module=...)`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *args: Any, **options: Any) -> AsyncAdapt_aiosqlite_connection:
        made = super().connect(*args, **options)
        return _Connection(self, made._connection)


__all__ = ["OneVisit"]
