"""What every store stands on."""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, Final, TypeVar, cast

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Row,
    Table,
    Update,
    any_,
    bindparam,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.kernel.errors import Conflict
from domain.kernel.work import Work
from storage.types import Many, to_json
from storage.wakes import note

#: Put together once: of a table made by a function, each time, that took longer than the rest of a statement.
_EACH: Final = text("SELECT value FROM json_each(:among)")

#: In a connection's `info`, while it looks at a snapshot: what was asked of it already.
_ASKED: Final = "asked of this snapshot"

_Ask = TypeVar("_Ask", bound=Callable[..., Coroutine[Any, Any, Any]])


@contextmanager
def snapshot(connection: AsyncConnection) -> Iterator[None]:
    """Meanwhile it sees what stood there when it was asked first, and changes nothing."""
    about = connection.info  # which one that has broken by the end does not give
    about[_ASKED] = {}
    try:
        yield
    finally:
        about.pop(_ASKED, None)


def asked_before(connection: AsyncConnection) -> dict[Any, Any] | None:
    """What a snapshot was asked already, with the answers, to be added to. None where they may change."""
    asked: dict[Any, Any] | None = connection.info.get(_ASKED)
    return asked


def once_a_snapshot(ask: _Ask) -> _Ask:
    """For what many parts of one screen ask each for themselves: within a snapshot the answer stays the same,
    and the database is asked once. Of answers that nobody changes."""

    @wraps(ask)
    async def answer(store: SqlStore, *args: Any, **named: Any) -> Any:
        if (asked := asked_before(store._db)) is None:
            return await ask(store, *args, **named)
        key = (ask.__qualname__, args, *named.items())
        if key not in asked:
            asked[key] = await ask(store, *args, **named)
        return asked[key]

    return cast("_Ask", answer)


class SqlStore:
    """A store works on the connection of its unit of work; it never commits."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection
        self._on_sqlite = connection.dialect.name == "sqlite"

    def _wake(self, work: Work) -> None:
        """There is such work once this unit is committed."""
        note(self._db, work)

    def _insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT, in the words of this database."""
        return sqlite.insert(table) if self._on_sqlite else postgresql.insert(table)

    async def _rewrite(
        self, table: Table, id: int, changed: Mapping[str, Any], *, expected: int, what: str
    ) -> Row[Any]:
        """Write these columns of a row that counts its versions; the row as it is then. Raises Conflict (of
        `what`) where it is not at `expected` any more."""
        c = table.c
        rows = await self._db.execute(
            update(table)
            .where(c.id == id, c.version == expected)
            .values(version=expected + 1, **changed)
            .returning(*c)
        )
        row = rows.one_or_none()
        if row is None:
            raise Conflict(what=what)
        return row

    def _among(self, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        """`column IN values` with one parameter however many values there are, so that one compiled
        statement serves every length."""
        if self._on_sqlite:
            return column.in_(_EACH.bindparams(bindparam("among", to_json(list(values)), unique=True)))
        return column == any_(literal(list(values), Many(column.type)))

    async def _update_rows(
        self, key: Column[Any], columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Set `columns` of many rows of one table, each to values of its own, in one statement: a row is
        (key, *values), as the database holds them."""
        if rows:
            statement = _written(key, tuple(columns), self._on_sqlite)
            await self._db.execute(statement, self._parameters(rows))

    def _parameters(self, rows: Sequence[Sequence[Any]]) -> Mapping[str, Any]:
        """Of `given`, for at least one row. Values are as the database holds them, which an IntEnum is
        not."""
        return given_rows(rows, self._on_sqlite)


def given_rows(rows: Sequence[Sequence[Any]], on_sqlite: bool) -> Mapping[str, Any]:
    """See `SqlStore._parameters`."""
    if on_sqlite:
        return {"given": orjson.dumps(rows).decode()}
    return {f"given_{n}": values for n, values in enumerate(zip(*rows, strict=True))}


def given(columns: Sequence[Column[Any]], on_sqlite: bool) -> FromClause:
    """Rows that are parameters (`SqlStore._parameters`) as a table with such columns, to select from; once in
    a statement. There are as many parameters however many rows: who uses it often keeps the statement, as
    making it takes as long as running it."""
    if on_sqlite:
        each = func.json_each(bindparam("given")).table_valued("value").c.value
        parts = [func.json_extract(each, f"$[{n}]").label(one.name) for n, one in enumerate(columns)]
        return select(*parts).subquery("new")
    values = [bindparam(f"given_{n}", type_=Many(one.type)) for n, one in enumerate(columns)]
    named = [Column(one.name, one.type) for one in columns]
    return func.unnest(*values).table_valued(*named, name="new").render_derived()


@cache
def _written(key: Column[Any], columns: Sequence[Column[Any]], on_sqlite: bool) -> Update:
    new = given([key, *columns], on_sqlite).c
    values = {column: new[column.name] for column in columns}
    return update(key.table).where(key == new[key.name]).values(values)
