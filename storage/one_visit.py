"""SQLite's driver with one visit to its thread for each statement.

aiosqlite goes there to open a cursor, to execute, to fetch and to close: four times, and each time whoever
waits gets their answer only when the event loop comes round again. Under a thousand messages a second a
transaction of fifteen statements waited for the loop sixty times, and everybody else for the transaction.
"""

import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
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
        await self._visit(_execute, operation, () if parameters is None else parameters)
        return self

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        await self._visit(_execute_many, operation, seq_of_parameters)
        return self

    async def _visit(self, what: Any, operation: str, parameters: Any) -> None:
        async with self._adapt_connection._execute_mutex:
            connection: Any = self._connection
            given = await connection._execute(what, connection._conn, operation, parameters)
        rows, self._description, self._rowcount, self._lastrowid = given
        self._rows = deque(rows)


_Given = tuple[Sequence[Any], Any, int, int | None]


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


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()

    _cursor_cls = _Cursor


class OneVisit(AsyncAdapt_aiosqlite_dbapi):
    """Give it to `create_async_engine(module=...)`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *args: Any, **options: Any) -> AsyncAdapt_aiosqlite_connection:
        made = super().connect(*args, **options)
        return _Connection(self, made._connection)


__all__ = ["OneVisit"]
