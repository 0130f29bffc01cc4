"""A large sheet of an .xlsx: its beginning, or all of it piece by piece.

calamine lays a sheet out whole before it hands over the first row: for a hundred thousand people that is most
of a second in which nobody is stored, and memory for all of them. So a large sheet is cut between two rows,
and each piece is a small workbook of its own.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import islice
from operator import lt
from pathlib import Path
from typing import IO, Final, NamedTuple

from python_calamine import CalamineSheet

from domain.contacts.importing.columns import SAMPLE_ROWS, Merged
from storage.sheets.tables import Line

#: Smaller sheets are read whole. All sizes are in bytes.
LARGE: Final = 4 * 1024 * 1024
#: The first piece; each further one is twice the last one, up to the most.
_FIRST: Final = 256 * 1024
_MOST: Final = 4 * 1024 * 1024
#: Every piece comes with the texts that sheets share, with styles and names. Where these are longer, reading
#: them again and again would take more time and memory than pieces save.
_MOST_BESIDE: Final = 256 * 1024
#: A piece that is laid out in more rows than this has gaps, and its rows are not all made at once.
_TALL: Final = 100_000
#: What is looked at to find the last row and the merged cells.
_TAIL: Final = 512 * 1024
#: No tag, and no text of a cell, is near this.
_LONGEST_TAG: Final = 1024 * 1024
_HEAD: Final = re.compile(rb"<sheetData[^<>]*(?<!/)>")
_SHEET_END: Final = b"</sheetData>%b</worksheet>"
_ROW_END: Final = b"</row>"
#: A row, and its number if that comes first, as all makers of sheets have it.
_ROW: Final = re.compile(rb'<row(?: r="(\d{1,7})"|[\s/>])')
_NEXT_ROW: Final = re.compile(rb'\s*<row r="')
#: So often a place to cut is looked for, from the end.
_TRIES: Final = 3
_FILLED_CELL: Final = re.compile(rb' r="[A-Z]+(\d+)"[^<>]{0,200}(?<!/)>\s*<(?:v|is|f)\b')
_MERGED: Final = (b"<mergeCells", b"</mergeCells>")
#: What calamine looks at besides the sheet.
_NEEDED: Final = re.compile(
    r"\[content_types\]\.xml|_rels/.*|xl/_rels/.*|xl/(?:workbook|styles|sharedstrings)\.xml"
)


class LargeSheet(NamedTuple):
    """What was seen of a large sheet: its file in the archive; the number of its last filled row; its first
    rows, as a sheet's XML; how long that is before the first row; whether each row says its number, and the
    numbers rise."""

    file: str
    rows: int
    beginning: bytes
    head: int
    in_order: bool

    def pieces(self, path: Path) -> Iterator[BytesIO]:
        """Workbooks that hold this sheet alone, and of it so many rows."""
        with zipfile.ZipFile(path) as archive:
            needed = [(member.filename, archive.read(member)) for member in _needed(archive)]
            with archive.open(self.file) as stream:
                for xml in self._cut(stream):
                    yield _workbook([*needed, (self.file, xml)])

    def _cut(self, stream: IO[bytes]) -> Iterator[bytes]:
        """The same as XML: each begins as the sheet does, and ends after a row."""
        head, end = stream.read(self.head), _SHEET_END % b""
        waiting, size = bytearray(), _FIRST
        while more := stream.read(size):
            waiting += more
            if cut := _last_cut(waiting):
                yield b"".join((head, memoryview(waiting)[:cut], end))
                del waiting[:cut]
            size = min(2 * size, _MOST)
        yield head + waiting


class Look:
    """Looks at a sheet's XML as it goes by."""

    def __init__(self) -> None:
        self._beginning = self._end = self._rest = b""
        self._last_row = 0
        self._in_order = True

    def at(self, chunk: bytes) -> None:
        """The next so many bytes."""
        self._beginning = self._beginning or chunk
        self._end = self._end[-_TAIL:] + chunk
        if self._in_order:
            text = self._rest + chunk
            # What comes after it may be half a tag.
            whole = text.rfind(b"<")
            numbers = _ROW.findall(text, 0, whole)
            rows = [self._last_row, *map(int, filter(None, numbers))]
            self._last_row = rows[-1]
            self._rest = text[whole:]
            all_said = len(numbers) == len(rows) - 1
            self._in_order = all_said and all(map(lt, rows, rows[1:])) and len(self._rest) < _LONGEST_TAG

    def result(self, file: str) -> LargeSheet | None:
        """What was seen of a sheet that lies in `file`; None if there is no beginning that could be cut off
        safely: then it is read whole."""
        filled = _FILLED_CELL.findall(self._end)
        head = _HEAD.search(self._beginning)
        ends = list(islice(re.finditer(_ROW_END, self._beginning), SAMPLE_ROWS))
        if not filled or not head or not ends:
            return None
        start, stop = map(self._end.find, _MERGED)
        merged = self._end[start : stop + len(_MERGED[1])] if 0 <= start < stop else b""
        beginning = self._beginning[: ends[-1].end()] + _SHEET_END % merged
        return LargeSheet(file, int(filled[-1]), beginning, head.end(), self._in_order)


