"""Workbooks one after the other, each of a size that Telegram takes; and disks that take no more."""

import random
import resource
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from python_calamine import load_workbook

from bot.files import sheet_files
from bot.files.sheet_file import SheetFile
from bot.files.sheet_files import SheetFiles


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Writing on is an OSError, as on a full disk; in bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def noise(rows: int, *, columns: int = 4) -> list[list[str]]:
    """What does not pack well: about 500 bytes of a file each cell."""
    rng = random.Random(1)
    return [[rng.randbytes(500).hex() for _ in range(columns)] for _ in range(rows)]


def sheets(folder: Path, *, columns: int = 4, a_file: int = 1_000_000) -> SheetFiles:
    heads, widths = [f"c{n}" for n in range(columns)], [9] * columns
    return SheetFiles(folder, "all", title="All", heads=heads, widths=widths, a_file=a_file)


def read_back(path: Path) -> list[list[str]]:
    heads, *rows = load_workbook(path).get_sheet_by_index(0).to_python()
    assert heads[0] == "c0"
    return [[str(cell) for cell in row] for row in rows]


def test_a_next_file_begins_where_one_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_files, "FULL", 200_000)
    rows = noise(300)
    with sheets(tmp_path) as books:
        for at in range(0, 300, 100):
            books.add(rows[at : at + 100])
    assert [path.name for path in books.paths] == ["all.xlsx", "all-2.xlsx", "all-3.xlsx"]
    assert [row for path in books.paths for row in read_back(path)] == rows
    assert max(path.stat().st_size for path in books.paths) < 300_000, "one part more than full"


def test_a_file_takes_so_many_rows(tmp_path: Path) -> None:
    rows = noise(50)
    with sheets(tmp_path, a_file=20) as books:
        books.add(rows)
        books.finish()
    assert [len(read_back(path)) for path in books.paths] == [20, 20, 10]


def test_none_is_a_file_with_headings(tmp_path: Path) -> None:
    with sheets(tmp_path) as books:
        books.add([])
    [path] = books.paths
    assert read_back(path) == []


def test_how_much_is_written_is_told_nearly(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with SheetFile(path, title="A", heads=["c0"], widths=[9]) as sheet:
        sheet.add(noise(400, columns=1))
        told = sheet.written
    assert abs(path.stat().st_size - told) < 100_000


@pytest.mark.parametrize("size", [0, 30_000])
def test_a_full_disk_is_called_what_it_is_and_leaves_no_whole_book(tmp_path: Path, size: int) -> None:
    """Before the first row, and in the middle."""
    with pytest.raises(OSError, match="File too large"), no_file_over(size), sheets(tmp_path) as books:
        books.add(noise(400))
    assert not zipfile.is_zipfile(tmp_path / "all.xlsx")


def test_a_next_file_that_cannot_be_made_is_called_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "all-2.xlsx").mkdir()
    books = sheets(tmp_path, a_file=20)
    with pytest.raises(IsADirectoryError), books:
        books.add(noise(50))
    assert len(read_back(books.paths[0])) == 20


def test_a_file_that_broke_off_is_no_whole_book(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with pytest.raises(KeyError), SheetFile(path, title="A", heads=["c0"], widths=[9]) as sheet:
        sheet.add([["x"]])
        raise KeyError
    with zipfile.ZipFile(path) as archive:
        assert "xl/workbook.xml" not in archive.namelist()


def test_rows_for_a_file_that_has_ended_are_refused(tmp_path: Path) -> None:
    with SheetFile(tmp_path / "a.xlsx", title="A", heads=["c0"], widths=[9]) as sheet:
        pass
    with pytest.raises(ValueError, match="no page"):
        sheet.add([["x"]])
