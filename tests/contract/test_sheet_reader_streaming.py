"""Large files: batches, progress, and stopping in the middle."""

import asyncio
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
import xlsxwriter

from domain.contacts.importing import refusals
from domain.contacts.importing.ports import SheetReader
from domain.contacts.importing.rows import Ready, Row, Summary
from storage.sheets import wire
from storage.sheets.client import ProcessSheetReader
from storage.sheets.reader import BATCH_ROWS
from tests.contract.sheet_files import xlsx
from tests.contract.sheet_reading import (
    PEOPLE,
    everything,
    no_process_is_left,
)


@pytest.fixture
def reader() -> Iterator[SheetReader]:
    """No reading process outlives the call that started it."""
    yield ProcessSheetReader()
    assert no_process_is_left()


async def test_a_large_sheet_comes_in_batches_with_progress_and_exact_counts(
    reader: SheetReader, tmp_path: Path
) -> None:
    good = 4 * BATCH_ROWS + 1
    rows: list[list[object]] = [["Name", "Phone"]]
    rows += [[f"Person {i}", f"+90532{i:07}"] for i in range(good)]
    rows += [["Again", "+905320000000"], ["Bad", "12"], ["", ""]]
    path = xlsx(tmp_path / "a.xlsx", rows)
    inspection = await reader.inspect(path, path.name, "TR")
    summary, seen = Summary(), []
    async with aclosing(reader.read(path, path.name, inspection.sheets[0].plan)) as batches:
        async for batch in batches:
            summary = summary.plus(batch)
            seen.append(batch.done)
            assert len(list(batch.rows)) <= BATCH_ROWS
    assert summary == Summary(ready=good, duplicates=1, bad=1)
    assert seen == sorted(seen)
    assert len(seen) >= 5


async def test_a_very_large_sheet_is_inspected_by_its_beginning_and_counted_to_its_end(
    reader: SheetReader, tmp_path: Path
) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    for title in ("Müşteriler & co", "Second"):
        sheet = book.add_worksheet(title)
        sheet.merge_range("A1:C1", "Everybody")
        sheet.write_row(1, 0, ["Name", "Phone", "City"])
        for row in range(2, 25_000 if title != "Second" else 5):
            sheet.write_row(row, 0, ["Somebody with a long name", f"+90532{row:07}", "x" * 60])
    book.close()
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("xl/worksheets/sheet1.xml").file_size > 4 * refusals.MEGABYTE
    inspection, rows = await everything(reader, path)
    assert [(sheet.name, sheet.rows) for sheet in inspection.sheets] == [
        ("Müşteriler & co", 25_000),
        ("Second", 5),
    ]
    assert inspection.sheets[0].plan.header_row == 2
    assert len(rows) == 24_998


def test_decoding_the_fullest_batch_holds_the_loop_for_less_than_50_ms() -> None:
    rows: list[Row] = [
        Ready(i, f"+90532{i:07}", f"Person {i}", {f"column {c}": "x" * 20 for c in range(6)})
        for i in range(BATCH_ROWS)
    ]
    message = wire.frame(wire.batch_message(rows, 1, 2))
    spent = []
    for _ in range(5):
        began = time.thread_time()
        wire.batch_from(json.loads(message[wire.HEADER_BYTES :]))
        spent.append(time.thread_time() - began)
    assert min(spent) < 0.05


async def test_wide_rows_come_in_smaller_batches(reader: SheetReader, tmp_path: Path) -> None:
    header: list[object] = ["Name", "Phone", *(f"c{i}" for i in range(60))]
    people: list[list[object]] = [[f"P{i}", f"+90532{i:07}", *(["x" * 900] * 60)] for i in range(40)]
    path = xlsx(tmp_path / "a.xlsx", [header, *people])
    inspection = await reader.inspect(path, path.name, "TR")
    async with aclosing(reader.read(path, path.name, inspection.sheets[0].plan)) as batches:
        sizes = [len(batch.ready) async for batch in batches]
    assert sum(sizes) == 40
    assert max(sizes) <= 6


async def test_leaving_a_reading_early_stops_the_process(reader: SheetReader, tmp_path: Path) -> None:
    rows: list[list[object]] = [["Name", "Phone"]]
    rows += [[f"P{i}", f"+90532{i:07}"] for i in range(3 * BATCH_ROWS)]
    path = xlsx(tmp_path / "a.xlsx", rows)
    plan = (await reader.inspect(path, path.name, "TR")).sheets[0].plan
    async with aclosing(reader.read(path, path.name, plan)) as batches:
        assert len((await anext(batches)).ready) == BATCH_ROWS


async def test_cancelling_stops_the_process(reader: SheetReader, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await reader.inspect(path, path.name, "TR")
