"""A large sheet of an .xlsx, piece by piece.

calamine lays a sheet out whole before it hands over the first row: for a hundred thousand people that is most
of a second in which nobody is stored, and memory for all of them. So a large sheet is cut between two rows,
and each piece is a small workbook of its own.
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, Final, NamedTuple, Self

from python_calamine import CalamineSheet

from domain.contacts.importing.columns import Merged
from storage.sheets.tables import Line

#: Smaller sheets are read whole. In bytes, as the next two.
LARGE: Final = 4 * 1024 * 1024
#: The first piece is enough to guess the columns by; each further one is twice the last one, up to the most.
_FIRST: Final = 256 * 1024
_MOST: Final = 4 * 1024 * 1024
#: A piece that is laid out in more rows than this has gaps, and its rows are not all made at once.
_TALL: Final = 100_000
_HEAD: Final = re.compile(rb"<sheetData[^<>]*(?<!/)>")
_END: Final = b"</sheetData>"
_ROW_END: Final = b"</row>"
#: A row that says its number: then a piece can begin with it.
_ROW: Final = re.compile(rb'\s*<row\s(?:[^<>]*\s)?r="\d+"')
#: So often a place to cut is looked for, from the end.
_TRIES: Final = 3
_FILLED_CELL: Final = re.compile(rb' r="[A-Z]+(\d+)"[^<>]*(?<!/)>\s*<(?:v|is|f)\b')
_MERGED: Final = re.compile(rb"<mergeCells.*?</mergeCells>", re.S)
_STRINGS: Final = "xl/sharedStrings.xml"
#: What calamine looks at besides the sheet.
_NEEDED: Final = re.compile(
    rf"\[Content_Types\]\.xml|_rels/.*|xl/_rels/.*|xl/(?:workbook|styles)\.xml|{re.escape(_STRINGS)}", re.I
)


class LargeSheet(NamedTuple):
    """A sheet's file in the archive, the number of its last filled row, and its merged cells as XML."""

    file: str
    rows: int
    merged: bytes

    @classmethod
    def of(cls, file: str, beginning: bytes, end: bytes) -> Self | None:
        """By its XML at either end; None if it cannot be cut safely: then it is read whole."""
        beginning = beginning[:_FIRST]
        filled = _FILLED_CELL.findall(end)
        merged = _MERGED.search(end)
        if filled and _HEAD.search(beginning) and _last_cut(beginning):
            return cls(file, int(filled[-1]), merged[0] if merged else b"")
        return None

    def pieces(self, path: Path) -> Iterator[BytesIO]:
        """Workbooks that hold this sheet alone, and of it so many rows."""
        with zipfile.ZipFile(path) as archive:
            needed = [member for member in archive.infolist() if _NEEDED.fullmatch(member.filename)]
            others = [(member.filename, archive.read(member)) for member in needed]
            strings = sum(len(content) for name, content in others if name.lower() == _STRINGS.lower())
            with archive.open(self.file) as stream:
                for xml in self._cut(stream, at_least=2 * strings):
                    yield _workbook([*others, (self.file, xml)])

    def _cut(self, stream: IO[bytes], *, at_least: int) -> Iterator[bytes]:
        """Every piece comes with all of the workbook's strings, which must not take longer than itself."""
        waiting = bytearray(stream.read(_FIRST))
        head, end = bytes(waiting[: _head_end(waiting)]), _END + self.merged + b"</worksheet>"
        del waiting[: len(head)]
        size = _FIRST
        while more := stream.read(size := max(at_least, min(2 * size, _MOST))):
            if cut := _last_cut(waiting):
                yield head + waiting[:cut] + end
                del waiting[:cut]
                end = _END + b"</worksheet>"
            waiting += more
        yield head + waiting


class LargeTable:
    """A large sheet as a table."""

    def __init__(self, sheet: LargeSheet, opened: Callable[[], Iterator[CalamineSheet]]) -> None:
        first = next(opened())
        self.name = first.name
        self.rows = sheet.rows
        #: Of the first piece: later rows may be longer.
        self.columns = first.end[1] + 1 if first.end else 0
        self.merged: Sequence[Merged] = first.merged_cell_ranges or ()
        self._opened = opened

    def lines(self) -> Iterator[Line]:
        due = 1
        for piece in self._opened():
            if not piece.start or not piece.end:
                continue
            yield from ((row_no, ()) for row_no in range(due, piece.start[0] + 1))
            margin: list[object] = [""] * piece.start[1]
            for due, cells in enumerate(_rows(piece), piece.start[0] + 1):
                yield due, [*margin, *cells] if margin else cells
            due += 1


def _rows(piece: CalamineSheet) -> Iterator[Sequence[object]]:
    if piece.height > _TALL:
        return islice(piece.iter_rows(), piece.start[0] if piece.start else 0, None)
    # As an iterator calamine begins with the first row of the sheet, and a late piece with many empty ones.
    return iter(piece.to_python())


def _head_end(xml: bytearray) -> int:
    found = _HEAD.search(xml)
    return found.end() if found else 0


def _last_cut(xml: bytes | bytearray) -> int:
    """Where the last row ends after which there certainly comes another; 0 if nowhere near the end."""
    end = len(xml)
    for _ in range(_TRIES):
        end = max(xml.rfind(_ROW_END, 0, end), 0)
        if end and _ROW.match(xml, end + len(_ROW_END)):
            return end + len(_ROW_END)
    return 0


def _workbook(members: Sequence[tuple[str, bytes]]) -> BytesIO:
    book = BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    book.seek(0)
    return book
