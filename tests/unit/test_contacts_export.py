"""All contacts as a spreadsheet."""

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.files import contacts
from bot.files.contacts import contacts_files
from domain.contacts.ports import ImportedRow
from domain.kernel.ids import WorkspaceId
from domain.reports.model import harmless
from storage.database import Database
from tests.chat.contact_chat import AYSE, JOHN, LENA
from tests.fakes.stores import AGREED, NOW, SAID_STOP, a_workspace, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        yield database


async def people(store: Database, rows: list[ImportedRow]) -> WorkspaceId:
    async with store.write() as unit:
        workspace = await a_workspace(unit)
        await unit.contacts.save_rows(workspace, None, rows, at=NOW)
        await unit.commit()
    return workspace


async def exported(store: Database, workspace: WorkspaceId) -> list[list[tuple[Any, ...]]]:
    """The rows of each file."""
    with TemporaryDirectory() as folder:
        async with store.read() as unit:
            space = await unit.operators.workspace(workspace)
            paths = await contacts_files(unit, space, Path(folder))
        books = [load_workbook(path) for path in paths]
    assert all(len(book.worksheets) == 1 for book in books)
    return [list(book.worksheets[0].iter_rows(values_only=True)) for book in books]


async def test_everybody_is_a_row_with_standing_tags_and_columns(store: Database) -> None:
    workspace = await people(store, [
        ImportedRow(number=AYSE, name="Ayşe", attributes={"City": "İzmir"}),
        ImportedRow(number=JOHN, name="John", attributes={"Size": "42"}),
        ImportedRow(number=LENA, name="", attributes={}),
    ])  # fmt: skip
    async with store.write() as unit:
        for number, event in ((AYSE, AGREED), (JOHN, SAID_STOP)):
            person = await unit.contacts.by_number(workspace, number)
            assert person is not None
            await unit.contacts.record_consent(person.id, event)
            await unit.contacts.tag_contact(workspace, person.id, "vip", on=True)
        await unit.commit()
    (rows,) = await exported(store, workspace)
    assert rows == [
        ("Number", "Name", "Consent", "Tags", "City", "Size"),
        (JOHN, "John", "opted out", "vip", None, "42"),
        (LENA, None, "not recorded", None, None, None),
        (AYSE, "Ayşe", "can be messaged", "vip", "İzmir", None),
    ]


async def test_cells_that_would_run_or_break_the_file_are_made_harmless(store: Database) -> None:
    nasty = {
        f"c{n}": value
        for n, value in enumerate(["=1+1", "+1", "-1", "@x", "\t=1", " =1", "a\x00b\ud800"[:3]])
    }
    workspace = await people(store, [ImportedRow(number=AYSE, name="=HYPERLINK(1)", attributes=nasty)])
    (rows,) = await exported(store, workspace)
    assert rows[1][1] == "'=HYPERLINK(1)"
    assert list(rows[1][4:]) == ["'=1+1", "'+1", "'-1", "'@x", "'\t=1", "' =1", "ab"]


async def test_another_workspace_is_not_in_it(store: Database) -> None:
    ours = await people(store, [ImportedRow(number=AYSE, name="Ayşe", attributes={})])
    await people(store, [ImportedRow(number=JOHN, name="John", attributes={"Secret": "x"})])
    (rows,) = await exported(store, ours)
    assert rows == [("Number", "Name", "Consent", "Tags"), (AYSE, "Ayşe", "not recorded", None)]


async def test_more_people_than_a_chunk_or_a_file_takes(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "CHUNK", 3)
    monkeypatch.setattr(contacts, "A_FILE", 5)
    rows = [ImportedRow(number=f"+1201555{n:04}", name=f"P{n}", attributes={}) for n in range(11)]
    files = await exported(store, await people(store, rows))
    assert [len(file) for file in files] == [6, 6, 2]
    assert [row[1] for file in files for row in file[1:]] == [f"P{n}" for n in range(11)]


def test_a_very_long_text_fits_a_cell() -> None:
    assert len(harmless("x" * 50_000)) <= 32_767
