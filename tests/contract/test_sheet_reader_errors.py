"""The error file."""

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from domain.contacts.importing import refusals
from domain.contacts.importing.ports import SheetReader
from domain.contacts.importing.rows import ImportPlan, Ready
from storage.sheets.client import ProcessSheetReader
from tests.contract.sheet_files import xlsx
from tests.contract.sheet_reading import AYSE, BRUNO, CHEN, PEOPLE, everything, no_process_is_left, written


@pytest.fixture
def reader() -> Iterator[SheetReader]:
    """No reading process outlives the call that started it."""
    yield ProcessSheetReader()
    assert no_process_is_left()


def sentence(code: str) -> str:
    return {"column": "What is wrong", "duplicate": "Same as row {row}"}.get(code, f"<{code}>")


async def test_the_error_file_is_the_same_sheet_with_a_reason_beside_each_row(
    reader: SheetReader, tmp_path: Path
) -> None:
    rows: list[list[object]] = [
        ["Customers", "", ""],
        ["Name", "Phone", "City"],
        ["Ayşe", AYSE, "İzmir"],
        ["", "", ""],
        ["Ayşe again", 905321234567, "İzmir"],
        ["Bruno", "9.05E+11", 12.5],
        ["<Chen & co>", None, "Wuhan"],
    ]
    path = xlsx(tmp_path / "a.xlsx", rows)
    inspection = await reader.inspect(path, path.name, "TR")
    out = await reader.error_file(path, path.name, inspection.sheets[0].plan, sentence)
    assert out.parent == tmp_path
    sheet = openpyxl.load_workbook(out).worksheets[0]
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [
        ["Customers", None, None, None],
        ["Name", "Phone", "City", "What is wrong"],
        ["Ayşe", AYSE, "İzmir", None],
        [None, None, None, None],
        ["Ayşe again", "905321234567", "İzmir", "Same as row 3"],
        ["Bruno", "9.05E+11", 12.5, "<lost_digits>"],
        ["<Chen & co>", None, "Wuhan", "<empty>"],
    ]


async def test_the_error_file_can_be_corrected_and_sent_again(reader: SheetReader, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [*PEOPLE, ["Chen", "12", "Wuhan"]])
    inspection = await reader.inspect(path, path.name, "TR")
    out = await reader.error_file(path, path.name, inspection.sheets[0].plan, sentence)
    book = openpyxl.load_workbook(out)
    book.worksheets[0]["B4"] = CHEN
    book.save(out)
    _, rows = await everything(reader, out)
    assert [row.number for row in rows if isinstance(row, Ready)] == [AYSE, BRUNO, CHEN]
    # What was wrong with a row is nothing to be told to its person.
    again = (await reader.inspect(out, out.name, "TR")).sheets[0].plan
    assert list(again.attributes.values()) == ["City"]


async def test_an_error_file_of_an_error_file_has_the_one_column_written_anew(
    reader: SheetReader, tmp_path: Path
) -> None:
    first = xlsx(tmp_path / "a.xlsx", [*PEOPLE, ["Chen", "12", "Wuhan"], ["Dora", "13", "Graz"]])
    plan = (await reader.inspect(first, first.name, "TR")).sheets[0].plan
    out = await reader.error_file(first, first.name, plan, sentence)
    book = openpyxl.load_workbook(out)
    book.worksheets[0]["B4"] = CHEN
    book.worksheets[0]["E1"] = "Note"
    book.save(out)
    plan = (await reader.inspect(out, out.name, "TR")).sheets[0].plan
    last = await reader.error_file(out, out.name, plan, sentence, left_out={AYSE: "stopped"})
    sheet = openpyxl.load_workbook(last).worksheets[0]
    shown = [[cell for cell in row if cell is not None][3:] for row in sheet.iter_rows(values_only=True)]
    assert shown == [["What is wrong", "Note"], ["<stopped>"], [], [], ["<too_short>"]]


async def test_what_looks_like_an_escape_survives_the_error_file(reader: SheetReader, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [*PEOPLE, ["Chen", CHEN, "_x0041_"]])
    inspection = await reader.inspect(path, path.name, "TR")
    out = await reader.error_file(path, path.name, inspection.sheets[0].plan, sentence)
    _, rows = await everything(reader, out)
    assert isinstance(rows[2], Ready)
    assert rows[2].attributes["City"] == "_x0041_"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
async def test_cells_a_spreadsheet_would_run_are_made_harmless(
    reader: SheetReader, tmp_path: Path, cell: str
) -> None:
    text = f'Name,Phone\n"{cell}",{AYSE}\n'
    path = written(tmp_path / "a.csv", text.encode())
    plan = ImportPlan(sheet="a", header_row=1, number_column=1, name_column=0, attributes={}, country="TR")
    out = await reader.error_file(path, path.name, plan, sentence)
    held = openpyxl.load_workbook(out).worksheets[0]["A2"]
    assert held.data_type == "s"
    assert str(held.value).startswith("'")


@pytest.mark.parametrize("cell", ["+90 532 123 45 67", "+1 (201) 555-0123", "+49/1512/3456789"])
async def test_a_phone_number_is_no_formula_and_stays_as_it_was_written(
    reader: SheetReader, tmp_path: Path, cell: str
) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["Phone", "Name"], [cell, "Ayşe"], ["12", "Bruno"]])
    plan = (await reader.inspect(path, path.name, "TR")).sheets[0].plan
    out = await reader.error_file(path, path.name, plan, sentence)
    held = openpyxl.load_workbook(out).worksheets[0]["A2"]
    assert (held.data_type, held.value) == ("s", cell)


async def test_a_refused_error_file_leaves_nothing_behind(reader: SheetReader, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    plan = ImportPlan(sheet="Gone", header_row=1, number_column=1, name_column=0, attributes={}, country="TR")
    with pytest.raises(refusals.NoSuchSheet):
        await reader.error_file(path, path.name, plan, sentence)
    assert list(tmp_path.iterdir()) == [path]
