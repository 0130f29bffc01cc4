"""All contacts of a workspace as spreadsheets, written to disk a group at a time."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.files.sheet_files import SheetFiles
from bot.texts import plain
from domain.contacts.model import Contact
from domain.operators.model import Workspace
from domain.reports.model import harmless
from domain.scheduler.unit import Unit

#: Rows written in one go, outside the event loop.
CHUNK: Final = 500
#: People in one file at the most: what spreadsheet programs open without trouble.
A_FILE: Final = 400_000
FIXED: Final = ("number", "name", "consent", "tags")
WIDTHS: Final = (18, 28, 18, 28)
COLUMN_WIDTH: Final = 18


async def contacts_files(unit: Unit, workspace: Workspace, folder: Path) -> Sequence[Path]:
    """Number, name, consent, tags and every further column; one row a person, by number. `unit` is a read
    unit: one snapshot for all of it."""
    lang, names = workspace.language, list(await unit.contacts.field_names(workspace.id))
    heads = [*(plain(f"export.{one}", lang) for one in FIXED), *map(harmless, names)]
    widths = [*WIDTHS, *(COLUMN_WIDTH for _ in names)]
    title = plain("export.sheet", lang)
    with SheetFiles(folder, "contacts", title=title, heads=heads, widths=widths, a_file=A_FILE) as books:

        def add(people: Sequence[Contact]) -> None:
            books.add([_row(contact, names, lang) for contact in people])

        people: list[Contact] = []
        async for contact in unit.contacts.stream(workspace.id):
            people.append(contact)
            if len(people) >= CHUNK:
                await asyncio.to_thread(add, people)
                people = []
        await asyncio.to_thread(add, people)
        await asyncio.to_thread(books.finish)
    return books.paths


def _row(contact: Contact, names: Sequence[str], lang: str) -> Sequence[str | None]:
    # The number is E.164 by construction: a plus and digits, and text in its cell.
    words = (
        contact.number, harmless(contact.name), plain(f"export.consent.{contact.consent}", lang),
        harmless(", ".join(contact.tags)),
        *(harmless(contact.attributes.get(name, "")) for name in names),
    )  # fmt: skip
    return [word or None for word in words]
