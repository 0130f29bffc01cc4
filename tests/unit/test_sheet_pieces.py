"""A large sheet is read in pieces, and whoever reads it cannot tell."""

import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from storage.sheets import pieces, workbooks
from storage.sheets.tables import Table
from storage.sheets.workbooks import Workbook
from tests.contract.sheet_files import xlsx

Lines = dict[int, list[object]]
_TEXTS = st.text(st.sampled_from('a<>&"/ üж😀'), max_size=8) | st.just('</row><row r="9">')
_CELLS = st.dictionaries(st.integers(0, 5), _TEXTS | st.integers(-9, 9**9) | st.booleans(), max_size=4)
_SHEETS = st.dictionaries(st.integers(0, 400), _CELLS, max_size=60)


@contextmanager
def cut_small() -> Iterator[None]:
    """Any sheet is read in pieces of a few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbooks, "LARGE", 0)
        patch.setattr(pieces, "_FIRST", 1200)
        patch.setattr(pieces, "_MOST", 900)
        yield


@pytest.fixture
def small_pieces() -> Iterator[None]:
    with cut_small():
        yield


def lines(table: Table) -> Lines:
    """What stands in it, by row, without the empty cells at the end."""
    found = [row_no for row_no, _ in table.lines()]
    assert found == list(range(1, len(found) + 1))
    filled = {row_no: list(cells) for row_no, cells in table.lines() if any(cell != "" for cell in cells)}
    for cells in filled.values():
        while cells[-1] == "":
            cells.pop()
    return filled


def opened(path: Path, name: str = "Sheet1") -> Table:
    return Workbook(path, "xlsx").table(name)


@pytest.mark.parametrize("strings", [True, False])
@given(sheet=_SHEETS)
def test_pieces_hold_what_the_whole_holds(sheet: dict[int, dict[int, object]], *, strings: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        with xlsxwriter.Workbook(
            path, {"constant_memory": not strings, "strings_to_formulas": False, "strings_to_urls": False}
        ) as book:
            page = book.add_worksheet()
            for row, cells in sorted(sheet.items()):
                for column, cell in sorted(cells.items()):
                    page.write(row, column, cell)
        whole = lines(opened(path))
        with cut_small():
            piecewise = opened(path)
            assert lines(piecewise) == whole
        assert piecewise.rows >= max(whole, default=0)


@pytest.mark.usefixtures("small_pieces")
def test_a_large_sheet_really_comes_in_pieces(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [[i, i] for i in range(300)])
    table = opened(path)
    assert isinstance(table, pieces.LargeTable)
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    found = pieces.LargeSheet.of("xl/worksheets/sheet1.xml", xml, xml)
    assert found is not None
    assert (found.rows, table.rows) == (300, 300)
    assert len(list(found.pieces(path))) > 5


@pytest.mark.usefixtures("small_pieces")
def test_long_shared_texts_make_longer_pieces(tmp_path: Path) -> None:
    """They are read again with every piece."""
    path = xlsx(tmp_path / "a.xlsx", [[f"Person {i}" * 9, i] for i in range(300)])
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
        strings = archive.getinfo("xl/sharedStrings.xml").file_size
    found = pieces.LargeSheet.of("xl/worksheets/sheet1.xml", xml, xml)
    assert found is not None
    assert len(list(found.pieces(path))) <= 2 + len(xml) / (2 * strings)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("pattern", "by"),
    [
        (rb'(<row) r="\d+"', rb"\1"),  # rows do not say their number
        (rb"<(/?)(\w+)", rb"<\1x:\2"),  # names with a prefix
        (rb'r="(\w+)"', rb"r='\1'"),
    ],
)
def test_what_cannot_be_cut_safely_is_read_whole(tmp_path: Path, pattern: bytes, by: bytes) -> None:
    path = xlsx(tmp_path / "a.xlsx", [[f"Person {i}", i] for i in range(300)])
    odd = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(odd, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = re.sub(pattern, by, content).replace(
                    b"xmlns=", b"xmlns:x=" if b"x:" in by else b"xmlns="
                )
            copy.writestr(name, content)
    table = opened(odd)
    assert not isinstance(table, pieces.LargeTable)
    assert lines(table) == lines(opened(path))


@pytest.mark.usefixtures("small_pieces")
def test_a_gap_of_a_million_rows_keeps_every_rows_number(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for row in (*range(50), *range(1_000_000, 1_000_050)):
            page.write(row, 1, f"Person {row}")
    found = lines(opened(path))
    assert found == {row + 1: ["", f"Person {row}"] for row in (*range(50), *range(1_000_000, 1_000_050))}
