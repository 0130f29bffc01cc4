"""All contacts of a workspace as a spreadsheet."""

import asyncio
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from bot.files.books import new_book
from bot.texts import plain
from domain.contacts.model import Contact
from domain.operators.model import Workspace
from domain.reports.model import harmless
from domain.scheduler.unit import Unit

#: Rows written in one go, outside the event loop.
CHUNK: Final = 500
#: A sheet takes 1,048,576 rows.
A_SHEET: Final = 1_000_000


async def contacts_xlsx(unit: Unit, workspace: Workspace) -> bytes:
    """Number, name, consent, tags and every further column; one row a person, by number."""
    names = list(await unit.contacts.field_names(workspace.id))
    lang = workspace.language
    book = _Book(
        [plain(f"export.{column}", lang) for column in ("number", "name", "consent", "tags")], names, lang
    )
    people: list[Contact] = []
    async for contact in unit.contacts.stream(workspace.id):
        people.append(contact)
        if len(people) >= CHUNK:
            await asyncio.to_thread(book.add, people)
            people = []
    await asyncio.to_thread(book.add, people)
    return await asyncio.to_thread(book.finished)


class _Book:
    """The workbook being written, one thread at a time."""

    def __init__(self, fixed: Sequence[str], names: Sequence[str], lang: str) -> None:
        self._header = [*fixed, *(harmless(name) for name in names)]
        self._names, self._lang = names, lang
        self._book = new_book()
        self._rows = 0
        self._sheet = self._new_sheet()

    def _new_sheet(self) -> Any:
        sheet: Any = self._book.create_sheet(plain("export.sheet", self._lang))
        sheet.freeze_panes = "A2"
        sheet.append(self._header)
        return sheet

    def add(self, people: Sequence[Contact]) -> None:
        for contact in people:
            if self._rows and self._rows % A_SHEET == 0:
                self._sheet = self._new_sheet()
            self._rows += 1
            attributes = (harmless(contact.attributes.get(name, "")) for name in self._names)
            consent = plain(f"export.consent.{contact.consent}", self._lang)
            # The number is E.164 by construction: a plus and digits, and text in its cell.
            tags = harmless(", ".join(contact.tags))
            self._sheet.append([contact.number, harmless(contact.name), consent, tags, *attributes])

    def finished(self) -> bytes:
        out = BytesIO()
        self._book.save(out)
        return out.getvalue()
