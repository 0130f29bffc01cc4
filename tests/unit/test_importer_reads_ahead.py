"""Rows of a file are read while the database has those before."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import pytest

from bot import importer
from domain.contacts.importing.refusals import Truncated
from domain.contacts.importing.rows import Batch, Ready
from domain.kernel.errors import StoreAway
from tests.chat.import_bench import PATIENCE

EMPTY: Final = Batch(ready=(), duplicates=(), bad=(), done=0, total=0)


async def test_what_storing_met_is_told_as_it_was_and_the_reader_is_left() -> None:
    """While the next rows are being read."""
    left = asyncio.Event()

    async def batches() -> AsyncGenerator[Batch, None]:
        try:
            yield EMPTY
            await asyncio.Event().wait()
        finally:
            left.set()

    with pytest.raises(StoreAway) as told:
        async with importer._read_ahead(batches()) as ahead:
            assert await ahead.get() == (EMPTY, [])
            raise StoreAway("full") from OSError("no room")
    assert isinstance(told.value.__cause__, OSError)
    assert left.is_set()


async def test_who_leaves_before_the_end_leaves_the_reader() -> None:
    async def batches() -> AsyncGenerator[Batch, None]:
        while True:
            yield EMPTY

    async with asyncio.timeout(PATIENCE), importer._read_ahead(batches()) as ahead:
        await ahead.get()


async def test_rows_are_read_ahead_whole_and_not_far() -> None:
    asked = 0
    people = [Ready(n, f"+90532{n:07}", f"İnci {n}", {}) for n in range(2 * importer.ROWS_AT_ONCE + 1)]
    batch = Batch(ready=people, duplicates=(), bad=(), done=0, total=0)

    async def batches() -> AsyncGenerator[Batch, None]:
        nonlocal asked
        while True:
            asked += 1
            yield batch

    async with importer._read_ahead(batches()) as ahead:
        for _ in range(200):
            await asyncio.sleep(0)
        assert asked == importer.READ_AHEAD + 1
        read = await ahead.get()
        assert read is not None and read[0] is batch
        assert [(row.number, row.name) for row in read[1]] == [(one.number, one.name) for one in people]
        assert read[1][0].folded == "inci 0"


async def test_what_reading_met_is_told_as_it_was_to_whoever_waits_for_rows() -> None:
    async def batches() -> AsyncGenerator[Batch, None]:
        yield EMPTY
        raise Truncated(kind="xlsx")

    with pytest.raises(Truncated):
        async with importer._read_ahead(batches()) as ahead:
            while await ahead.get():
                pass
