"""What every store stands on."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, any_, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.types import to_json


class SqlStore:
    """A store works on the connection of its unit of work; it never commits."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection
        self._on_sqlite = connection.dialect.name == "sqlite"

    def _insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT, in the words of this database."""
        return sqlite.insert(table) if self._on_sqlite else postgresql.insert(table)

    def _among(self, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        """`column IN values` with one parameter however many values there are, so that one compiled
        statement serves every length."""
        if self._on_sqlite:
            return column.in_(select(func.json_each(to_json(list(values))).table_valued("value").c.value))
        return column == any_(literal(list(values), ARRAY(column.type)))
