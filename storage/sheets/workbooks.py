"""xlsx, xls and ods, by calamine."""

import html
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
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
from storage.sheets.pieces import LARGE, LargeSheet, LargeTable, Look, excerpt, may_be_cut
from storage.sheets.tables import Line, Table

#: A cell beyond column BL, the 64th: `<c r="BM12" ...>` up to `XFD`, with a value and not only a colour.
_FAR_CELL: Final = re.compile(
    rb" r=\"(?=[A-Z]{2})([A-Z]{3}|B[M-Z]|[C-Z][A-Z])\d+\"[^<>]*(?<!/)>\s*<(?:x:)?(?:v|is|f)\b"
)
_OVERLAP: Final = 512
_SHEET: Final = re.compile(r"<(?:x:)?sheet\s[^<>]*>")
_RELATION: Final = re.compile(r"<(?:\w+:)?Relationship\s[^<>]*>")
_ATTRIBUTE: Final = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")

_Fact = TypeVar("_Fact")


class BookTable:
    """One sheet of a workbook, laid out whole; or its beginning, of a sheet of so many `rows`."""

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
        self._path, self._kind = path, kind
        seen = _look_through(path, kind) if kind in {"xlsx", "ods"} else _Seen({}, {}, in_pieces=False)
        self._wide = _by_name(path, seen.wide)
        large = _by_name(path, seen.large)
        self._rows = {name: sheet.rows for name, sheet in large.items()} if beginning else {}
        self._excerpt = excerpt(path, seen.large) if self._rows else None
        cut = seen.in_pieces and not beginning
        self._in_pieces = {name: sheet for name, sheet in large.items() if cut and sheet.in_order}

    @cached_property
    def _book(self) -> CalamineWorkbook:
        """Not opened for a sheet that is read in pieces."""
        return self._opened(self._excerpt or self._path)

    def names(self) -> Sequence[str]:
        sheets = [sheet for sheet in self._book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
        visible = [sheet.name for sheet in sheets if sheet.visible is SheetVisibleEnum.Visible]
        return visible or [sheet.name for sheet in sheets]

    def table(self, name: str) -> Table:
        if name in self._wide:
            raise refusals.TooManyColumns(columns=self._wide[name], limit=refusals.MAX_COLUMNS)
        if (large := self._in_pieces.get(name)) is not None:
            return LargeTable(large, lambda: self._pieces(large, name))
        return BookTable(self._sheet(self._book, name), self._rows.get(name))

    def close(self) -> None:
        if "_book" in self.__dict__:
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
    """By the sheet's file: how wide those are that are too wide, and what there is to know of large ones."""

    wide: Mapping[str, int]
    large: Mapping[str, LargeSheet]
    in_pieces: bool


def _look_through(path: Path, kind: str) -> _Seen:
    """Unpack everything once before calamine does, counting bytes.

    calamine lays a sheet out from its first cell to its last, empty ones included: a single cell at
    XFD1048576 would ask for half a terabyte. Such a sheet is known by its cells, and never opened.
    """
    unpacked = Unpacked()
    wide: dict[str, int] = {}
    large: dict[str, LargeSheet | None] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    chunks = unpacked.chunks(stream)
                    if kind != "xlsx" or not member.filename.startswith("xl/worksheets/"):
                        deque(chunks, maxlen=0)
                        continue
                    widest, sheet = _look_at_sheet(member, chunks)
                    if widest:
                        wide[member.filename] = widest
                    if member.file_size > LARGE:
                        large[member.filename] = sheet
            in_pieces = may_be_cut(archive)
    # RuntimeError is zipfile's word for what it cannot undo: a password, a compression that it does not know.
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, zlib.error):
        raise refusals.Truncated(kind=kind) from None
    known = {file: sheet for file, sheet in large.items() if sheet is not None}
    # The rest of a workbook is read as it is: with a large sheet in it, it is no excerpt.
    return _Seen(wide, known if len(known) == len(large) else {}, in_pieces=in_pieces)


def _look_at_sheet(member: zipfile.ZipInfo, chunks: Iterable[bytes]) -> tuple[int, LargeSheet | None]:
    """As `_widest`; and what there is to know of it if it is large."""
    look = Look() if member.file_size > LARGE else None
    widest, tail = 0, b""
    for chunk in chunks:
        widest = max(widest, _widest(tail + chunk))
        tail = chunk[-_OVERLAP:]
        if look is not None:
            look.at(chunk)
    return widest, look.result(member.filename) if look else None


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
        attributes = _attributes(tag)
        target = attributes.get("Target", "")
        files[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    named = {}
    for tag in _SHEET.findall(book):
        attributes = _attributes(tag)
        file = files.get(attributes.get("r:id", ""), "")
        if file in by_file:
            named[html.unescape(attributes.get("name", ""))] = by_file[file]
    return named


def _attributes(tag: str) -> dict[str, str]:
    return {name: one or other for name, one, other in _ATTRIBUTE.findall(tag)}
