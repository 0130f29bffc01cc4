"""Guess which row is the header and which column is what, from words and from what stands below them.

The guess is only a proposal: the operator sees it with five rows and can change it.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.contacts.importing.cells import as_text, is_blank
from domain.contacts.importing.numbers import Normaliser
from domain.contacts.importing.words import (
    NameWord,
    NumberWord,
    fold,
    is_header_word,
    is_remark,
    name_word,
    number_word,
)

#: How many rows of a sheet a guess looks at.
SAMPLE_ROWS: Final = 200
#: A header stands among the first rows or nowhere.
HEADER_WITHIN: Final = 30
LONGEST_ATTRIBUTE: Final = 40
#: What the number's and the name's own blanks are called; no attribute may take the word.
RESERVED: Final = ("name",)

_Rows = Sequence[Sequence[object]]
#: Two corners of merged cells, first and last, as (row, column) from 0.
Merged = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnGuess:
    """Columns count from 0; `header_row` from 1 (None: there is none). `headers` are the cells as shown."""

    header_row: int | None
    number: int | None
    name: int | None
    attributes: Mapping[int, str]
    headers: Sequence[str]


def guess(rows: _Rows, country: str, merged: Sequence[Merged] = ()) -> ColumnGuess:
    """Look at a sheet's first rows. Every cell of a range in `merged` counts as holding the range's text."""
    rows = _spread(rows[:SAMPLE_ROWS], merged)
    reads = Normaliser(country)
    header = _header_row(rows, reads)
    width = max((len(row) for row in rows), default=0)
    titles = [as_text(_at(rows[header], column)) if header is not None else "" for column in range(width)]
    below = rows[header + 1 :] if header is not None else rows
    number = _number_column(titles, below, reads)
    name = _name_column(titles, below, number)
    filled = [
        c
        for c in range(width)
        if (titles[c] or any(not is_blank(_at(row, c)) for row in below)) and not is_remark(titles[c])
    ]
    return ColumnGuess(
        header_row=None if header is None else header + 1,
        number=number,
        name=name,
        attributes=attribute_names(titles, [c for c in filled if c not in (number, name)]),
        headers=titles,
    )


def attribute_names(titles: Sequence[str], columns: Iterable[int]) -> dict[int, str]:
    """Names by which columns are called in `{blanks}`: unique whatever the case, "City" then "City 2".

    Letters (of any script), digits and single spaces stay as shown; everything else becomes a space; at most
    40 characters. A column without a header is called by its letter, "column C".
    """
    taken = {word.casefold() for word in RESERVED}
    names: dict[int, str] = {}
    for column in columns:
        base = placeholder(titles[column]) or f"column {column_letters(column)}"
        name, count = base, 1
        while name.casefold() in taken:
            count += 1
            name = f"{base} {count}"
        taken.add(name.casefold())
        names[column] = name
    return names


def placeholder(title: str) -> str:
    """A header as it may stand between braces; see `attribute_names`."""
    title = unicodedata.normalize("NFC", title)
    kept = (char if unicodedata.category(char)[0] in "LMN" else " " for char in title)
    return " ".join("".join(kept).split())[:LONGEST_ATTRIBUTE].strip()


def column_letters(column: int) -> str:
    """0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _at(row: Sequence[object], column: int) -> object:
    return row[column] if column < len(row) else None


def _spread(rows: _Rows, merged: Sequence[Merged]) -> list[list[object]]:
    """The rows with every merged cell holding its range's text."""
    spread = [list(row) for row in rows]
    for (top, left), (bottom, right) in merged:
        if top >= min(len(spread), HEADER_WITHIN) or left >= len(spread[top]):
            continue
        value = spread[top][left]
        for row in spread[top : min(bottom, top + HEADER_WITHIN) + 1]:
            for column in range(left, min(right + 1, len(row))):
                row[column] = value
    return spread


def _header_row(rows: _Rows, reads: Normaliser) -> int | None:
    """The row with most header words above the first number; failing words, the last that looks like one."""
    first = next((i for i, row in enumerate(rows) if any(type(reads(cell)) is str for cell in row)), None)
    above = range(min(HEADER_WITHIN, len(rows) if first is None else first))
    best = max(above, key=lambda i: (_known_words(rows[i]), i), default=None)
    if best is not None and _known_words(rows[best]):
        return best
    if first is None:
        return None
    numbers = [column for column, cell in enumerate(rows[first]) if type(reads(cell)) is str]
    for i in reversed(above):
        if any(not is_blank(cell) for cell in rows[i]):
            return i if any(_reads_as_header(_at(rows[i], column)) for column in numbers) else None
    return None


def _known_words(row: Sequence[object]) -> int:
    """How many different header words a row has: a title merged over five columns is one."""
    texts = {fold(cell) for cell in row if isinstance(cell, str) and len(cell) <= 60}
    return sum(map(is_header_word, texts))


def _reads_as_header(cell: object) -> bool:
    return isinstance(cell, str) and any(map(str.isalpha, cell)) and sum(map(str.isdigit, cell)) < 5


def _number_column(titles: Sequence[str], below: _Rows, reads: Normaliser) -> int | None:
    best: tuple[float, int] | None = None
    for column, title in enumerate(titles):
        word = number_word(title)
        rate = _share(below, column, lambda cell: type(reads(cell)) is str)
        believable = word >= NumberWord.PHONE or rate >= (0.3 if word is NumberWord.GENERIC else 0.5)
        if word is NumberWord.NEVER or not believable:
            continue
        score = (word + 4 * rate, -column)
        best = max(best or score, score)
    return None if best is None else -best[1]


def _name_column(titles: Sequence[str], below: _Rows, number: int | None) -> int | None:
    """By word first; by content only among columns that have no header at all."""
    others = [column for column in range(len(titles)) if column != number]
    named = max(others, key=lambda c: (name_word(titles[c]), -c), default=None)
    if named is not None and name_word(titles[named]) is not NameWord.NONE:
        return named
    for column in others:
        if not titles[column] and _share(below, column, _could_be_a_name) >= 0.8:
            return column
    return None


def _share(rows: _Rows, column: int, test: Callable[[object], bool]) -> float:
    """Which part of the cells that are not empty pass the test."""
    cells = [cell for row in rows if not is_blank(cell := _at(row, column))]
    return sum(test(cell) for cell in cells) / len(cells) if cells else 0.0


def _could_be_a_name(cell: object) -> bool:
    if not isinstance(cell, str) or not 2 <= len(cell.strip()) <= 60:
        return False
    return not any(char.isdigit() or char in "@/\\=" for char in cell) and any(map(str.isalpha, cell))
