"""xlsx, xls and ods, by calamine."""

import html
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

from domain.contacts.importing import refusals
from domain.contacts.importing.columns import Merged
from storage.sheets.excerpt import excerpt_of
from storage.sheets.kinds import Unpacked
from storage.sheets.tables import Line

#: A cell beyond column BL, the 64th: `<c r="BM12" ...>` up to `XFD`, with a value and not only a colour.
_FAR_CELL: Final = re.compile(rb" r=\"([A-Z]{3}|B[M-Z]|[C-Z][A-Z])\d+\"[^<>]*(?<!/)>\s*<(?:x:)?(?:v|is|f)\b")
_OVERLAP: Final = 512
_SHEET: Final = re.compile(r"<(?:x:)?sheet\s[^<>]*>")
_RELATION: Final = re.compile(r"<(?:\w+:)?Relationship\s[^<>]*>")
_ATTRIBUTE: Final = re.compile(r"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")


class BookTable:
    """One sheet of a workbook, or its beginning: then `rows` says how long it is."""

    def __init__(self, sheet: CalamineSheet, rows: int | None = None) -> None:
        self.name = sheet.name
        self._sheet = sheet
        end = sheet.end
        self.rows = rows or (end[0] + 1 if end else 0)
        self.columns = end[1] + 1 if end else 0
        self._left = sheet.start[1] if sheet.start else 0

    @property
    def merged(self) -> Sequence[Merged]:
        return self._sheet.merged_cell_ranges or ()

    def lines(self) -> Iterator[Line]:
        """Rows from the very first, with the empty columns at the left that calamine leaves out."""
        rows = enumerate(self._sheet.iter_rows(), 1)
        if not self._left:
            yield from rows
            return
        margin: list[object] = [""] * self._left
        for row_no, cells in rows:
            yield row_no, margin + cells


class Workbook:
    """A workbook's visible sheets; its hidden ones when it has no others.

    `beginning` is for a look at the columns: large sheets end after their first rows.
    """

    def __init__(self, path: Path, kind: str, *, beginning: bool = False) -> None:
        self._kind = kind
        self._wide: dict[str, int] = {}
        self._rows: dict[str, int] = {}
        whole: Path | BytesIO = path
        if kind in {"xlsx", "ods"}:
            self._wide = _look_through(path, kind)
        if kind == "xlsx" and beginning and (excerpt := excerpt_of(path)):
            whole = excerpt.workbook
            self._rows = _by_name(path, excerpt.rows)
        try:
            self._book = CalamineWorkbook.from_object(whole)
        except CalamineError as error:
            raise _refusal(error, kind) from None
        sheets = [sheet for sheet in self._book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
        visible = [sheet.name for sheet in sheets if sheet.visible is SheetVisibleEnum.Visible]
        self._names = tuple(visible or [sheet.name for sheet in sheets])

    def names(self) -> Sequence[str]:
        return self._names

    def table(self, name: str) -> BookTable:
        if name in self._wide:
            raise refusals.TooManyColumns(columns=self._wide[name], limit=refusals.MAX_COLUMNS)
        try:
            return BookTable(self._book.get_sheet_by_name(name), self._rows.get(name))
        except WorksheetNotFound:
            raise refusals.NoSuchSheet(sheet=name) from None
        except CalamineError as error:
            raise _refusal(error, self._kind) from None

    def close(self) -> None:
        self._book.close()


def _refusal(error: CalamineError, kind: str) -> refusals.FileRefused:
    if isinstance(error, PasswordError):
        return refusals.Encrypted()
    if "limit exceeded" in str(error).lower():
        return refusals.OutOfMemory()
    return refusals.Truncated(kind=kind)


def _look_through(path: Path, kind: str) -> dict[str, int]:
    """Unpack everything once before calamine does, counting bytes. Answers which sheets are too wide.

    calamine lays a sheet out from its first cell to its last, empty ones included: a single cell at
    XFD1048576 would ask for half a terabyte. Such a sheet is known by its cells, and never opened.
    """
    unpacked = Unpacked()
    wide: dict[str, int] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    is_sheet = kind == "xlsx" and member.filename.startswith("xl/worksheets/")
                    widest = 0
                    tail = b""
                    for chunk in unpacked.chunks(stream):
                        if is_sheet:
                            widest = max(widest, _widest(tail + chunk))
                            tail = chunk[-_OVERLAP:]
                    if widest:
                        wide[member.filename] = widest
    # RuntimeError is zipfile's word for what it cannot undo: a password, a compression that it does not know.
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, zlib.error):
        raise refusals.Truncated(kind=kind) from None
    return _by_name(path, wide) if wide else {}


def _widest(xml: bytes) -> int:
    """The number of the last column beyond the limit that has a value; 0 if none has."""
    letters = {match[1] for match in _FAR_CELL.finditer(xml)}
    return max(map(_column_number, letters), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _by_name(path: Path, by_file: dict[str, int]) -> dict[str, int]:
    """From the sheet's file inside the archive to the name people gave it."""
    try:
        with zipfile.ZipFile(path) as archive:
            book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
            relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        raise refusals.Truncated(kind="xlsx") from None
    files = {}
    for tag in _RELATION.findall(relations):
        attributes = dict(_ATTRIBUTE.findall(tag))
        target = attributes.get("Target", "")
        files[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    named = {}
    for tag in _SHEET.findall(book):
        attributes = dict(_ATTRIBUTE.findall(tag))
        file = files.get(attributes.get("r:id", ""), "")
        if file in by_file:
            named[html.unescape(attributes.get("name", ""))] = by_file[file]
    return named
