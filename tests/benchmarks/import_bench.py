"""Import: rows a second, out of a 100,000 x 5 workbook, against openpyxl and phonenumbers row by row."""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

import openpyxl
import phonenumbers
import xlsxwriter

from storage.sheets.client import ProcessSheetReader

ROWS = 100_000
HEADER = ("Name", "Phone", "City", "Due date", "Order")
COUNTRY = "TR"


def number(row: int) -> object:
    """Numbers of five countries in the ways people write them; all valid, all different."""
    mobile = 5_320_000_000 + row
    digits = str(mobile)
    written: tuple[object, ...] = (
        f"+90{digits}",
        f"0{digits[:3]} {digits[3:6]} {digits[6:8]} {digits[8:]}",
        float(f"90{digits}"),
        f"+49 1512 {row:07}",
        f"0034 6{10_000_000 + row}",
    )
    return written[row % len(written)]


def make_workbook(path: Path, rows: int = ROWS) -> None:
    """`rows` people in `len(HEADER)` columns."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("People")
    sheet.write_row(0, 0, HEADER)
    for row in range(rows):
        cells = (f"Person {row}", number(row), f"City {row % 81}", "2026-12-03", row)
        sheet.write_row(row + 1, 0, cells)
    book.close()


async def ours(path: Path) -> int:
    """Inspect, then read everything, as the bot does. Answers how many rows were ready."""
    reader = ProcessSheetReader()
    inspection = await reader.inspect(path, path.name, COUNTRY)
    ready = 0
    async with aclosing(reader.read(path, path.name, inspection.sheets[0].plan)) as batches:
        async for batch in batches:
            ready += len(batch.ready)
    return ready


def row_by_row(path: Path) -> int:
    """The plain way."""
    ready = 0
    sheet = openpyxl.load_workbook(path, read_only=True)["People"]
    for _, cell, *_ in sheet.iter_rows(min_row=2, values_only=True):
        text = str(int(cell)) if isinstance(cell, float | int) else str(cell)
        parsed = phonenumbers.parse(text, COUNTRY)
        if phonenumbers.is_valid_number(parsed):
            ready += bool(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    return ready


def run() -> dict[str, float]:
    """All measurements; our way in a process of its own, so that its peak is its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.xlsx"
        make_workbook(path)
        command = [sys.executable, "-m", "tests.benchmarks.import_bench", str(path)]
        measured = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        began = time.perf_counter()
        assert row_by_row(path) == ROWS
        plain = time.perf_counter() - began
    assert measured["ready"] == ROWS, measured
    return {
        "import_rows_per_s": ROWS / measured["seconds"],
        "import_ratio_openpyxl": plain / measured["seconds"],
        "import_peak_mb": measured["peak_mb"],
    }


def _measure_ours(path: Path) -> dict[str, float]:
    began = time.perf_counter()
    ready = asyncio.run(ours(path))
    seconds = time.perf_counter() - began
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"ready": ready, "seconds": seconds, "peak_mb": sum(peaks) / 1024}


if __name__ == "__main__":
    print(json.dumps(_measure_ours(Path(sys.argv[1])) if sys.argv[1:] else run()))
