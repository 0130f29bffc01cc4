"""Column types that mean the same on SQLite and on PostgreSQL."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import JSON, BigInteger, Dialect, Integer, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
E = TypeVar("E", bound=StrEnum)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exactly. Refuses a naive datetime with TypeError."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


class Moment(TypeDecorator[datetime]):
    """Aware UTC in and out. Integer microseconds on SQLite (quick, and it sorts), timestamptz elsewhere."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a moment needs a time zone")
        return value.astimezone(UTC) if dialect.name == "postgresql" else to_micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else from_micros(value)


class Word(TypeDecorator[E], Generic[E]):
    """One word of a StrEnum, kept as text and given back as the enum."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.kind(value)


_POSTGRESQL: Final[Dialect] = postgresql.dialect()  # type: ignore[no-untyped-call]


class Many(UserDefinedType[Sequence[Any]]):
    """An array's parameter for PostgreSQL, written in one go in the words of its manual (8.15.2): the driver
    writes each element by itself, which took a twentieth of all that sending costs."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        self.item = item

    def get_col_spec(self, **_: Any) -> str:
        return f"{self.item.compile(_POSTGRESQL)}[]"

    def bind_processor(self, dialect: Dialect) -> Callable[[Sequence[Any] | None], str | None]:
        as_held = self.item.dialect_impl(dialect).bind_processor(dialect)

        def written(value: Sequence[Any] | None) -> str | None:
            if value is None:
                return None
            held = map(as_held, value) if as_held else value
            return f"{{{','.join(map(_element, held))}}}"

        return written

    def literal_processor(self, dialect: Dialect) -> Callable[[Sequence[Any]], str]:
        """For who looks at a statement as a whole, with its values in it."""
        written = self.bind_processor(dialect)

        def quoted(value: Sequence[Any]) -> str:
            return "'" + (written(value) or "").replace("'", "''") + "'"

        return quoted


def _element(value: Any) -> str:
    """Raises TypeError for what no column is an array of."""
    if type(value) is int:
        return str(value)
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    if not isinstance(value, str):
        raise TypeError(f"no array is made of {type(value).__name__}")
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


#: 64-bit names on PostgreSQL; on SQLite the rowid itself.
Id = BigInteger().with_variant(Integer(), "sqlite")

#: Any JSON value; Python None is SQL NULL.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def to_json(value: object) -> str:
    """Compact, with letters of every script left readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
