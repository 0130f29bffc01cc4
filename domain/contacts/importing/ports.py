"""What importing needs done with files."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from domain.contacts.importing.rows import Batch, ImportPlan

#: Why somebody is not messaged whose row is good: the other reason is FORGOTTEN.
STOPPED: Final = "stopped"
NOBODY: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetInfo:
    """A sheet that can be imported. `rows` counts its used rows, header and blank ones included.

    `plan` is the guess (its `number_column` is None when nothing looks like numbers), `headers` the header
    cells as shown ("" where there is none), `sample` up to five rows below it, as text, all `columns` wide.
    """

    name: str
    rows: int
    columns: int
    plan: ImportPlan
    headers: Sequence[str]
    sample: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is in a file. `kind` is xlsx, xls, ods, csv or zip; `sheets` are the visible, filled ones."""

    kind: str
    sheets: Sequence[SheetInfo]


class SheetReader(Protocol):
    """Reads files people send. Hostile ones hurt nobody; whatever is wrong is raised as `FileRefused`.

    `filename` is what the sender called it; the file at `path` may be called anything. Cancelling any of
    these stops the work at once.
    """

    async def inspect(self, path: Path, filename: str, country: str) -> Inspection:
        """What sheets there are, and how each could be read."""
        ...

    def read(self, path: Path, filename: str, plan: ImportPlan) -> AsyncGenerator[Batch, None]:
        """Every row, sorted, a batch at a time; the reading waits while a batch is being stored.

        Close it (`contextlib.aclosing`) when leaving early.
        """
        ...

    async def error_file(
        self,
        path: Path,
        filename: str,
        plan: ImportPlan,
        sentence: Callable[[str], str],
        *,
        left_out: Mapping[str, str] = NOBODY,
    ) -> Path:
        """The same sheet as .xlsx with one more column that says what is wrong with a row.

        The rows are sorted again, by the same plan. `sentence` words every `Reason`, "duplicate" (where
        `{row}` becomes the first row's number), STOPPED and FORGOTTEN (which of them `left_out` says of a
        number) and "column" (the new column's header). Where the sheet is such a file already, its last
        column is written anew. Cells that a spreadsheet would run as a formula are made harmless. The answer
        is a new file beside `path`; the caller deletes it.
        """
        ...
