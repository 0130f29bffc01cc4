"""Rows for every table there is, made from what the tables say of themselves: a new one needs nothing here,
unless the database asks more of its rows than types and references."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    insert,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import metadata
from storage.types import Moment, Word

AT: Final = datetime(2026, 3, 1, 23, 59, 58, 123456, tzinfo=UTC)

#: What CHECKs ask beyond the type.
MORE: Final[Mapping[str, Mapping[str, Any]]] = {
    "desk": {"one": 1},
    "notices": {"state": "queued"},
    "wallets": {"balance": 10, "held": 5, "owed": 0},
    "campaigns": {"gap_shortest": 1, "gap_longest": 2},
    "recipients": {"due_at": AT},
}


async def fill_every_table(connection: AsyncConnection, *, rows: int) -> None:
    """`rows` in each, one in the desk's own; every second leaves out whatever may be left out."""
    for table in metadata.sorted_tables:
        count = 1 if table.name == "desk" else rows
        if table.name == "desk":
            await connection.execute(table.delete())
        await connection.execute(insert(table), [_row(table, n) for n in range(1, count + 1)])


def _row(table: Table, n: int) -> dict[str, Any]:
    more = MORE.get(table.name, {})
    return {column.name: more.get(column.name, _value(column, n)) for column in table.columns}


def _value(column: Column[Any], n: int) -> Any:
    needed = not column.nullable or column.primary_key
    if n % 2 == 0 and not needed:
        return None
    if column.foreign_keys or column.identity is not None:
        return n
    match column.type:
        case Moment():
            return AT + timedelta(minutes=n, microseconds=n)
        case Word():
            kind: Any = column.type.kind
            kinds: list[StrEnum] = list(kind)
            return kinds[n % len(kinds)] if column.table.name != "recipients" else kinds[0]
        case Boolean():
            return n % 3 == 0
        case Date():
            return date(2026, 2, 28) + timedelta(days=n)
        case LargeBinary():
            return bytes([0, 255, n % 256]) + n.to_bytes(4, "big")
        case JSON():
            return {"ğ": [n, 0.1 + n, None, True, "“é”\t\\"], "a": {"z": -0.0, "b": 1e17, "": 10**17}}
        case Float():
            return n / 3
        case SmallInteger():
            return n % 9
        case Integer() | BigInteger():
            return n if column.unique or column.primary_key else n * 7 % 1000
        case Text():
            return f"{column.name} {n} – ünï ‏ع 🙂 'quoted' \\N\t\n"
    raise TypeError(column)
