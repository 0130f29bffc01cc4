"""What every kind of file comes down to: sheets of rows."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from domain.contacts.importing.columns import Merged

#: The row's number, from 1, and its cells from column A on.
Line = tuple[int, Sequence[object]]


def is_empty(cells: Sequence[object]) -> bool:
    """Nothing at all in it, as in the million rows above one stray cell. Quick, and not the same as blank."""
    return cells.count("") == len(cells)


class Table(Protocol):
    """One sheet, opened."""

    @property
    def name(self) -> str: ...

    @property
    def rows(self) -> int:
        """The last row's number, or a little more (for text: lines)."""
        ...

    @property
    def columns(self) -> int:
        """The last column's number, or that of a table's beginning."""
        ...

    @property
    def merged(self) -> Sequence[Merged]: ...

    def lines(self) -> Iterator[Line]:
        """Every row, from the first."""
        ...


class Source(Protocol):
    """A file, opened."""

    def names(self) -> Sequence[str]:
        """The sheets that may be offered, in their order."""
        ...

    def table(self, name: str) -> Table:
        """Raises NoSuchSheet, or what is wrong with the sheet."""
        ...

    def close(self) -> None: ...
