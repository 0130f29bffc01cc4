"""What an operator decides about a file on its way in: which sheet, which columns, which country.

An inspection is kept as JSON with the job; everything here works on that. Each change gives a new plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.contacts.importing.cells import as_text
from domain.contacts.importing.columns import attribute_names, column_letters
from domain.contacts.importing.numbers import BadNumber, Normaliser
from domain.contacts.importing.ports import Inspection
from domain.contacts.importing.rows import ImportPlan
from domain.contacts.ports import ImportJob, ImportState
from domain.kernel.errors import Conflict, DomainError

#: Cells of the inspection are only for looking at.
LONGEST_SHOWN: Final = 60
SAMPLES: Final = 5
#: A file with more sheets than this offers the first ones.
MOST_SHEETS: Final = 100


class PickANumberColumn(DomainError):
    """Nothing can be imported before it is known where the numbers are."""

    code = "import.pick_a_number_column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet as it was inspected. `plan` is the first guess; `headers` and `sample` belong to it."""

    name: str
    rows: int
    columns: int
    plan: ImportPlan
    headers: Sequence[str]
    sample: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """How a row would be read. `number` is None when `cell` is no number."""

    cell: str
    number: str | None
    name: str


def inspection_to_json(inspection: Inspection) -> dict[str, Any]:
    return {
        "kind": inspection.kind,
        "sheets": [
            {
                "name": sheet.name,
                "rows": sheet.rows,
                "columns": sheet.columns,
                "plan": sheet.plan.to_json(),
                "headers": [cell[:LONGEST_SHOWN] for cell in sheet.headers],
                "sample": [[cell[:LONGEST_SHOWN] for cell in row] for row in sheet.sample[:SAMPLES]],
            }
            for sheet in inspection.sheets[:MOST_SHEETS]
        ],
    }


def sheets_of(job: ImportJob) -> Sequence[Sheet]:
    """Those of the inspection; none before there is one."""
    return [_sheet(data) for data in (job.inspection or {}).get("sheets", [])]


def _sheet(data: Mapping[str, Any]) -> Sheet:
    return Sheet(**{**data, "plan": ImportPlan.from_json(data["plan"])})


def plan_of(job: ImportJob) -> ImportPlan:
    """The plan as it stands. Raises Conflict while there is none."""
    if job.plan is None:
        raise Conflict()
    return ImportPlan.from_json(job.plan)


def sheet_of(job: ImportJob) -> Sheet:
    """The sheet that the plan is for."""
    plan = plan_of(job)
    found = next((sheet for sheet in sheets_of(job) if sheet.name == plan.sheet), None)
    if found is None:
        raise Conflict()
    return found


def inspected(job: ImportJob, inspection: Inspection) -> ImportJob:
    """With one sheet its columns are asked for at once, with several which of them."""
    found = replace(job, inspection=inspection_to_json(inspection))
    if len(inspection.sheets) == 1:
        return choose_sheet(replace(found, state=ImportState.CHOOSE_SHEET), 0)
    return replace(found, state=ImportState.CHOOSE_SHEET)


def choose_sheet(job: ImportJob, index: int) -> ImportJob:
    sheets = sheets_of(job)
    if job.state is not ImportState.CHOOSE_SHEET or index >= len(sheets):
        raise Conflict()
    return replace(job, state=ImportState.CHOOSE_COLUMNS, plan=sheets[index].plan.to_json())


def other_sheet(job: ImportJob) -> ImportJob:
    """Back to the choice of sheets."""
    _require_choosing(job)
    return replace(job, state=ImportState.CHOOSE_SHEET, plan=None)


def number_column(job: ImportJob, column: int) -> ImportJob:
    plan = _open_plan(job, column)
    name = None if plan.name_column == column else plan.name_column
    return _with(job, replace(plan, number_column=column, name_column=name))


def name_column(job: ImportJob, column: int | None) -> ImportJob:
    plan = _open_plan(job, column)
    number = None if column is not None and plan.number_column == column else plan.number_column
    return _with(job, replace(plan, name_column=column, number_column=number))


def header(job: ImportJob, *, there: bool) -> ImportJob:
    """Whether the sheet has a header row: where it was guessed, or else the first."""
    plan = _open_plan(job, None)
    guessed = sheet_of(job).plan.header_row
    return _with(job, replace(plan, header_row=(guessed or 1) if there else None))


def country(job: ImportJob, code: str) -> ImportJob:
    return _with(job, replace(_open_plan(job, None), country=code))


def confirmed(job: ImportJob) -> ImportJob:
    """The operator's yes: from here a machine stores the rows."""
    if _open_plan(job, None).number_column is None:
        raise PickANumberColumn()
    return replace(job, state=ImportState.STORING, done_rows=0, total_rows=sheet_of(job).rows)


def titles(sheet: Sheet, plan: ImportPlan) -> list[str]:
    """What each column is called, `column C` where it has no header."""
    cells = _header_cells(sheet, plan)
    return [cell or f"column {column_letters(index)}" for index, cell in enumerate(cells)]


def samples(sheet: Sheet, plan: ImportPlan) -> list[Sequence[str]]:
    """The first rows of people as this plan reads the sheet."""
    if sheet.plan.header_row is None and plan.header_row is not None:
        return list(sheet.sample[1:])
    if sheet.plan.header_row is not None and plan.header_row is None:
        return [sheet.headers, *sheet.sample][:SAMPLES]
    return list(sheet.sample)


def sample_people(sheet: Sheet, plan: ImportPlan) -> list[SampleRow]:
    """How the first rows would be read."""
    reads = Normaliser(plan.country)
    people = []
    for row in samples(sheet, plan):
        cell = _cell(row, plan.number_column)
        number = reads(cell) if cell else None
        people.append(
            SampleRow(
                cell=cell,
                number=None if isinstance(number, BadNumber) else number,
                name=_cell(row, plan.name_column),
            )
        )
    return people


def _cell(row: Sequence[str], column: int | None) -> str:
    return as_text(row[column]) if column is not None and column < len(row) else ""


def _header_cells(sheet: Sheet, plan: ImportPlan) -> list[str]:
    cells: Sequence[str] = ()
    if plan.header_row is not None:
        guessed = sheet.plan.header_row is not None
        cells = sheet.headers if guessed else next(iter(sheet.sample), ())
    return [_cell(cells, column) for column in range(sheet.columns)]


def _require_choosing(job: ImportJob) -> None:
    if job.state is not ImportState.CHOOSE_COLUMNS:
        raise Conflict()


def _open_plan(job: ImportJob, column: int | None) -> ImportPlan:
    _require_choosing(job)
    if column is not None and column >= sheet_of(job).columns:
        raise Conflict()
    return plan_of(job)


def _with(job: ImportJob, plan: ImportPlan) -> ImportJob:
    """Whatever is neither number nor name and holds anything stays with the person as an attribute."""
    sheet = sheet_of(job)
    first = sheet.plan
    filled = {*first.attributes, first.number_column, first.name_column}
    others = sorted(c for c in filled if c is not None and c not in (plan.number_column, plan.name_column))
    names = attribute_names(_header_cells(sheet, plan), others)
    return replace(job, plan=replace(plan, attributes=names).to_json())
