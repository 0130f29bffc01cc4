"""Proof of one person's consent as a spreadsheet."""

import asyncio
from collections.abc import Sequence
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from bot.files.books import new_book
from bot.screens.contact_proof import source_words
from bot.texts import plain
from domain.contacts.model import Contact, Proof
from domain.kernel.ids import ContactId
from domain.operators.model import Workspace
from domain.reports.model import harmless
from domain.scheduler.unit import Unit

COLUMNS: Final = ("when", "what", "how", "evidence", "words.column", "by.column")
#: How much of a name, and of the end of a number, stands in the file's name.
LONGEST_NAME: Final = 60
SHOWN_DIGITS: Final = 4
WIDTHS: Final = (20, 12, 36, 40, 40, 24)


async def proof_xlsx(unit: Unit, workspace: Workspace, id: ContactId) -> tuple[str, bytes]:
    """What the file is called, and what is in it: one row an event, oldest first, in the workspace's zone.
    Raises NotFound."""
    contact = await unit.contacts.contact(workspace.id, id)
    events, _ = await unit.contacts.proof(workspace.id, id)
    return _called(workspace, contact), await asyncio.to_thread(_book, workspace, contact, events)


def _called(workspace: Workspace, contact: Contact) -> str:
    """`proof of consent Ayşe 5678.xlsx`: whose it is, without the whole number."""
    name = "".join(char if char.isalnum() or char in " -'" else " " for char in contact.name[:LONGEST_NAME])
    parts = [plain("proof.file", workspace.language), *name.split(), contact.number[-SHOWN_DIGITS:]]
    return f"{' '.join(parts)}.xlsx"


def _book(workspace: Workspace, contact: Contact, events: Sequence[Proof]) -> bytes:
    lang, zone = workspace.language, ZoneInfo(workspace.zone)
    book = new_book()
    sheet = book.create_sheet(plain("proof.sheet", lang))
    for n, width in enumerate(WIDTHS):
        sheet.column_dimensions[chr(ord("A") + n)].width = width
    standing = plain(f"export.consent.{contact.consent}", lang)
    # The number is E.164 by construction: a plus and digits, and text in its cell.
    sheet.append([contact.number, harmless(contact.name), standing, workspace.zone])
    sheet.append([plain(f"proof.{column}", lang) for column in COLUMNS])
    for one in events:
        side = "granted" if one.event.granted else "revoked"
        when = one.event.at.astimezone(zone).replace(tzinfo=None, microsecond=0)
        words = [source_words(one, lang), one.evidence, one.words, one.by]
        sheet.append([when, plain(f"proof.{side}", lang), *map(harmless, words)])
    out = BytesIO()
    book.save(out)
    return out.getvalue()
