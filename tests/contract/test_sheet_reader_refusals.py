"""Files over a limit, broken, locked, hostile or not what they say."""

import asyncio
import sys
import zipfile
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from domain.contacts.importing import refusals
from domain.contacts.importing.ports import SheetReader
from domain.contacts.importing.rows import Ready
from storage.sheets.client import ProcessSheetReader
from tests.contract.sheet_files import lying_zip, ods, ole, patched_xlsx, xls, xlsx, zipped
from tests.contract.sheet_reading import (
    AYSE,
    BRUNO,
    PEOPLE,
    assert_two_people,
    csv_of,
    everything,
    no_process_is_left,
    refusal,
    written,
)


@pytest.fixture
def reader() -> Iterator[SheetReader]:
    """No reading process outlives the call that started it."""
    yield ProcessSheetReader()
    assert no_process_is_left()


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


@pytest.mark.parametrize(("name", "member"), [("a.zip", "a.csv"), ("a.xlsx", "xl/workbook.xml")])
async def test_a_zip_that_lies_about_its_size_gets_no_further(
    reader: SheetReader, tmp_path: Path, name: str, member: str
) -> None:
    path = lying_zip(tmp_path / name, member, b"\n" * (30 * refusals.MEGABYTE), claimed=100)
    refused = await refusal(reader, path)
    assert isinstance(refused, refusals.Truncated)
    assert refused.data == {"kind": path.suffix[1:]}


def xml_bomb(path: Path, cell: bytes) -> Path:
    """A workbook whose texts declare a billion laughs; `cell` takes the place of the first person's name."""
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    doctype = f'<!DOCTYPE sst [<!ENTITY l0 "lol">{laughs}]>\n<sst '.encode()
    texts = "xl/sharedStrings.xml"
    whole = patched_xlsx(path, PEOPLE, texts, b"<sst ", doctype)
    with zipfile.ZipFile(whole) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[texts] = members[texts].replace("Ayşe".encode(), cell)
    return zipped(path, members)


async def test_an_xml_bomb_is_refused(reader: SheetReader, tmp_path: Path) -> None:
    refused = await refusal(reader, xml_bomb(tmp_path / "a.xlsx", b"&l9;"))
    assert isinstance(refused, refusals.Truncated)


async def test_an_xml_bomb_that_is_never_lit_does_nothing(reader: SheetReader, tmp_path: Path) -> None:
    _, rows = await everything(reader, xml_bomb(tmp_path / "a.xlsx", "Ayşe".encode()))
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


@pytest.mark.parametrize(
    ("ended_by", "kind"),
    [
        ("SIGABRT", refusals.OutOfMemory),
        ("SIGSEGV", refusals.OutOfMemory),
        ("SIGKILL", refusals.OutOfMemory),
        ("SIGXCPU", refusals.TooSlow),
        ("SIGTERM", refusals.FileRefused),
    ],
)
async def test_what_ended_the_reading_process_is_what_the_sender_is_told(
    tmp_path: Path, ended_by: str, kind: type[refusals.FileRefused]
) -> None:
    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            f"import os, signal, sys; sys.stdin.read(); os.kill(os.getpid(), signal.{ended_by})",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )

    refused = await refusal(ProcessSheetReader(start=start), xlsx(tmp_path / "a.xlsx", PEOPLE))
    assert type(refused) is kind


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


@pytest.mark.parametrize(("at", "byte"), [(8, 1), (10, 99)], ids=["locked", "packed in an unknown way"])
async def test_a_workbook_with_a_part_that_cannot_be_unpacked_is_refused(
    reader: SheetReader, tmp_path: Path, at: int, byte: int
) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["Phone"], [AYSE]])
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"xl/worksheets/") - 46
    assert content[entry : entry + 4] == b"PK\x01\x02"
    content[entry + at] |= byte
    local = content.index(b"xl/worksheets/") - 30
    content[local + at - 2] |= byte
    found = await refusal(reader, written(tmp_path / "b.xlsx", bytes(content)))
    assert isinstance(found, refusals.Truncated | refusals.Encrypted)


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
