"""All contacts of a workspace as spreadsheets, written to disk a group at a time."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.files.sheet_file import SheetFile
from bot.texts import plain
from domain.contacts.model import Contact
from domain.operators.model import Workspace
from domain.reports.model import harmless
from domain.scheduler.unit import Unit

#: Rows written in one go, outside the event loop.
CHUNK: Final = 500
#: People in one file: with a dozen columns that is within what Telegram takes.
A_FILE: Final = 400_000
FIXED: Final = ("number", "name", "consent", "tags")
WIDTHS: Final = (18, 28, 18, 28)
COLUMN_WIDTH: Final = 18


async def contacts_files(unit: Unit, workspace: Workspace, folder: Path) -> Sequence[Path]:
    """Number, name, consent, tags and every further column; one row a person, by number. `unit` is a read
    unit: one snapshot for all of it."""
    book = _Files(workspace.language, list(await unit.contacts.field_names(workspace.id)), folder)
    people: list[Contact] = []
    try:
        async for contact in unit.contacts.stream(workspace.id):
            people.append(contact)
            if len(people) >= CHUNK:
                await asyncio.to_thread(book.add, people)
                people = []
        await asyncio.to_thread(book.add, people)
    finally:
        await asyncio.to_thread(book.close)
    return book.paths


class _Files:
    """Those being written, one thread at a time."""

    def __init__(self, lang: str, names: Sequence[str], folder: Path) -> None:
        self._names, self._lang, self._folder = names, lang, folder
        self.paths: list[Path] = []
        self._rows = 0
        self._file = self._next()

    def _next(self) -> SheetFile:
        self._rows = 0
        self.paths.append(
            self._folder / f"contacts{'' if not self.paths else f'-{len(self.paths) + 1}'}.xlsx"
        )
        return SheetFile(
            self.paths[-1],
            title=plain("export.sheet", self._lang),
            heads=[*(plain(f"export.{one}", self._lang) for one in FIXED), *map(harmless, self._names)],
            widths=[*WIDTHS, *(COLUMN_WIDTH for _ in self._names)],
        )

    def add(self, people: Sequence[Contact]) -> None:
        while people:
            if self._rows == A_FILE:
                self.close()
                self._file = self._next()
            part, people = people[: A_FILE - self._rows], people[A_FILE - self._rows :]
            self._file.add([self._row(contact) for contact in part])
            self._rows += len(part)

    def _row(self, contact: Contact) -> Sequence[str | None]:
        # The number is E.164 by construction: a plus and digits, and text in its cell.
        words = (
            contact.number, harmless(contact.name), plain(f"export.consent.{contact.consent}", self._lang),
            harmless(", ".join(contact.tags)),
            *(harmless(contact.attributes.get(name, "")) for name in self._names),
        )  # fmt: skip
        return [word or None for word in words]

    def close(self) -> None:
        self._file.__exit__(None, None, None)
