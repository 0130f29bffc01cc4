"""Every kind of file, whole and broken, through the process that reads it."""

import asyncio
import datetime as dt
import json
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from domain.contacts.importing import refusals
from domain.contacts.importing.numbers import Reason
from domain.contacts.importing.ports import Inspection, SheetReader
from domain.contacts.importing.rows import Bad, Duplicate, ImportPlan, Ready, Row, Summary
from storage.sheets import ProcessSheetReader, wire
from storage.sheets.reader import BATCH_ROWS
from tests.contract.sheet_files import lying_zip, ods, ole, patched_xlsx, xls, xlsx, zipped

AYSE, BRUNO, CHEN = "+905321234567", "+5511961234567", "+8613123456789"
PEOPLE: list[list[object]] = [["Name", "Phone", "City"], ["Ayşe", AYSE, "İzmir"], ["Bruno", BRUNO, "Santos"]]


@pytest.fixture
def reader() -> SheetReader:
    return ProcessSheetReader()


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """No reading process outlives the call that started it."""
    yield
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert children == []


async def everything(
    reader: SheetReader, path: Path, country: str = "TR", sheet: int = 0, filename: str = ""
) -> tuple[Inspection, list[Row]]:
    """Inspect, and read one sheet by the guess."""
    inspection = await reader.inspect(path, filename or path.name, country)
    rows: list[Row] = []
    async with aclosing(reader.read(path, filename or path.name, inspection.sheets[sheet].plan)) as batches:
        async for batch in batches:
            rows += batch.rows
            last = batch
    assert last.done == last.total
    return inspection, rows


async def refusal(reader: SheetReader, path: Path, filename: str = "") -> refusals.FileRefused:
    with pytest.raises(refusals.FileRefused) as refused:
        await everything(reader, path, filename=filename)
    return refused.value


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def csv_of(delimiter: str = ",", header: str = "Name,Phone,City") -> str:
    lines = [header, f"Ayşe,{AYSE},İzmir", f"Bruno,{BRUNO},São Paulo"]
    return "\r\n".join(lines).replace(",", delimiter)


def assert_two_people(rows: list[Row], city: str = "City") -> None:
    assert [row.row_no for row in rows] == [2, 3]
    assert [row.number for row in rows if isinstance(row, Ready)] == [AYSE, BRUNO]
    first = rows[0]
    assert isinstance(first, Ready)
    assert first.name == "Ayşe"
    assert first.attributes == {city: "İzmir"}


# Kinds


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


# Sheets


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


# Large and streaming


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


# Refusals


