"""A large sheet is read in pieces, and whoever reads it cannot tell."""

import datetime as dt
import random
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from domain.contacts.importing.columns import SAMPLE_ROWS
from domain.contacts.importing.numbers import Reason
from domain.contacts.importing.rows import ImportPlan
from storage.sheets import pieces, workbooks
from storage.sheets.error_book import write_error_book
from storage.sheets.tables import Table
from storage.sheets.workbooks import Workbook
from tests.contract.sheet_files import xlsx, zipped

Lines = dict[int, list[object]]
SHEET = "xl/worksheets/sheet1.xml"
PEOPLE: list[list[object]] = [["Name", "Phone"]]
PEOPLE += [[f"Person {i}", f"+90532{i:07}"] for i in range(300)]
_TEXTS = st.text(st.sampled_from('a<>&"/ üж😀'), max_size=8) | st.just('</row><row r="9">')
_CELLS = st.dictionaries(st.integers(0, 5), _TEXTS | st.integers(-9, 9**9) | st.booleans(), max_size=4)
_SHEETS = st.dictionaries(st.integers(0, 400), _CELLS, max_size=60)


@contextmanager
def cut_small() -> Iterator[None]:
    """Any sheet is large, and read in pieces of a few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbooks, "LARGE", 0)
        patch.setattr(pieces, "_FIRST", 300)
        patch.setattr(pieces, "_MOST", 900)
        yield


@pytest.fixture
def small_pieces() -> Iterator[None]:
    with cut_small():
        yield


def lines(table: Table) -> Lines:
    """What stands in it, by row, without the empty cells at the end; the same each time."""
    every = list(table.lines())
    assert every == list(table.lines())
    assert [row_no for row_no, _ in every] == list(range(1, len(every) + 1))
    filled = {row_no: list(cells) for row_no, cells in every if any(cell != "" for cell in cells)}
    for cells in filled.values():
        while cells[-1] == "":
            cells.pop()
    return filled


def opened(path: Path, name: str = "Sheet1") -> Table:
    return Workbook(path, "xlsx").table(name)


def changed(path: Path, change: Callable[[bytes], bytes], member: str = SHEET) -> Path:
    """The workbook with one of its files changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped(path.with_stem("changed"), {**members, member: change(members[member])})


def with_rows(xml: bytes, rearranged: Callable[[list[bytes]], list[bytes]]) -> bytes:
    rows = re.findall(rb"<row .*?</row>", xml)
    return xml.replace(b"".join(rows), b"".join(rearranged(rows)))


def shuffled(rows: list[bytes]) -> list[bytes]:
    return random.Random(7).sample(rows, len(rows))


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
    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    table = opened(path)
    assert isinstance(table, pieces.LargeTable)
    assert table.rows == len(PEOPLE)
    look = pieces.Look()
    with zipfile.ZipFile(path) as archive:
        look.at(archive.read(SHEET))
    sheet = look.result(SHEET)
    assert sheet is not None
    assert len(list(sheet.pieces(path))) > 20


@pytest.mark.usefixtures("small_pieces")
def test_what_is_needed_beside_the_rows_is_not_read_again_and_again_where_it_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    monkeypatch.setattr(pieces, "_MOST_BESIDE", 10_000)
    table = opened(path)
    assert not isinstance(table, pieces.LargeTable)
    assert len(lines(table)) == len(PEOPLE)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(lambda xml: re.sub(rb'(<row) r="\d+"', rb"\1", xml), id="rows say no number"),
        pytest.param(lambda xml: xml.replace(b'<row r="200"', b"<row"), id="one row says no number"),
        pytest.param(lambda xml: re.sub(rb'r="(\w+)"', rb"r='\1'", xml), id="other quotes"),
        pytest.param(
            lambda xml: re.sub(rb"<(/?)(\w+)", rb"<\1x:\2", xml).replace(b"xmlns=", b"xmlns:x="), id="prefix"
        ),
        pytest.param(lambda xml: with_rows(xml, shuffled), id="shuffled"),
        pytest.param(lambda xml: with_rows(xml, lambda rows: rows[1:] + rows[:1]), id="header last"),
    ],
)
def test_what_cannot_be_cut_safely_is_read_whole(tmp_path: Path, odd: Callable[[bytes], bytes]) -> None:
    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    table = opened(changed(path, odd))
    assert not isinstance(table, pieces.LargeTable)
    assert lines(table) == lines(opened(path))


