"""The plan of an import, and what each row of the file turns out to be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import Any, Final, NamedTuple, Self

from domain.contacts.importing.cells import LONGEST_VALUE, as_text, is_blank
from domain.contacts.importing.numbers import Normaliser, Reason

LONGEST_NAME: Final = 120
#: How much of a bad cell is shown to the operator.
_SHOWN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """How a sheet is to be read. Columns count from 0, rows from 1 as a spreadsheet shows them.

    `header_row` is None when the first row is a person already. `attributes` names further columns.
    `country` is taken for numbers that name none.
    """

    sheet: str
    header_row: int | None
    number_column: int | None
    name_column: int | None
    attributes: Mapping[int, str]
    country: str

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a prompt's table or a pipe."""
        return {
            "sheet": self.sheet,
            "header_row": self.header_row,
            "number_column": self.number_column,
            "name_column": self.name_column,
            "attributes": {str(column): name for column, name in self.attributes.items()},
            "country": self.country,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The plan `to_json` gave."""
        attributes = {int(column): str(name) for column, name in data["attributes"].items()}
        return cls(**{**data, "attributes": attributes})


class Ready(NamedTuple):
    """A person with a number. `attributes` holds the cells that are not empty, by column name.

    A named tuple, as there are a hundred thousand of them and they cross a pipe as they are.
    """

    row_no: int
    number: str
    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The number stood in `of_row` already; the first row is the one that counts."""

    row_no: int
    of_row: int


@dataclass(frozen=True, slots=True)
class Bad:
    """No number to send to. `cell` is the beginning of what stood there."""

    row_no: int
    reason: Reason
    cell: str


Row = Ready | Duplicate | Bad
Problem = Duplicate | Bad


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of the file, and how far the reading is: `done` of `total` sheet rows (empty ones too)."""

    ready: Sequence[Ready]
    duplicates: Sequence[Duplicate]
    bad: Sequence[Bad]
    done: int
    total: int

    @property
    def rows(self) -> Iterator[Row]:
        """All of them, in the order of the sheet."""
        return merge(self.ready, self.duplicates, self.bad, key=lambda row: row.row_no)

    @property
    def problems(self) -> Iterator[Problem]:
        """Those an error file tells about, in the order of the sheet."""
        return merge(self.duplicates, self.bad, key=lambda row: row.row_no)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`1,204 rows · 1,150 ready · 31 duplicates · 18 bad numbers`. Empty rows are in none of them."""

    ready: int = 0
    duplicates: int = 0
    bad: int = 0

    @property
    def rows(self) -> int:
        return self.ready + self.duplicates + self.bad

    def plus(self, batch: Batch) -> "Summary":
        """With one more batch counted in."""
        return Summary(
            ready=self.ready + len(batch.ready),
            duplicates=self.duplicates + len(batch.duplicates),
            bad=self.bad + len(batch.bad),
        )


@dataclass(slots=True)
class Classifier:
    """Sorts rows; remembers the numbers it saw, so one serves exactly one reading of one sheet."""

    plan: ImportPlan
    _normalise: Normaliser = field(init=False)
    _number: int = field(init=False)
    _named: Sequence[tuple[int, str]] = field(init=False)
    _seen: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.plan.number_column is None:
            raise ValueError("a plan without a number column sorts nothing")
        self._normalise = Normaliser(self.plan.country)
        self._number = self.plan.number_column
        self._named = tuple(self.plan.attributes.items())

    def classify(self, row_no: int, cells: Sequence[object]) -> Row | None:
        """What the row is; None for an empty row, and for the header and what stands above it."""
        if self.plan.header_row is not None and row_no <= self.plan.header_row:
            return None
        cell = cells[self._number] if self._number < len(cells) else None
        number = self._normalise(cell)
        if isinstance(number, str):
            first = self._seen.setdefault(number, row_no)
            if first != row_no:
                return Duplicate(row_no, first)
            return Ready(row_no, number, self._name(cells), self._attributes(cells))
        if all(map(is_blank, cells)):
            return None
        return Bad(row_no, number.reason, as_text(cell)[:_SHOWN])

    def _name(self, cells: Sequence[object]) -> str:
        column = self.plan.name_column
        if column is None or column >= len(cells):
            return ""
        return " ".join(as_text(cells[column]).split())[:LONGEST_NAME]

    def _attributes(self, cells: Sequence[object]) -> dict[str, str]:
        width = len(cells)
        found: dict[str, str] = {}
        for column, name in self._named:
            if column < width:
                cell = cells[column]
                plain = type(cell) is str and cell.isprintable() and len(cell) <= LONGEST_VALUE
                text = cell.strip() if plain else as_text(cell)  # type: ignore[attr-defined]
                if text:
                    found[name] = text
        return found

    def classify_all(self, rows: Iterable[tuple[int, Sequence[object]]]) -> Iterator[Row]:
        """Every row that is not empty."""
        for row_no, cells in rows:
            row = self.classify(row_no, cells)
            if row is not None:
                yield row