async def test_a_file_over_20_mb_is_refused_before_any_process_starts(
    reader: SheetReader, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(refusals.MAX_FILE_BYTES + 1)
    refused = await refusal(reader, path)
    assert isinstance(refused, refusals.TooBig)
    assert refused.data == {"bytes": refusals.MAX_FILE_BYTES + 1, "limit": refusals.MAX_FILE_BYTES}


async def test_more_than_200_000_rows_are_refused(reader: SheetReader, tmp_path: Path) -> None:
    text = "Phone\n" + "".join(f"+90532{i:07}\n" for i in range(refusals.MAX_ROWS + 1))
    refused = await refusal(reader, written(tmp_path / "a.csv", text.encode()))
    assert isinstance(refused, refusals.TooManyRows)
    assert refused.data["limit"] == refusals.MAX_ROWS


async def test_exactly_200_000_rows_below_a_header_are_read(reader: SheetReader, tmp_path: Path) -> None:
    text = "Phone\n" + "".join(f"+90532{i:07}\n" for i in range(refusals.MAX_ROWS))
    _, rows = await everything(reader, written(tmp_path / "a.csv", text.encode()))
    assert len(rows) == refusals.MAX_ROWS


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
async def test_more_than_64_columns_are_refused(reader: SheetReader, tmp_path: Path, ending: str) -> None:
    rows: list[list[object]] = [["Phone", *(f"c{i}" for i in range(64))], [AYSE, *range(64)]]
    path = tmp_path / f"a.{ending}"
    if ending == "xlsx":
        xlsx(path, rows)
    else:
        path.write_text("\n".join(",".join(map(str, row)) for row in rows))
    refused = await refusal(reader, path)
    assert isinstance(refused, refusals.TooManyColumns)
    assert refused.data == {"columns": 65, "limit": 64}


async def test_64_columns_are_read(reader: SheetReader, tmp_path: Path) -> None:
    rows: list[list[object]] = [["Phone", *(f"c{i}" for i in range(63))], [AYSE, *range(63)]]
    _, read = await everything(reader, xlsx(tmp_path / "a.xlsx", rows))
    assert isinstance(read[0], Ready)
    assert read[0].attributes["c62"] == "62"


async def test_a_cell_in_the_last_corner_does_not_explode(reader: SheetReader, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write(0, 0, AYSE)
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    refused = await refusal(reader, tmp_path / "a.xlsx")
    assert isinstance(refused, refusals.TooManyColumns)
    assert refused.data["columns"] == 16_384


async def test_colour_in_the_last_corner_is_no_cell(reader: SheetReader, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Name", "Phone"])
    sheet.write_row(1, 0, ["Ayşe", AYSE])
    sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    book.close()
    assert (await everything(reader, tmp_path / "a.xlsx"))[1] == [Ready(2, AYSE, "Ayşe", {})]


async def test_a_wide_hidden_or_second_sheet_does_not_spoil_the_file(
    reader: SheetReader, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for row in PEOPLE:
        book.worksheets[0].append(row)
    book.create_sheet("Numbers").append(list(range(100)))
    hidden = book.create_sheet("Hidden")
    hidden["XFD1048576"] = "x"
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    inspection, rows = await everything(reader, tmp_path / "a.xlsx")
    assert [sheet.name for sheet in inspection.sheets] == ["Sheet"]
    assert_two_people(rows)


async def test_a_zip_bomb_is_refused_by_what_it_declares(reader: SheetReader, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as member:
        for _ in range(201):
            member.write(b"\n" * refusals.MEGABYTE)
    refused = await refusal(reader, path)
    assert isinstance(refused, refusals.UnpackedTooBig)
    assert refused.data == {"bytes": 201 * refusals.MEGABYTE, "limit": refusals.MAX_UNPACKED_BYTES}


@pytest.mark.parametrize("name", ["a.zip", "a.xlsx"])
async def test_a_zip_that_lies_about_its_size_gets_no_further(
    reader: SheetReader, tmp_path: Path, name: str
) -> None:
    member = "a.csv" if name == "a.zip" else "xl/workbook.xml"
    path = lying_zip(tmp_path / name, member, b"\n" * (30 * refusals.MEGABYTE), claimed=100)
    assert isinstance(await refusal(reader, path), refusals.Truncated | refusals.Empty)


async def test_an_xml_bomb_is_refused(reader: SheetReader, tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    doctype = f'<!DOCTYPE w [<!ENTITY l0 "lol">{laughs}]>\n<worksheet '.encode()
    path = patched_xlsx(tmp_path / "a.xlsx", PEOPLE, "xl/worksheets/sheet1.xml", b"<worksheet ", doctype)
    inspection = None
    try:
        inspection, rows = await everything(reader, path)
    except refusals.FileRefused:
        assert inspection is None
    else:
        assert_two_people(rows)


async def test_an_ods_that_repeats_a_cell_without_end_is_refused(reader: SheetReader, tmp_path: Path) -> None:
    body = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="string" '
        'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>'
    )
    refused = await refusal(reader, ods(tmp_path / "a.ods", [], body=body))
    assert isinstance(refused, refusals.OutOfMemory)


async def test_reading_that_asks_for_too_much_memory_is_refused(tmp_path: Path) -> None:
    small = ProcessSheetReader(memory=200 * refusals.MEGABYTE)
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write(0, 0, AYSE)
    sheet.write(1_048_575, 60, "x")
    book.close()
    assert isinstance(await refusal(small, tmp_path / "a.xlsx"), refusals.OutOfMemory)


async def test_reading_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    refused = await refusal(ProcessSheetReader(seconds=0.001), path)
    assert isinstance(refused, refusals.TooSlow)
    assert refused.data == {"limit": refusals.MAX_SECONDS}


async def test_a_slow_taker_does_not_use_up_the_readers_time(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Phone"]]
    rows += [[f"+90532{i:07}"] for i in range(30_000)]
    path = xlsx(tmp_path / "a.xlsx", rows)
    quick = ProcessSheetReader(seconds=20)
    plan = (await quick.inspect(path, path.name, "TR")).sheets[0].plan
    ready = 0
    async with aclosing(quick.read(path, path.name, plan)) as batches:
        async for batch in batches:
            ready += len(batch.ready)
            await asyncio.sleep(0)
    assert ready == 30_000


async def test_locked_files_are_refused(reader: SheetReader, tmp_path: Path) -> None:
    excel = written(
        tmp_path / "a.xlsx", ole({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"y" * 5000})
    )
    assert isinstance(await refusal(reader, excel), refusals.Encrypted)
    office = ods(
        tmp_path / "a.ods",
        [["Phone"], [AYSE]],
        manifest="<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>",
    )
    assert isinstance(await refusal(reader, office), refusals.Encrypted)
    archive = zipped(tmp_path / "a.zip", {"a.csv": csv_of().encode()})
    content = bytearray(archive.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert isinstance(await refusal(reader, written(tmp_path / "a.zip", bytes(content))), refusals.Encrypted)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "zip"])
async def test_files_that_are_cut_off_are_refused(
    reader: SheetReader, tmp_path: Path, kind: str, kept: float
) -> None:
    path = tmp_path / f"a.{kind}"
    people: list[list[str | float]] = [["Name", "Phone"]]
    people += [[f"Person {i}", AYSE] for i in range(300)]
    match kind:
        case "xlsx":
            xlsx(path, people)
        case "xls":
            xls(path, people)
        case "ods":
            ods(path, people)
        case _:
            zipped(path, {"a.csv": csv_of().encode() * 50})
    content = path.read_bytes()
    refused = await refusal(reader, written(path, content[: int(len(content) * kept)]))
    assert isinstance(refused, refusals.Truncated), (refused, getattr(refused, "__notes__", ""))


async def test_an_unclosed_quote_is_a_broken_csv(reader: SheetReader, tmp_path: Path) -> None:
    text = f'Name,Phone\n"Ayşe,{AYSE}\n' + f"Bruno,{BRUNO}\n" * 20_000
    assert isinstance(await refusal(reader, written(tmp_path / "a.csv", text.encode())), refusals.Truncated)


@pytest.mark.parametrize(
    ("name", "content", "looks"),
    [
        ("a.xls", b"<html><table><tr><td>+905321234567</td></tr></table></html>", "html"),
        ("a.xlsx", b"%PDF-1.7\n", "pdf"),
        ("a.xlsx", b"Name,Phone\nA,+905321234567\n", "csv"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "png"),
        ("a.csv", bytes(range(256)) * 20, "unknown"),
        ("a.ods", b'<?xml version="1.0"?><Workbook/>', "xml"),
        ("a.zip", b"Rar!\x1a\x07", "rar"),
        ("nameless", b"%PDF-1.7\n", "pdf"),
    ],
)
async def test_a_file_that_is_not_what_its_name_says_is_refused(
    reader: SheetReader, tmp_path: Path, name: str, content: bytes, looks: str
) -> None:
    refused = await refusal(reader, written(tmp_path / name, content))
    assert isinstance(refused, refusals.NotWhatItSays)
    assert refused.data["is_"] == looks


async def test_a_workbook_under_another_kinds_name_is_refused(reader: SheetReader, tmp_path: Path) -> None:
    refused = await refusal(reader, xlsx(tmp_path / "a.xlsx", PEOPLE), "people.xls")
    assert isinstance(refused, refusals.NotWhatItSays)
    assert refused.data == {"says": "xls", "is_": "xlsx"}


async def test_other_endings_are_refused_with_what_is_read(reader: SheetReader, tmp_path: Path) -> None:
    refused = await refusal(reader, written(tmp_path / "a.docx", b"PK\x03\x04"))
    assert isinstance(refused, refusals.Unsupported)
    assert refused.data == {"says": ".docx", "accepted": list(refusals.ACCEPTED)}


async def test_a_zip_without_csv_is_refused(reader: SheetReader, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"photo.jpg": b"x"})
    assert isinstance(await refusal(reader, path), refusals.ZipWithoutCsv)


@pytest.mark.parametrize("content", [b"", b"\n\n\r\n", b"\xef\xbb\xbf", b" , ,\n,,\n"])
async def test_a_file_without_a_row_is_refused(reader: SheetReader, tmp_path: Path, content: bytes) -> None:
    assert isinstance(await refusal(reader, written(tmp_path / "a.csv", content)), refusals.Empty)


async def test_an_empty_workbook_is_refused(reader: SheetReader, tmp_path: Path) -> None:
    assert isinstance(await refusal(reader, xlsx(tmp_path / "a.xlsx", [])), refusals.Empty)


async def test_a_plan_without_a_number_column_is_refused(reader: SheetReader, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["Animal", "Colour"], ["cat", "grey"]])
    inspection = await reader.inspect(path, path.name, "TR")
    assert inspection.sheets[0].plan.number_column is None
    with pytest.raises(refusals.NoNumberColumn):
        await anext(reader.read(path, path.name, inspection.sheets[0].plan))


async def test_the_reading_process_sees_nothing_of_our_environment(
    reader: SheetReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, str] = {}
    start = asyncio.create_subprocess_exec

    async def watch(*args: str, env: dict[str, str], **more: int) -> asyncio.subprocess.Process:
        seen.update(env)
        return await start(*args, env=env, **more)  # type: ignore[arg-type]

    monkeypatch.setenv("BOT_TOKEN", "123:secret")
    monkeypatch.setattr(asyncio, "create_subprocess_exec", watch)
    await reader.inspect(xlsx(tmp_path / "a.xlsx", PEOPLE), "a.xlsx", "TR")
    assert set(seen) == {"PYTHONPATH", "RUST_BACKTRACE"}


# The error file


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
        ["Ayşe", f"'{AYSE}", "İzmir", None],
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


async def test_a_refused_error_file_leaves_nothing_behind(reader: SheetReader, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", PEOPLE)
    plan = ImportPlan(sheet="Gone", header_row=1, number_column=1, name_column=0, attributes={}, country="TR")
    with pytest.raises(refusals.NoSuchSheet):
        await reader.error_file(path, path.name, plan, sentence)
    assert list(tmp_path.iterdir()) == [path]
