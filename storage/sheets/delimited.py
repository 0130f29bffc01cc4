"""Text files with a delimiter, alone or in a zip."""

import csv
import io
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
        self.columns = max((len(row) for _, row in self._first_lines(head)), default=0)

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
            yield from enumerate(rows, 2 if self._announced else 1)
        except csv.Error:
            raise refusals.Truncated(kind="csv") from None

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._open(), self._encoding, errors="replace", newline="")


class _Counted:
    """Passes chunks on and counts lines."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.lines = 1

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.lines += chunk.count(b"\n") or chunk.count(b"\r")
            yield chunk


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
