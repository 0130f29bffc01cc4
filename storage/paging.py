"""All rows of a table, a page at a time: whatever its size, memory holds one page."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import Row, Table, literal, select, tuple_
from sqlalchemy.ext.asyncio.engine import AsyncConnection

PAGE: Final = 2_000


def last_page(offset: int, total: int, limit: int) -> int:
    """Where a page begins that was asked for at `offset`: one beyond the end is the last there is."""
    return offset if offset < total else max(total - 1, 0) // limit * limit


async def pages_of(
    table: Table, connection: AsyncConnection, *, size: int = PAGE
) -> AsyncIterator[Sequence[Row[Any]]]:
    """In the order of the primary key, each page after the last row of the one before. In one transaction
    that is one snapshot."""
    key = list(table.primary_key.columns)
    columns = list(table.columns)
    places = [columns.index(column) for column in key]
    after = None
    while True:
        statement = select(table).order_by(*key).limit(size)
        if after is not None:
            last = [literal(after[place], column.type) for place, column in zip(places, key, strict=True)]
            statement = statement.where(tuple_(*key) > tuple_(*last))
        page = (await connection.execute(statement)).all()
        if page:
            yield page
        if len(page) < size:
            return
        after = page[-1]
