"""Text files with a delimiter, alone or in a zip."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePath
from typing import IO, Final

from domain.contacts.importing import refusals
from domain.contacts.importing.columns import Merged
from storage.sheets.encodings import encoding_of
from storage.sheets.kinds import Unpacked, texts_in
from storage.sheets.tables import Line

_DELIMITERS: Final = (",", ";", "\t", "|")
_SNIFFED_LINES: Final = 50
_SNIFFED_CHARS: Final = 64 * 1024
#: A longer cell means a quote that was never closed.
_LONGEST_CELL: Final = 128 * 1024

#: What an empty end is made of, whatever the encoding.
_NOTHING: Final = b"\r\n\t ,;|\0"
#: A list as people write it by hand: a name and a number in one line, nothing between them.
_NUMBER: Final = r"(?P<number>[+(]?\d[\d\s()./-]{5,}\d)"
#: What is longer nobody wrote by hand, and the patterns take time that grows with its square.
_LONGEST_BY_HAND: Final = 500
_NAME_FIRST: Final = re.compile(rf"(?P<name>[^\d+(]*[^\W\d][^\d+(]*?)[\s:=-]*{_NUMBER}")
_NUMBER_FIRST: Final = re.compile(rf"{_NUMBER}[\s:=-]+(?P<name>[^\d]*[^\W\d][^\d]*)")

_Open = Callable[[], IO[bytes]]


class TextTable:
    """One text file. It is read twice: to learn its encoding and lines, then for its rows."""

    def __init__(self, name: str, opens: _Open, country: str) -> None:
        self.name = name
        self.merged: Sequence[Merged] = ()
        self._open = opens
        with opens() as stream:
            counted = _Counted(Unpacked().chunks(stream))
            self._encoding = encoding_of(counted, country)
            self.rows = counted.lines
        with self._text() as text:
            head = text.read(_SNIFFED_CHARS)
        self._delimiter, self._announced = delimiter_of(head)
        self._is_by_hand = False
        first = [row for _, row in self._first_lines(head) if any(row)]
        if all(len(row) == 1 for row in first):
            self._is_by_hand = 2 * sum(bool(_by_hand(row)[0]) for row in first) > len(first)
        self.columns = 2 if self._is_by_hand else max(map(len, first), default=0)

    def lines(self) -> Iterator[Line]:
        """Every record; a record over several lines is one row."""
        with self._text() as text:
            yield from self._records(text)

    def _first_lines(self, head: str) -> Iterator[Line]:
        yield from zip(
            range(_SNIFFED_LINES), (row for _, row in self._records(io.StringIO(head, ""))), strict=False
        )

    def _records(self, text: IO[str]) -> Iterator[Line]:
        if self._announced:
            text.readline()
        csv.field_size_limit(_LONGEST_CELL)
        rows = csv.reader(text, delimiter=self._delimiter, skipinitialspace=True)
        try:
            read = map(_by_hand, rows) if self._is_by_hand else rows
            yield from enumerate(read, 2 if self._announced else 1)
        except csv.Error:
            raise refusals.Truncated(kind="csv") from None

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._open(), self._encoding, errors="replace", newline="")


class _Counted:
    """Passes chunks on and counts lines, up to the last that holds anything."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.lines = 0

    def __iter__(self) -> Iterator[bytes]:
        ended = 0
        for chunk in self._chunks:
            if filled := chunk.rstrip(_NOTHING):
                self.lines = ended + _line_ends(filled) + 1
            ended += _line_ends(chunk)
            yield chunk


def _line_ends(chunk: bytes) -> int:
    return chunk.count(b"\n") or chunk.count(b"\r")


def _by_hand(record: Sequence[object]) -> Sequence[str]:
    """`Ali 0532 123 45 67` as name and number; what holds no number stands where the number would."""
    line = " ".join(map(str, record)).strip()
    if len(line) > _LONGEST_BY_HAND:
        return "", line
    found = _NAME_FIRST.fullmatch(line) or _NUMBER_FIRST.fullmatch(line)
    return (found["name"], found["number"]) if found else ("", line)


def delimiter_of(head: str) -> tuple[str, bool]:
    """The delimiter, and whether the first line only announces it ("sep=;", as Excel writes).

    The one that cuts the first lines into the same number of fields, more than one, most of the time.
    """
    first = head.split("\n", 1)[0].strip().strip('"').lower()
    if first.startswith("sep=") and first[4:5]:
        return first[4], True
    if first == "sep=":
        return "\t", True
    return max(_DELIMITERS, key=lambda delimiter: _evenness(head, delimiter)), False


def _evenness(head: str, delimiter: str) -> tuple[float, int]:
    rows = csv.reader(io.StringIO(head, ""), delimiter=delimiter, skipinitialspace=True)
    try:
        widths = [len(row) for row in islice(rows, _SNIFFED_LINES) if any(row)]
    except csv.Error:
        return (0.0, 0)
    cut = [width for width in widths if width > 1]
    if not cut:
        return (0.0, 0)
    usual = max(set(cut), key=cut.count)
    return (cut.count(usual) / len(widths), usual)


class TextSource:
    """One text file as a source of one sheet."""

    def __init__(self, path: Path, filename: str, country: str) -> None:
        self._path = path
        self._name = PurePath(filename).stem or "csv"
        self._country = country

    def names(self) -> Sequence[str]:
        return (self._name,)

    def table(self, name: str) -> TextTable:
        return TextTable(name, lambda: self._path.open("rb"), self._country)

    def close(self) -> None:
        """Nothing is kept open."""


class ZippedTexts:
    """The text files of a zip; each is a sheet."""

    def __init__(self, path: Path, country: str) -> None:
        self._archive = zipfile.ZipFile(path)
        self._country = country
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in texts_in(self._archive):
            stem = PurePath(member.filename).stem
            name, count = stem, 1
            while name in self._members:
                count += 1
                name = f"{stem} {count}"
            self._members[name] = member

    def names(self) -> Sequence[str]:
        return tuple(self._members)

    def table(self, name: str) -> TextTable:
        member = self._members.get(name)
        if member is None:
            raise refusals.NoSuchSheet(sheet=name)
        return TextTable(name, lambda: self._archive.open(member), self._country)

    def close(self) -> None:
        self._archive.close()
