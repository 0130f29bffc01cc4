"""What operators do with contacts. Small verbs over the stores they are given; time is given too."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath
from typing import Final

from domain.contacts.countries import example_number
from domain.contacts.forgetting import PersonForgotten
from domain.contacts.importing.numbers import BadNumber, Reason, normalise
from domain.contacts.model import Consent, ConsentEvent, ConsentIsTheirs, ConsentSource, Contact
from domain.contacts.ports import ContactList, ContactStore, ImportedRow, ImportJob, ImportState, ImportStore
from domain.kernel.errors import Conflict, DomainError, NotFound
from domain.kernel.ids import ContactId, ImportId, ListId, MemberId, WorkspaceId

LONGEST_NAME: Final = 200
LONGEST_TAG: Final = 40
LONGEST_EVIDENCE: Final = 300
LONGEST_FILENAME: Final = 200

#: What Telegram lets a bot download.
LARGEST_FILE: Final = 20 * 1024 * 1024
IMPORTED_TYPES: Final = (".xlsx", ".xls", ".ods", ".csv", ".zip", ".txt", ".tsv")
IMPORTED_TYPES_SHOWN: Final = "xlsx, xls, ods, csv, or a zip with one csv"

#: A number somewhere in a line: a plus or digit, then digits and what people put between them.
NUMBER_IN_LINE: Final = re.compile(r"[+＋]?[(\s]*\d[\d\s().\-/‐‑–  ]*\d")

#: Instead of Reason.INVALID, for a number that was typed with its country code.
IMPOSSIBLE: Final = "impossible"

FINISHED: Final = frozenset({ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED})


class UploadRefused(DomainError):
    """A file that is not taken in."""

    code = "upload.refused"


class UploadTooBig(UploadRefused):
    """`filename`, and `size` and `limit` in megabytes."""

    code = "upload.too_big"


class UploadWrongType(UploadRefused):
    """`filename` and `accepted`."""

    code = "upload.wrong_type"


class NoNumberInText(DomainError):
    """`text`: what was typed; `example`: a number there is."""

    code = "contact.no_number"


class NumberRefused(DomainError):
    """`text`, the `country` whose numbers may be typed without a code, and an `example` of one. The code ends
    with the Reason, or with IMPOSSIBLE."""

    code = "contact.number"

    def __init__(self, reason: str, **data: object) -> None:
        self.code = f"contact.number.{reason}"
        super().__init__(**data)


class TagRefused(DomainError):
    """`limit`: the longest tag, in characters."""

    code = "contact.tag"


class NameRefused(DomainError):
    """`limit`: the longest name, in characters."""

    code = "contact.name"


class EvidenceEmpty(DomainError):
    """`limit`: the longest answer, in characters."""

    code = "consent.no_words"


class ListInUse(DomainError):
    """A scheduled campaign would start without its people. `campaigns`: their names."""

    code = "list.in_use"


def check_upload(filename: str, size: int) -> None:
    """Before anything is fetched. Raises UploadTooBig or UploadWrongType."""
    if PurePath(filename.strip()).suffix.casefold() not in IMPORTED_TYPES:
        raise UploadWrongType(filename=filename, accepted=IMPORTED_TYPES_SHOWN)
    if size > LARGEST_FILE:
        megabyte = 1024 * 1024
        # Rounded up, so that a file a little over the limit never reads as "20 MB; I can take 20 MB".
        shown = -(-size * 10 // megabyte) / 10
        raise UploadTooBig(filename=filename, size=f"{shown:.1f}", limit=str(LARGEST_FILE // megabyte))


async def receive_import(
    imports: ImportStore,
    workspace_id: WorkspaceId,
    by: MemberId,
    chat_id: int,
    *,
    filename: str,
    telegram_file: str,
    size: int,
    campaign_id: int | None,
    at: datetime,
) -> ImportId:
    """Note a file that has arrived; a machine takes it from there. Raises UploadRefused."""
    check_upload(filename, size)
    return await imports.create(
        workspace_id=workspace_id,
        member_id=by,
        chat_id=chat_id,
        filename=shortened(tidy(filename), LONGEST_FILENAME),
        telegram_file=telegram_file,
        size=size,
        campaign_id=campaign_id,
        at=at,
    )


def tidy(text: str) -> str:
    """One line without control or direction-changing characters, single spaces."""
    kept = (" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c) != "Cf" or c == "\u200d").split())


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def read_person(text: str, country: str) -> tuple[str, str]:
    """The number (E.164) and the name in a typed line such as `+90 532 123 45 67 Ayşe`.

    Raises NoNumberInText or NumberRefused.
    """
    line = tidy(text)
    found = max(NUMBER_IN_LINE.finditer(line), key=lambda match: len(match.group()), default=None)
    if found is None:
        raise NoNumberInText(text=shortened(line, 60), example=example_number(country))
    number = number_of(found.group(), country)
    name = (line[: found.start()] + " " + line[found.end() :]).strip(" ,;:-–·")
    return number, shortened(" ".join(name.split()), LONGEST_NAME)


def number_of(text: str, country: str) -> str:
    """E.164 of a typed number. Raises NumberRefused."""
    number = normalise(text, country)
    if isinstance(number, BadNumber):
        typed = tidy(text)
        has_code = typed.startswith(("+", "＋", "00"))
        reason = IMPOSSIBLE if number.reason is Reason.INVALID and has_code else number.reason
        raise NumberRefused(
            reason, text=shortened(typed, 40), country=country, example=example_number(country)
        )
    return number


async def add_one(
    contacts: ContactStore, workspace_id: WorkspaceId, number: str, name: str, *, at: datetime
) -> tuple[Contact, bool]:
    """Add a person by E.164 number, or give a known one the name. Returns them and whether they are new.
    Raises PersonForgotten."""
    known = await contacts.by_number(workspace_id, number)
    row = ImportedRow(number=number, name=name or (known.name if known else ""), attributes={})
    await contacts.save_rows(workspace_id, None, [row], at=at)
    contact = await contacts.by_number(workspace_id, number)
    if contact is None:
        raise PersonForgotten(number=number)
    return contact, known is None


async def rename(contacts: ContactStore, contact: Contact, text: str, *, at: datetime) -> str:
    """Give them another name; the name as it is kept. Raises NameRefused."""
    name = tidy(text)
    if not any(char.isalnum() for char in name) or len(name) > LONGEST_NAME:
        raise NameRefused(limit=LONGEST_NAME)
    row = ImportedRow(number=contact.number, name=name, attributes={})
    await contacts.save_rows(contact.workspace_id, None, [row], at=at)
    return name


async def record_consent(
    contacts: ContactStore,
    contact: Contact,
    source: ConsentSource,
    *,
    evidence: str,
    by: MemberId,
    at: datetime,
) -> Consent:
    """An operator says that this person agreed. Once is enough: a repeat adds nothing.

    Raises ConsentIsTheirs when the person said stop.
    """
    if contact.consent is Consent.REVOKED:
        raise ConsentIsTheirs(name=contact.name or contact.number)
    if contact.consent is Consent.GRANTED:
        return contact.consent
    event = ConsentEvent(granted=True, source=source, evidence=evidence, at=at, by=by)
    return await contacts.record_consent(contact.id, event)


async def record_list_consent(
    contacts: ContactStore,
    list_id: ListId,
    source: ConsentSource,
    *,
    evidence: str,
    by: MemberId,
    at: datetime,
) -> int:
    """The same for everybody on a list; who said stop stays so. Returns how many stand as granted."""
    event = ConsentEvent(granted=True, source=source, evidence=evidence, at=at, by=by)
    return await contacts.record_list_consent(list_id, event)


async def opt_out(contacts: ContactStore, contact: Contact, *, by: MemberId, at: datetime) -> Consent:
    """Never message this person again. Only they can undo it. A repeat adds nothing. Raises NotFound."""
    now = await contacts.by_number(contact.workspace_id, contact.number, held=True)
    if now is None:
        raise NotFound(what="contact")
    if now.consent is Consent.REVOKED:
        return now.consent
    event = ConsentEvent(granted=False, source=ConsentSource.OPERATOR, evidence="", at=at, by=by)
    return await contacts.record_consent(contact.id, event)


def clean_words(text: str) -> str:
    """An operator's own words on how people agreed. Raises EvidenceEmpty."""
    words = tidy(text)
    if not any(char.isalnum() for char in words) or len(words) > LONGEST_EVIDENCE:
        raise EvidenceEmpty(limit=LONGEST_EVIDENCE)
    return words