class LargeTable:
    """A large sheet as a table to be read; `opened` opens its pieces, from the first.

    `columns` is the first piece's. Merged cells count for a guess of columns only, which goes by an excerpt.
    """

    merged: Sequence[Merged] = ()

    def __init__(self, sheet: LargeSheet, opened: Callable[[], Iterator[CalamineSheet]]) -> None:
        self._opened = opened
        self._begun: Iterator[CalamineSheet] | None = opened()
        self._first = next(self._begun)
        self.name = self._first.name
        self.rows = sheet.rows
        self.columns = self._first.end[1] + 1 if self._first.end else 0

    def lines(self) -> Iterator[Line]:
        due = 1
        for piece in _one_ahead(self._pieces()):
            if not piece.start:
                continue
            yield from ((row_no, ()) for row_no in range(due, piece.start[0] + 1))
            margin: list[object] = [""] * piece.start[1]
            for due, cells in enumerate(_rows(piece, piece.start[0]), piece.start[0] + 1):
                yield due, [*margin, *cells] if margin else cells
            due += 1

    def _pieces(self) -> Iterator[CalamineSheet]:
        """The first reading goes on from the piece that was opened to know the sheet."""
        begun, self._begun = self._begun, None
        if begun is not None:
            yield self._first
        yield from begun or self._opened()


def _one_ahead(pieces: Iterator[CalamineSheet]) -> Iterator[CalamineSheet]:
    """calamine lays a piece out, in a thread of its own, while the rows of the one before are used."""
    with ThreadPoolExecutor(1) as thread:
        try:
            due = thread.submit(next, pieces, None)
        except RuntimeError:  # which is how a thread is refused memory
            raise MemoryError from None
        while (piece := due.result()) is not None:
            due = thread.submit(next, pieces, None)
            yield piece


def excerpt(path: Path, large: Mapping[str, LargeSheet]) -> BytesIO:
    """The workbook with nothing but the beginning of its large sheets, by their files. It is all that a guess
    of columns needs, and comes in a fifth of the time."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        return _workbook(
            (name, large[name].beginning if name in large else archive.read(name)) for name in names
        )


def may_be_cut(archive: zipfile.ZipFile) -> bool:
    """Whether pieces of its sheets can hold all that is needed besides, and it is clear what that is."""
    names = [member.filename.lower() for member in archive.infolist()]
    clear = len(set(names)) == len(names) and not any("\\" in name for name in names)
    return clear and sum(member.file_size for member in _needed(archive)) <= _MOST_BESIDE


def _needed(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [member for member in archive.infolist() if _NEEDED.fullmatch(member.filename.lower())]


def _rows(piece: CalamineSheet, first: int) -> Iterable[Sequence[object]]:
    if piece.height > _TALL:
        return islice(piece.iter_rows(), first, None)
    # As an iterator calamine begins with the first row of the sheet, and a late piece with many empty ones.
    return piece.to_python()


def _last_cut(xml: bytearray) -> int:
    """Where the last row ends after which there certainly comes another; 0 if nowhere near the end."""
    end = len(xml)
    for _ in range(_TRIES):
        end = max(xml.rfind(_ROW_END, 0, end), 0)
        if end and _NEXT_ROW.match(xml, end + len(_ROW_END)):
            return end + len(_ROW_END)
    return 0


def _workbook(members: Iterable[tuple[str, bytes]]) -> BytesIO:
    book = BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    book.seek(0)
    return book
