"""Very many contacts are made beside the other notices, and leave from the disk in files that fit."""

import asyncio
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from openpyxl import load_workbook
from telegram import Bot, InputFile

from bot.chat import contacts_notice
from bot.chat.contacts_notice import sender_of_contacts
from bot.chat.notices import NotYet
from bot.files import contacts
from bot.tasks import TaskOwner
from domain.contacts.ports import ImportedRow
from tests.fakes.stores import NOW, a_workspace, number_of, open_store


class Chat:
    """The names in the files that came, by file."""

    def __init__(self) -> None:
        self.came: dict[str, list[str]] = {}
        self.sent = 0
        self.all_came = asyncio.Event()

    async def send_document(self, _chat: int, file: InputFile, **_: Any) -> Any:
        self.sent += 1
        handle: Any = file.input_file_content
        rows = load_workbook(BytesIO(handle.read())).worksheets[0].iter_rows(min_row=2, values_only=True)
        self.came[file.filename] = [str(row[1]) for row in rows]
        if len(self.came) == 2:
            self.all_came.set()
        return SimpleNamespace(message_id=self.sent)


async def test_many_contacts_come_in_files_of_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts_notice, "LARGE", 2)
    monkeypatch.setattr(contacts, "A_FILE", 2)
    chat = Chat()
    async with open_store(tmp_path) as store, TaskOwner() as tasks:
        async with store.write() as unit:
            space = await a_workspace(unit)
            rows = [ImportedRow(number=number_of(n), name=f"P{n}", attributes={}) for n in range(3)]
            await unit.contacts.save_rows(space, None, rows, at=NOW)
            await unit.commit()
        send = sender_of_contacts(store, tasks)
        with pytest.raises(NotYet):
            await send(cast(Bot, chat), 1001, {"workspace_id": space})
        # Some left meanwhile.
        monkeypatch.setattr(contacts_notice, "LARGE", 3)
        await chat.all_came.wait()
        message_id = None
        while message_id is None:
            try:
                message_id = await send(cast(Bot, chat), 1001, {"workspace_id": space})
            except NotYet:
                await asyncio.sleep(0)
    assert chat.came == {"contacts.xlsx": ["P0", "P1"], "contacts-2.xlsx": ["P2"]}
    assert (chat.sent, message_id) == (2, 2), "once"
