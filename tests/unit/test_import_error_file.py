"""The file that tells which rows of an import were not taken, and why."""

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.texts import LANGUAGES, plain
from domain.contacts.importing.words import is_remark
from domain.contacts.model import ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow
from storage.database import Database
from tests.chat.contact_chat import AYSE, JOHN, LENA, NOW, Chat
from tests.chat.import_bench import Bench, csv, numbers, xlsx
from tests.fakes.stores import open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        yield database


@pytest.fixture
async def bench(store: Database) -> Bench:
    return Bench(await Chat.begin(store))


async def test_the_error_file_says_what_is_wrong_in_words(bench: Bench) -> None:
    job = await bench.imported("people.xlsx", xlsx(People=[
        ["Name", "Phone"], ["Ayşe", AYSE], ["=1+1", "12"], ["Ayşe", AYSE],
    ]))  # fmt: skip
    assert job.error_key is not None
    book = load_workbook(BytesIO(bench.media.kept[job.error_key]))
    cells = [
        str(cell)
        for row in book.worksheets[0].iter_rows(values_only=True)
        for cell in row
        if cell is not None
    ]
    assert "What is wrong" in cells
    assert "The same number as in row 2" in cells
    assert "Too short for a phone number" in cells


async def test_whoever_was_forgotten_is_counted_apart_and_told_in_the_error_file(bench: Bench) -> None:
    space = bench.chat.workspace.id
    async with bench.chat.store.write() as unit:
        ayse = ImportedRow(number=AYSE, name="Ayşe", attributes={})
        await unit.contacts.save_rows(space, None, [ayse], at=NOW)
        known = await unit.contacts.by_number(space, AYSE)
        assert known is not None
        await unit.contacts.forget(space, known.id, called="", at=NOW)
        await unit.commit()
    job = await bench.imported("people.csv", csv("Phone,Name", f"{AYSE},Ayşe", f"{JOHN},John"))
    assert job.counts == {"rows": 2, "ready": 1, "duplicates": 0, "bad": 0, "stopped": 0, "forgotten": 1}
    assert "1 forgotten" in (await bench.chat.open("im.open", id=job.id)).text
    assert await numbers(bench, job) == [JOHN]
    assert job.error_key is not None
    book = load_workbook(BytesIO(bench.media.kept[job.error_key]))
    assert [row[-1] for row in book.worksheets[0].iter_rows(values_only=True)] == [
        "What is wrong", "This person asked to be forgotten", None,
    ]  # fmt: skip


async def test_whoever_said_stop_is_marked_in_the_error_file_and_its_caption_counts_them(
    bench: Bench,
) -> None:
    space = bench.chat.workspace.id
    async with bench.chat.store.write() as unit:
        rows = [ImportedRow(number=one, name="", attributes={}) for one in (AYSE, LENA)]
        await unit.contacts.save_rows(space, None, rows, at=NOW)
        ayse, lena = [await unit.contacts.by_number(space, one) for one in (AYSE, LENA)]
        assert ayse is not None and lena is not None
        stop = ConsentEvent(granted=False, source=ConsentSource.STOP_REPLY, evidence="1", at=NOW)
        await unit.contacts.record_consent(ayse.id, stop)
        await unit.contacts.forget(space, lena.id, called="", at=NOW)
        await unit.commit()
    job = await bench.imported("p.csv", csv("Phone,Name", f"{AYSE},Ayşe", f"{JOHN},John", f"{LENA},Lena"))
    assert job.error_key is not None
    book = load_workbook(BytesIO(bench.media.kept[job.error_key]))
    assert [row[-1] for row in book.worksheets[0].iter_rows(values_only=True)] == [
        "What is wrong", "This person has opted out: nobody messages them", None,
        "This person asked to be forgotten",
    ]  # fmt: skip
    await bench.chat.open("im.errors", id=job.id)
    async with bench.chat.store.read() as unit:
        due = await unit.chat.due_notices(now=bench.chat.clock.now(), limit=9)
    [caption] = [one.notice.payload["caption"] for one in due if one.notice.kind == "document"]
    assert caption.startswith("1 opted out, 1 forgotten. The last column")


def test_the_column_of_an_error_file_is_known_again_in_every_language() -> None:
    assert all(is_remark(plain("problem.column", language)) for language in LANGUAGES)
