"""Workbooks written to disk, read back by two other libraries."""

import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from python_calamine import load_workbook

from bot.files.sheet_file import Cell, SheetFile

AT = datetime.fromisoformat("2026-03-02 12:00:01")
ROWS: list[list[Cell]] = [
    ["Zoë & <b>", "'=1+1", AT, 7],
    ['"Q"\nلي', "a_b", None, None],
    ["", " kept ", datetime.fromisoformat("2024-02-29 23:59:59"), 0],
]


def written(path: Path, rows: list[list[Cell]], *, a_sheet: int = 100) -> Path:
    heads = ["Name", "Text & more", "At", "Number"]
    with SheetFile(path, title="Report", heads=heads, widths=[20, 8, 20, 8], a_sheet=a_sheet) as sheet:
        for row in rows:
            sheet.add([row])
    return path


def test_every_cell_comes_back_as_it_was(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path / "a.xlsx", ROWS))
    heads, *rows = book["Report"].iter_rows(values_only=True)
    assert heads == ("Name", "Text & more", "At", "Number")
    assert [[cell or None for cell in row] for row in rows] == [
        [cell or None for cell in row] for row in ROWS
    ]


def test_headings_are_bold_and_stay_in_sight_and_times_look_like_times(tmp_path: Path) -> None:
    page = openpyxl.load_workbook(written(tmp_path / "a.xlsx", ROWS))["Report"]
    assert page.freeze_panes == "A2"
    assert page["A1"].font.bold and not page["A2"].font.bold
    assert page["C2"].number_format == "yyyy-mm-dd hh:mm:ss"
    assert page.column_dimensions["A"].width == 20


@pytest.mark.parametrize("people", [0, 1, 3, 4, 7])
def test_what_has_no_room_goes_to_another_sheet(tmp_path: Path, people: int) -> None:
    rows: list[list[Cell]] = [[f"Person {n}", "", None, n] for n in range(people)]
    path = tmp_path / "a.xlsx"
    with SheetFile(path, title="Report", heads=["Name"], widths=[9], a_sheet=3) as sheet:
        sheet.add(rows)
    book = load_workbook(path)
    assert book.sheet_names == ["Report", "Report 2", "Report 3"][: max(1, -(-people // 3))]
    found = [row[0] for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    assert [name for name in found if name != "Name"] == [row[0] for row in rows]
    assert found.count("Name") == len(book.sheet_names)


def test_what_looks_like_a_written_out_character_stays_what_it_is(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", [["_x0041_", "", None, None]])
    with zipfile.ZipFile(path) as archive:
        assert b">_x005F_x0041_<" in archive.read("xl/worksheets/sheet1.xml")
