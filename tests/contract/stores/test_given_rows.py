"""Values of many rows reach the database as they are, in one statement however many they are."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Text, select

from storage.base import SqlStore, given
from storage.database import SQLITE_DRIVER, Database
from storage.tables import attempts, recipients
from storage.types import Many, to_micros

WORDS = [
    "", " ", "NULL", "null", "{}", "{a,b}", ",", '"', '""', "\\", '\\"', "\\\\", "it's", "line\nbreak\ttab\r",
    "über 😀 漢字 سلام", "a" * 10_000, "$1", "%s", ":name", "--", ";", "\\N", "\u2028", "\x7f",
]  # fmt: skip
MOMENTS = [
    datetime(2026, 11, 27, 10, 30, 59, 123456, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, tzinfo=timezone(-timedelta(hours=9, minutes=30))),
]


async def test_whatever_stands_in_a_text_comes_back_as_it_was(store: Database) -> None:
    a = attempts.c
    rows = [(word, n, None if n % 2 else word) for n, word in enumerate(WORDS)]
    async with store.write() as unit:
        sql, columns = SqlStore(unit._db), [a.key, a.n, a.reason]
        new = given(columns, sql._on_sqlite).c
        asked = select(new.key, new.n, new.reason).order_by(new.n)
        found = await unit._db.execute(asked, sql._parameters(rows))
        assert [tuple(row) for row in found] == rows


async def test_moments_come_back_to_the_microsecond(store: Database) -> None:
    """On SQLite they are held as numbers."""
    r = recipients.c
    on_sqlite = store.url.drivername == SQLITE_DRIVER
    held = [to_micros(at) if on_sqlite else at for at in MOMENTS]
    async with store.write() as unit:
        sql, columns = SqlStore(unit._db), [r.id, r.sent_at]
        new = given(columns, on_sqlite).c
        rows = sql._parameters(list(enumerate(held)))
        found = await unit._db.scalars(select(new.sent_at).order_by(new.id), rows)
        assert list(found) == held


async def test_those_among_many_are_found_whatever_they_are_called(store: Database) -> None:
    a = attempts.c
    async with store.write() as unit:
        sql = SqlStore(unit._db)
        new, rows = given([a.key], sql._on_sqlite).c, sql._parameters([(word,) for word in WORDS])
        for some in ([], WORDS[:1], WORDS[3:9], WORDS):
            kept = await unit._db.scalars(select(new.key).where(sql._among(new.key, some)), rows)
            assert sorted(kept) == sorted(some)


async def test_what_no_column_is_an_array_of_is_refused(store: Database) -> None:
    async with store.read() as unit:
        written = Many(Text()).bind_processor(unit._db.dialect)
    with pytest.raises(TypeError, match="bytes"):
        written([b"raw"])