@pytest.mark.usefixtures("small_pieces")
def test_what_follows_the_rows_counts_for_none(tmp_path: Path) -> None:
    def with_a_page_break(xml: bytes) -> bytes:
        return xml.replace(b"</worksheet>", b'<rowBreaks count="1"><brk id="9"/></rowBreaks></worksheet>')

    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    table = opened(changed(path, with_a_page_break))
    assert isinstance(table, pieces.LargeTable)
    assert lines(table) == lines(opened(path))


@pytest.mark.usefixtures("small_pieces")
def test_of_two_files_whose_names_differ_in_case_only_no_piece_is_made(tmp_path: Path) -> None:
    """calamine takes them for one, and might read the other."""
    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/worksheets/SHEET1.xml", archive.read(SHEET))
    assert not isinstance(opened(path), pieces.LargeTable)


@pytest.mark.usefixtures("small_pieces")
def test_a_gap_of_a_million_rows_keeps_every_rows_number(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for row in (*range(50), *range(1_000_000, 1_000_050)):
            page.write(row, 1, f"Person {row}")
    table = opened(path)
    assert isinstance(table, pieces.LargeTable)
    assert lines(table) == {r + 1: ["", f"Person {r}"] for r in (*range(50), *range(1_000_000, 1_000_050))}


@pytest.mark.parametrize("since_1904", [True, False])
def test_dates_are_dates_in_every_piece(tmp_path: Path, *, since_1904: bool) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": since_1904}) as book:
        page = book.add_worksheet()
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        for row in range(200):
            page.write_datetime(row, 0, dt.date(2026, 1, 1) + dt.timedelta(row), day)
    with cut_small():
        found = lines(opened(path))
    assert found == lines(opened(path))
    assert found[200] == [dt.date(2026, 7, 19)]


def test_sheets_are_known_by_their_names_whatever_is_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in (("Ann's", 300), ("Ann", 3), ('A "&" B', 300)):
            page = book.add_worksheet(name)
            for row in range(rows):
                page.write(row, 0, f"{name} {row}")
    monkeypatch.setattr(workbooks, "LARGE", 4_000)
    source = Workbook(path, "xlsx")
    for name, rows in (("Ann's", 300), ("Ann", 3), ('A "&" B', 300)):
        table = source.table(name)
        assert isinstance(table, pieces.LargeTable) is (rows == 300)
        assert lines(table)[rows] == [f"{name} {rows - 1}"]


@pytest.mark.usefixtures("small_pieces")
def test_the_beginning_tells_the_columns_and_the_number_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("Sheet1", "Sheet2"):
            page = book.add_worksheet(name)
            page.merge_range("A1:C1", name)
            for row in range(1, 900):
                page.write_row(row, 0, [f"Person {row}", row, "x"])
    source = Workbook(path, "xlsx", beginning=True)
    for name in source.names():
        table = source.table(name)
        assert (table.rows, table.columns, table.merged) == (900, 3, [((0, 0), (0, 2))])
        assert len(list(table.lines())) == SAMPLE_ROWS


def test_an_error_file_of_a_sheet_in_pieces_is_that_of_the_whole(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [*PEOPLE, *PEOPLE[5:50], ["Bad", "12", "much", "wider"]])
    plan = ImportPlan(
        sheet="Sheet1", header_row=1, number_column=1, name_column=0, attributes={}, country="TR"
    )
    sentences = {code: f"{code} {{row}}" for code in (*Reason, "duplicate", "column")}

    def written(name: str) -> Path:
        out, table = tmp_path / name, opened(path)
        write_error_book(out, plan, table.lines, sentences)
        return out

    whole = written("whole.xlsx")
    with cut_small():
        assert lines(opened(written("pieces.xlsx"), "Contacts")) == lines(opened(whole, "Contacts"))
