"""xlsx, xls and ods, by calamine."""

import html
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

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
from storage.sheets.kinds import Unpacked
from storage.sheets.pieces import LARGE, LargeSheet, LargeTable
from storage.sheets.tables import Line, Table

#: A cell beyond column BL, the 64th: `<c r="BM12" ...>` up to `XFD`, with a value and not only a colour.
_FAR_CELL: Final = re.compile(rb" r=\"([A-Z]{3}|B[M-Z]|[C-Z][A-Z])\d+\"[^<>]*(?<!/)>\s*<(?:x:)?(?:v|is|f)\b")
_OVERLAP: Final = 512
#: So much of a sheet's XML, in bytes, tells its last row and which cells are merged.
_END: Final = 512 * 1024
_Fact = TypeVar("_Fact")
_SHEET: Final = re.compile(r"<(?:x:)?sheet\s[^<>]*>")
_RELATION: Final = re.compile(r"<(?:\w+:)?Relationship\s[^<>]*>")
_ATTRIBUTE: Final = re.compile(r"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")


class BookTable:
    """One sheet of a workbook, laid out whole."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self.name = sheet.name
        self._sheet = sheet
        end = sheet.end
        self.rows = end[0] + 1 if end else 0
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
    """A workbook's visible sheets; its hidden ones when it has no others."""

    def __init__(self, path: Path, kind: str) -> None:
        self._path, self._kind = path, kind
        seen = _look_through(path, kind) if kind in {"xlsx", "ods"} else _Seen({}, {})
        self._wide = _by_name(path, seen.wide)
        self._large = _by_name(path, seen.large)
        self._book = self._opened(path)
        sheets = [sheet for sheet in self._book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
        visible = [sheet.name for sheet in sheets if sheet.visible is SheetVisibleEnum.Visible]
        self._names = tuple(visible or [sheet.name for sheet in sheets])

    def names(self) -> Sequence[str]:
        return self._names

    def table(self, name: str) -> Table:
        if name in self._wide:
            raise refusals.TooManyColumns(columns=self._wide[name], limit=refusals.MAX_COLUMNS)
        if (large := self._large.get(name)) is not None:
            return LargeTable(large, lambda: self._pieces(large, name))
        return BookTable(self._sheet(self._book, name))

    def close(self) -> None:
        self._book.close()

    def _pieces(self, sheet: LargeSheet, name: str) -> Iterator[CalamineSheet]:
        for piece in sheet.pieces(self._path):
            yield self._sheet(self._opened(piece), name)

    def _opened(self, book: Path | BytesIO) -> CalamineWorkbook:
        try:
            return CalamineWorkbook.from_object(book)
        except CalamineError as error:
            raise _refusal(error, self._kind) from None

    def _sheet(self, book: CalamineWorkbook, name: str) -> CalamineSheet:
        try:
            return book.get_sheet_by_name(name)
        except WorksheetNotFound:
            raise refusals.NoSuchSheet(sheet=name) from None
        except CalamineError as error:
            raise _refusal(error, self._kind) from None


def _refusal(error: CalamineError, kind: str) -> refusals.FileRefused:
    if isinstance(error, PasswordError):
        return refusals.Encrypted()
    if "limit exceeded" in str(error).lower():
        return refusals.OutOfMemory()
    return refusals.Truncated(kind=kind)


class _Seen(NamedTuple):
    """By the sheet's file: how wide those are that are too wide, and those that are read in pieces."""

    wide: dict[str, int]
    large: dict[str, LargeSheet]


def _look_through(path: Path, kind: str) -> _Seen:
    """Unpack everything once before calamine does, counting bytes.

    calamine lays a sheet out from its first cell to its last, empty ones included: a single cell at
    XFD1048576 would ask for half a terabyte. Such a sheet is known by its cells, and never opened.
    """
    unpacked = Unpacked()
    seen = _Seen({}, {})
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    chunks = unpacked.chunks(stream)
                    if kind == "xlsx" and member.filename.startswith("xl/worksheets/"):
                        _look_at_sheet(member, chunks, seen)
                    else:
                        deque(chunks, maxlen=0)
    # RuntimeError is zipfile's word for what it cannot undo: a password, a compression that it does not know.
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, zlib.error):
        raise refusals.Truncated(kind=kind) from None
    return seen


def _look_at_sheet(member: zipfile.ZipInfo, chunks: Iterable[bytes], seen: _Seen) -> None:
    beginning = end = b""
    widest = 0
    for chunk in chunks:
        beginning = beginning or chunk
        widest = max(widest, _widest(end[-_OVERLAP:] + chunk))
        end = end[-_END:] + chunk
    if widest:
        seen.wide[member.filename] = widest
    elif member.file_size > LARGE and (large := LargeSheet.of(member.filename, beginning, end)):
        seen.large[member.filename] = large


def _widest(xml: bytes) -> int:
    """The number of the last column beyond the limit that has a value; 0 if none has."""
    letters = {match[1] for match in _FAR_CELL.finditer(xml)}
    return max(map(_column_number, letters), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _by_name(path: Path, by_file: Mapping[str, _Fact]) -> dict[str, _Fact]:
    """From the sheet's file inside the archive to the name people gave it."""
    if not by_file:
        return {}
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
