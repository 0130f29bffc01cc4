"""Rows as workbooks of a size that Telegram takes, one after the other."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bot.files.sheet_file import Cell, SheetFile

#: Bytes after which the next file begins. Telegram takes 50 MB; what has still to come of a file is one part.
FULL: Final = 40_000_000
#: Rows between two looks at how large a file is: those with the longest texts in 64 columns are 5 MB.
PART: Final = 20


class SheetFiles:
    """`with SheetFiles(folder, "contacts", …) as sheets: sheets.add(rows)`: contacts.xlsx, contacts-2.xlsx…
    Its methods are slow: call them in a thread, one at a time. `a_file`: the most rows of one."""

    def __init__(
        self, folder: Path, name: str, *, title: str, heads: Sequence[str], widths: Sequence[int],
        a_file: int = sys.maxsize,
    ) -> None:  # fmt: skip
        self._folder, self._name, self._a_file = folder, name, a_file
        self._begun = partial(SheetFile, title=title, heads=heads, widths=widths)
        self._opened = ExitStack()
        self.paths: list[Path] = []
        self._rows = 0

    def __enter__(self) -> Self:
        self._next()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        while rows:
            if self._rows and (self._rows >= self._a_file or self._file.written > FULL):
                self.finish()
                self._next()
            room = min(PART, self._a_file - self._rows)
            part, rows = rows[:room], rows[room:]
            self._file.add(part)
            self._rows += len(part)

    def _next(self) -> None:
        number = f"-{len(self.paths) + 1}" if self.paths else ""
        path = self._folder / f"{self._name}{number}.xlsx"
        self._file, self._rows = self._opened.enter_context(self._begun(path)), 0
        self.paths.append(path)

    def finish(self) -> None:
        """The last one is whole."""
        self._opened.close()