def clean_tag(text: str) -> str:
    """A tag as it is kept: one line, lower case, without #. Raises TagRefused."""
    tag = tidy(text).lstrip("#").strip().casefold()
    if not any(char.isalnum() for char in tag) or len(tag) > LONGEST_TAG or "," in tag:
        raise TagRefused(limit=LONGEST_TAG)
    return tag


async def tag_contact(
    contacts: ContactStore, workspace_id: WorkspaceId, id: ContactId, text: str, *, on: bool
) -> str:
    tag = clean_tag(text) if on else text
    await contacts.tag_contact(workspace_id, id, tag, on=on)
    return tag


async def tag_list(
    contacts: ContactStore, workspace_id: WorkspaceId, list_id: ListId, text: str
) -> tuple[str, int]:
    """Returns the tag as kept and how many people have it now by this."""
    tag = clean_tag(text)
    return tag, await contacts.tag_list(workspace_id, list_id, tag)


async def remove_list(
    contacts: ContactStore, list: ContactList, workspace_id: WorkspaceId, *, waiting_for_it: Sequence[str]
) -> None:
    """The list goes, its people stay. `waiting_for_it`: names of scheduled campaigns to this list."""
    if waiting_for_it:
        raise ListInUse(campaigns=", ".join(waiting_for_it))
    await contacts.remove_list(workspace_id, list.id)


async def cancel_import(
    imports: ImportStore, contacts: ContactStore, job: ImportJob, *, expected: int, at: datetime
) -> ImportJob:
    """Nothing more is stored and the list goes. People stored already stay, as "not recorded"."""
    if job.state in FINISHED:
        raise Conflict()
    cancelled = replace(job, state=ImportState.CANCELLED, list_id=None)
    saved = await imports.update(cancelled, expected=expected, at=at)
    if job.list_id is not None:
        await contacts.remove_list(job.workspace_id, job.list_id)
    return saved


def search_words(text: str) -> str:
    """What to look for: one line, and of a number only its digits, as numbers are kept."""
    words = tidy(text)[:LONGEST_TAG].strip()
    if any(char.isdigit() for char in words) and not any(char.isalpha() for char in words):
        digits = "".join(char for char in words if char.isdigit())
        return digits.lstrip("0") or digits
    return words
