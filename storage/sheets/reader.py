"""The process that reads a file: `python -m storage.sheets.reader`, one request on stdin, answers on stdout.

A file can do here what it likes. The process has its own ceiling of memory and time, inherits no secret from
the environment, and can be killed at any moment; its parent only ever decodes JSON.
"""

import gc
import os
import resource
import sys
import traceback
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, BinaryIO, Final

from domain.contacts.importing import refusals
from domain.contacts.importing.cells import as_text, is_blank
from domain.contacts.importing.columns import HEADER_WITHIN, SAMPLE_ROWS, guess
from domain.contacts.importing.ports import Inspection, SheetInfo
from domain.contacts.importing.rows import Classifier, ImportPlan, Ready, Row
from storage.sheets import wire
from storage.sheets.delimited import TextSource, ZippedTexts
from storage.sheets.kinds import kind_of
from storage.sheets.tables import Line, Source, Table, is_empty
from storage.sheets.workbooks import Workbook

#: So that the parent decodes a batch in well under 50 ms, and stores it in one statement: no more than
#: `storage.contact_rows.CHUNK`.
BATCH_ROWS: Final = 2_000
BATCH_CHARS: Final = 256 * 1024
SHOWN_ROWS: Final = 5
_SHOWN_CHARS: Final = 100
_MOST_SHEETS: Final = 50


def main() -> int:
    """Serve one request. Exit code 0 also when the file is refused: the refusal is the answer."""
    request = wire.receive(sys.stdin.buffer)
    _limit(memory=request["memory"], seconds=request["seconds"])
    # Whatever a library prints must not end up between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.disable()
    try:
        _serve(request, answers)
    except refusals.FileRefused as refused:
        wire.send(answers, {"refused": refused.code, "data": refused.data})
    except MemoryError:
        wire.send(answers, {"refused": refusals.OutOfMemory.code, "data": {}})
    except BrokenPipeError:
        return 1
    except BaseException as fault:  # calamine's panics are no Exceptions
        kind = PurePath(request["filename"]).suffix.lstrip(".").lower()
        wire.send(
            answers,
            {"refused": refusals.Truncated.code, "data": {"kind": kind}, "trace": _place_of(fault)},
        )
    return 0


def _place_of(fault: BaseException) -> str:
    """What broke and where, without the message: it could quote a cell."""
    frames = traceback.extract_tb(fault.__traceback__)[-4:]
    return f"{type(fault).__name__}: " + " > ".join(f"{Path(f.filename).name}:{f.lineno}" for f in frames)


def _limit(*, memory: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve(request: dict[str, Any], answers: BinaryIO) -> None:
    path, filename = Path(request["path"]), request["filename"]
    plan = ImportPlan.from_json(request["plan"]) if "plan" in request else None
    country = plan.country if plan else request["country"]
    if plan is not None and plan.number_column not in range(refusals.MAX_COLUMNS):
        raise refusals.NoNumberColumn()
    kind = kind_of(path, filename)
    source = _open(path, filename, kind, country, beginning=plan is None)
    try:
        if plan is None:
            inspection = Inspection(kind=kind, sheets=tuple(_sheets(source, country)))
            wire.send(answers, wire.inspection_message(inspection))
        elif "out" in request:
            from storage.sheets.error_book import write_error_book  # which reading does without

            table = source.table(plan.sheet)
            write_error_book(
                Path(request["out"]), plan, lambda: checked_lines(table, plan), request["sentences"],
                request["left_out"],
            )  # fmt: skip
            wire.send(answers, {"written": True})
        else:
            table = source.table(plan.sheet)
            for rows, done in batches(checked_lines(table, plan), plan):
                wire.send(answers, wire.batch_message(rows, min(done, table.rows), table.rows))
            wire.send(answers, {"end": True})
    finally:
        source.close()


def _open(path: Path, filename: str, kind: str, country: str, *, beginning: bool) -> Source:
    if kind == "csv":
        return TextSource(path, filename, country)
    if kind == "zip":
        try:
            return ZippedTexts(path, country)
        except zipfile.BadZipFile:
            raise refusals.Truncated(kind=kind) from None
    return Workbook(path, kind, beginning=beginning)


def _sheets(source: Source, country: str) -> Iterator[SheetInfo]:
    """Those that hold something and are within the limits; the first refusal if there is no other."""
    refused: refusals.FileRefused | None = None
    found = False
    for name in source.names()[:_MOST_SHEETS]:
        try:
            sheet = _sheet(source.table(name), country)
        except refusals.FileRefused as why:
            refused = refused or why
            continue
        if sheet is not None:
            found = True
            yield sheet
    if not found:
        raise refused or refusals.Empty()


def _sheet(table: Table, country: str) -> SheetInfo | None:
    _check_width(table.columns)
    head = [list(cells) for _, cells in islice(table.lines(), SAMPLE_ROWS)]
    filled = [nth for nth, cells in enumerate(head, 1) if not all(map(is_blank, cells))]
    if not filled and table.rows <= SAMPLE_ROWS:
        return None
    guessed = guess(head, country, [area for area in table.merged if area[0][0] < HEADER_WITHIN])
    below = head[guessed.header_row or 0 :]
    sample = [cells for cells in below if not all(map(is_blank, cells))][:SHOWN_ROWS]
    width = max(len(guessed.headers), table.columns)
    return SheetInfo(
        name=table.name,
        rows=table.rows if table.rows > SAMPLE_ROWS else filled[-1],
        columns=width,
        plan=ImportPlan(
            sheet=table.name,
            header_row=guessed.header_row,
            number_column=guessed.number,
            name_column=guessed.name,
            attributes=guessed.attributes,
            country=country,
        ),
        headers=[_shown(title) for title in guessed.headers] + [""] * (width - len(guessed.headers)),
        sample=[[_shown(cell) for cell in cells] + [""] * (width - len(cells)) for cells in sample],
    )


def _shown(cell: object) -> str:
    return as_text(cell)[:_SHOWN_CHARS]


def _check_width(columns: int) -> None:
    if columns > refusals.MAX_COLUMNS:
        raise refusals.TooManyColumns(columns=columns, limit=refusals.MAX_COLUMNS)


def checked_lines(table: Table, plan: ImportPlan) -> Iterator[Line]:
    """The table's rows, as long as they are within the limits. Empty rows are passed on and count nothing."""
    _check_width(table.columns)
    allowed = refusals.MAX_ROWS + (plan.header_row or 0)
    used = 0
    for line in table.lines():
        cells = line[1]
        if any(cells):
            used += 1
            if used > allowed:
                raise refusals.TooManyRows(rows=max(used, table.rows), limit=refusals.MAX_ROWS)
            if len(cells) > refusals.MAX_COLUMNS:
                _check_width(len(cells))
        yield line


def batches(lines: Iterator[Line], plan: ImportPlan) -> Iterator[tuple[list[Row], int]]:
    """Sorted rows with how far they reach, cut by number of rows and by size."""
    classify = Classifier(plan).classify
    rows: list[Row] = []
    done = chars = looked_at = 0
    for done, cells in lines:
        looked_at += 1
        row = None if is_empty(cells) else classify(done, cells)
        if row is not None:
            rows.append(row)
            if type(row) is Ready:
                chars += sum(map(len, row.attributes.values()))
        if len(rows) >= BATCH_ROWS or chars >= BATCH_CHARS or looked_at >= 4 * BATCH_ROWS:
            yield rows, done
            rows, chars, looked_at = [], 0, 0
    yield rows, sys.maxsize


if __name__ == "__main__":
    sys.exit(main())
