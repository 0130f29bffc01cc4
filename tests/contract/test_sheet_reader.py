"""Every kind of file, through the process that reads it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from domain.contacts.importing import refusals
from domain.contacts.importing.numbers import Reason
from domain.contacts.importing.ports import SheetReader
from domain.contacts.importing.rows import Bad, Duplicate, ImportPlan, Ready
from storage.sheets.client import ProcessSheetReader
from tests.contract.sheet_files import ods, xls, xlsx, zipped
from tests.contract.sheet_reading import (
    AYSE,
    BRUNO,
    PEOPLE,
    assert_two_people,
    csv_of,
    everything,
    no_process_is_left,
    written,
)


@pytest.fixture
def reader() -> Iterator[SheetReader]:
    """No reading process outlives the call that started it."""
    yield ProcessSheetReader()
    assert no_process_is_left()


async def test_xlsx_is_read(reader: SheetReader, tmp_path: Path) -> None:
    inspection, rows = await everything(reader, xlsx(tmp_path / "a.xlsx", PEOPLE))
    assert inspection.kind == "xlsx"
    sheet = inspection.sheets[0]
    assert (sheet.name, sheet.rows, sheet.columns) == ("Sheet1", 3, 3)
    assert sheet.headers == ["Name", "Phone", "City"]
    assert sheet.sample == [["Ayşe", AYSE, "İzmir"], ["Bruno", BRUNO, "Santos"]]
    assert_two_people(rows)


async def test_xlsx_of_another_maker_is_read(reader: SheetReader, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in PEOPLE:
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    assert_two_people((await everything(reader, tmp_path / "a.xlsx"))[1])


async def test_xls_is_read(reader: SheetReader, tmp_path: Path) -> None:
    path = xls(tmp_path / "a.xls", [["Name", "Phone", "City"], ["Ayşe", 905321234567.0, "İzmir"]])
    inspection, rows = await everything(reader, path)
    assert (inspection.kind, inspection.sheets[0].name) == ("xls", "Kişiler")
    assert rows == [Ready(2, AYSE, "Ayşe", {"City": "İzmir"})]


async def test_ods_is_read(reader: SheetReader, tmp_path: Path) -> None:
    path = ods(tmp_path / "a.ods", [["Name", "Phone", "City"], ["Ayşe", 905321234567.0, "İzmir"]])
    inspection, rows = await everything(reader, path)
    assert (inspection.kind, inspection.sheets[0].name) == ("ods", "Leute")
    assert rows == [Ready(2, AYSE, "Ayşe", {"City": "İzmir"})]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1254"])
async def test_csv_is_read_with_any_delimiter_and_encoding(
    reader: SheetReader, tmp_path: Path, delimiter: str, encoding: str
) -> None:
    text = csv_of(delimiter).replace("São", "Sao")
    inspection, rows = await everything(reader, written(tmp_path / "a.csv", text.encode(encoding)))
    assert inspection.kind == "csv"
    assert_two_people(rows)


@pytest.mark.parametrize(
    ("encoding", "country", "name", "city"),
    [
        ("cp1252", "DE", "Jürgen Müßig", "Köln"),
        ("cp1252", "FR", "Hélène Lefèvre", "Orléans"),
        ("cp1254", "TR", "Ayşegül Işık", "İzmir"),
        ("cp1251", "RU", "Наталья Иванова", "Москва"),
        ("cp1256", "EG", "محمد عبدالله", "القاهرة"),
        ("cp1255", "IL", "נועה כהן", "ירושלים"),
        ("cp1253", "GR", "Γιώργος Παπαδόπουλος", "Αθήνα"),
        ("cp1250", "PL", "Małgorzata Wiśniewska", "Łódź"),
        ("gb18030", "CN", "张伟", "上海"),
        ("cp932", "JP", "山田太郎", "東京"),
    ],
)
async def test_old_encodings_are_told_apart(
    reader: SheetReader, tmp_path: Path, encoding: str, country: str, name: str, city: str
) -> None:
    text = f"Name;Phone;City\n{name};{AYSE};{city}\n{name};{BRUNO};{city}\n"
    _, rows = await everything(reader, written(tmp_path / "a.csv", text.encode(encoding)), country)
    assert rows[0] == Ready(2, AYSE, name, {"City": city})


@pytest.mark.parametrize(("encoding", "name"), [("cp1251", "Наталья Иванова"), ("cp1252", "Hélène Lefèvre")])
async def test_an_encoding_is_known_in_a_workspace_of_another_country(
    reader: SheetReader, tmp_path: Path, encoding: str, name: str
) -> None:
    text = f"Name;Phone\n{name};{AYSE}\n"
    _, rows = await everything(reader, written(tmp_path / "a.csv", text.encode(encoding)), "US")
    assert rows[0] == Ready(2, AYSE, name, {})


async def test_quotes_commas_and_line_breaks_inside_csv_cells_are_kept(
    reader: SheetReader, tmp_path: Path
) -> None:
    text = f'Name,Phone,Note\n"Kaya, Ayşe",{AYSE},"said ""yes""\nand more"\n\nBruno,{BRUNO},x\n'
    _, rows = await everything(reader, written(tmp_path / "a.csv", text.encode()))
    assert rows[0] == Ready(2, AYSE, "Kaya, Ayşe", {"Note": 'said "yes"\nand more'})
    assert isinstance(rows[1], Ready)


async def test_excels_line_that_announces_the_delimiter_is_no_row(
    reader: SheetReader, tmp_path: Path
) -> None:
    text = f"sep=;\r\nName;Phone\r\nAyşe;{AYSE}\r\n"
    inspection, rows = await everything(reader, written(tmp_path / "a.csv", text.encode("utf-8-sig")))
    assert inspection.sheets[0].headers == ["Name", "Phone"]
    assert [row.number for row in rows if isinstance(row, Ready)] == [AYSE]


async def test_a_csv_of_one_column_is_a_list_of_numbers(reader: SheetReader, tmp_path: Path) -> None:
    _, rows = await everything(reader, written(tmp_path / "a.csv", f"{AYSE}\n{BRUNO}\n".encode()))
    assert [row.number for row in rows if isinstance(row, Ready)] == [AYSE, BRUNO]


async def test_zipped_csv_is_read_and_several_are_offered_as_sheets(
    reader: SheetReader, tmp_path: Path
) -> None:
    path = zipped(
        tmp_path / "a.zip",
        {
            "lists/north.csv": csv_of().encode(),
            "lists/south.csv": csv_of(";").encode(),
            "__MACOSX/._north.csv": b"\0\0",
            "readme.md": b"no",
        },
    )
    inspection, rows = await everything(reader, path, sheet=1)
    assert inspection.kind == "zip"
    assert [sheet.name for sheet in inspection.sheets] == ["north", "south"]
    assert_two_people(rows)


async def test_the_senders_name_counts_not_the_stored_files(reader: SheetReader, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "people.xlsx", PEOPLE).rename(tmp_path / "upload-17")
    assert_two_people((await everything(reader, path, filename="My People.XLSX"))[1])


async def test_several_sheets_are_listed_and_hidden_or_empty_ones_are_not(
    reader: SheetReader, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for name in ("North", "Secret", "Empty", "South"):
        sheet = book.create_sheet(name)
        for row in PEOPLE if name != "Empty" else []:
            sheet.append(row)
    book["Secret"].sheet_state = "hidden"
    book.create_chartsheet("Chart")
    book.remove(book["Sheet"])
    book.save(tmp_path / "a.xlsx")
    inspection, rows = await everything(reader, tmp_path / "a.xlsx", sheet=1)
    assert [(sheet.name, sheet.rows) for sheet in inspection.sheets] == [("North", 3), ("South", 3)]
    assert_two_people(rows)


async def test_a_sheet_that_is_gone_is_refused_by_name(reader: SheetReader, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    plan = ImportPlan(sheet="Gone", header_row=1, number_column=1, name_column=0, attributes={}, country="TR")
    with pytest.raises(refusals.NoSuchSheet) as refused:
        await anext(reader.read(path, path.name, plan))
    assert refused.value.data == {"sheet": "Gone"}


async def test_formulas_give_their_values_and_dates_read_well(reader: SheetReader, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Name", "Phone", "Due", "Paid", "Sum", "Broken"])
    sheet.write(1, 0, "Ayşe")
    sheet.write_formula(1, 1, '="+90"&"5321234567"', None, AYSE)
    sheet.write_datetime(1, 2, dt.datetime(2026, 12, 3), book.add_format({"num_format": "dd.mm.yyyy"}))  # noqa: DTZ001
    sheet.write_boolean(1, 3, True)
    sheet.write_formula(1, 4, "=1+2", None, 3)
    sheet.write_formula(1, 5, "=1/0", None, "#DIV/0!")
    book.close()
    _, rows = await everything(reader, tmp_path / "a.xlsx")
    assert rows == [Ready(2, AYSE, "Ayşe", {"Due": "2026-12-03", "Paid": "TRUE", "Sum": "3"})]


async def test_merged_headers_titles_and_an_empty_left_margin_are_handled(
    reader: SheetReader, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for place, text in {
        "C3": "Customers", "C5": "Name", "D5": "Phone", "E5": "Address", "E6": "City", "F6": "Street",
        "C7": "Ayşe", "D7": AYSE, "E7": "İzmir", "F7": "Kordon", "C9": "Bruno", "D9": "12",
    }.items():  # fmt: skip
        sheet[place] = text
    for area in ("C3:F3", "C5:C6", "D5:D6", "E5:F5"):
        sheet.merge_cells(area)
    book.save(tmp_path / "a.xlsx")
    inspection, rows = await everything(reader, tmp_path / "a.xlsx")
    plan = inspection.sheets[0].plan
    assert (plan.header_row, plan.number_column, plan.name_column) == (6, 3, 2)
    assert rows == [
        Ready(7, AYSE, "Ayşe", {"City": "İzmir", "Street": "Kordon"}),
        Bad(9, Reason.TOO_SHORT, "12"),
    ]


async def test_right_to_left_sheets_are_read(reader: SheetReader, tmp_path: Path) -> None:
    rows: list[list[object]] = [["المدينة", "الاسم", "رقم الجوال"], ["جدة", "ليلى", "٠٥٠١٢٣٤٥٦٧"]]
    _, read = await everything(reader, xlsx(tmp_path / "a.xlsx", rows), "SA")
    assert read == [Ready(2, "+966501234567", "ليلى", {"المدينة": "جدة"})]


async def test_numbers_stored_in_every_way_are_one_person(reader: SheetReader, tmp_path: Path) -> None:
    cells = [905321234567, 5321234567.0, "'05321234567", "0090 532 123 45 67", "9.05321234567E+11"]
    rows: list[list[object]] = [
        ["Name", "Phone"],
        *(["Ayşe", cell] for cell in cells),
        ["", ""],
        ["Bo", BRUNO],
    ]
    _, read = await everything(reader, xlsx(tmp_path / "a.xlsx", rows))
    assert read[0] == Ready(2, AYSE, "Ayşe", {})
    assert read[1:5] == [Duplicate(row, 2) for row in (3, 4, 5, 6)]
    assert read[5] == Ready(8, BRUNO, "Bo", {})


async def test_the_empty_end_of_a_file_counts_no_rows(reader: SheetReader, tmp_path: Path) -> None:
    text = written(tmp_path / "a.csv", (csv_of() + "\r\n" + ",,\r\n" * 3 + "\r\n\r\n").encode())
    book = xlsx(tmp_path / "a.xlsx", [*PEOPLE, ["", "", ""], [" ", "", ""]])
    for path in (text, book):
        inspection, rows = await everything(reader, path)
        assert inspection.sheets[0].rows == 3
        assert_two_people(rows)


async def test_many_rows_of_text_are_counted_up_to_the_last_that_holds_anything(
    reader: SheetReader, tmp_path: Path
) -> None:
    lines = ["Name,Phone", *(f"Person {n},+9053{n:08d}" for n in range(600)), ",", "", ""]
    inspection, rows = await everything(reader, written(tmp_path / "a.csv", "\n".join(lines).encode()))
    assert inspection.sheets[0].rows == 601 and len(rows) == 600


async def test_a_list_written_by_hand_is_read_as_names_and_numbers(
    reader: SheetReader, tmp_path: Path
) -> None:
    """Nothing but a space stands between them."""
    lines = ["Ayşe Yılmaz 0532 123 45 67", "+5511961234567 Bruno", "nobody", ""]
    inspection, rows = await everything(reader, written(tmp_path / "a.txt", "\n".join(lines).encode()))
    assert inspection.sheets[0].rows == 3
    assert rows == [
        Ready(1, AYSE, "Ayşe Yılmaz", {}),
        Ready(2, BRUNO, "Bruno", {}),
        Bad(3, Reason.NOT_A_NUMBER, "nobody"),
    ]


async def test_numbers_alone_stay_one_column(reader: SheetReader, tmp_path: Path) -> None:
    inspection, rows = await everything(reader, written(tmp_path / "a.txt", f"{AYSE}\n{BRUNO}\n".encode()))
    assert (inspection.sheets[0].columns, inspection.sheets[0].rows) == (1, 2)
    assert [row.number for row in rows if isinstance(row, Ready)] == [AYSE, BRUNO]
