"""What each row turns out to be."""

import datetime as dt
import json

import pytest

from domain.contacts.importing import refusals
from domain.contacts.importing.cells import LONGEST_VALUE, as_text
from domain.contacts.importing.numbers import Reason
from domain.contacts.importing.rows import Bad, Batch, Classifier, Duplicate, ImportPlan, Ready, Summary

AYSE, BRUNO = "+905321234567", "+5511961234567"


def plan(**changes: object) -> ImportPlan:
    whole: dict[str, object] = {
        "sheet": "People",
        "header_row": 1,
        "number_column": 1,
        "name_column": 0,
        "attributes": {2: "City", 3: "Due date"},
        "country": "TR",
    }
    return ImportPlan(**{**whole, **changes})  # type: ignore[arg-type]


def test_a_row_with_a_number_is_ready() -> None:
    row = Classifier(plan()).classify(2, [" Ayşe  Kaya ", "0532 123 45 67", "İzmir", dt.date(2026, 12, 3)])
    assert row == Ready(2, AYSE, "Ayşe Kaya", {"City": "İzmir", "Due date": "2026-12-03"})


def test_empty_cells_are_no_attributes() -> None:
    row = Classifier(plan()).classify(2, ["Ayşe", AYSE, "  "])
    assert row == Ready(2, AYSE, "Ayşe", {})


def test_the_same_number_written_otherwise_is_a_duplicate_of_the_first() -> None:
    classifier = Classifier(plan())
    classifier.classify(2, ["Ayşe", AYSE])
    assert classifier.classify(5, ["A. Kaya", 905321234567.0]) == Duplicate(5, 2)
    assert classifier.classify(6, ["A. Kaya", "00905321234567"]) == Duplicate(6, 2)


def test_a_bad_number_is_told_with_its_reason_and_beginning() -> None:
    row = Classifier(plan()).classify(3, ["Bruno", "9.05321E+11"])
    assert row == Bad(3, Reason.LOST_DIGITS, "9.05321E+11")
    long = Classifier(plan()).classify(3, ["Bruno", "x" * 500])
    assert isinstance(long, Bad)
    assert len(long.cell) == 40


def test_empty_rows_are_nothing_but_a_row_without_a_number_is_bad() -> None:
    classifier = Classifier(plan())
    assert classifier.classify(2, ["", None, "  "]) is None
    assert classifier.classify(3, []) is None
    assert classifier.classify(4, ["Bruno", ""]) == Bad(4, Reason.EMPTY, "")


def test_the_header_and_what_stands_above_it_are_passed_over() -> None:
    classifier = Classifier(plan(header_row=3))
    assert [classifier.classify(row, ["x", AYSE]) for row in (1, 2, 3)] == [None, None, None]
    assert isinstance(classifier.classify(4, ["x", AYSE]), Ready)


def test_without_a_header_the_first_row_counts() -> None:
    assert isinstance(Classifier(plan(header_row=None)).classify(1, ["Ayşe", AYSE]), Ready)


def test_a_plan_needs_a_number_column() -> None:
    with pytest.raises(ValueError, match="number column"):
        Classifier(plan(number_column=None))


def test_a_plan_survives_being_kept_as_json() -> None:
    assert ImportPlan.from_json(json.loads(json.dumps(plan().to_json()))) == plan()


def test_the_summary_adds_batches_up_exactly() -> None:
    rows = [["Ayşe", AYSE], ["", ""], ["Bruno", BRUNO], ["Ayşe", AYSE], ["?", "12"], ["??", ""]]
    sorted_rows = list(Classifier(plan(header_row=None)).classify_all(enumerate(rows, 1)))
    batch = Batch(
        ready=[row for row in sorted_rows if isinstance(row, Ready)],
        duplicates=[row for row in sorted_rows if isinstance(row, Duplicate)],
        bad=[row for row in sorted_rows if isinstance(row, Bad)],
        done=6,
        total=6,
    )
    summary = Summary().plus(batch).plus(batch)
    assert (summary.rows, summary.ready, summary.duplicates, summary.bad) == (10, 4, 2, 4)
    assert [row.row_no for row in batch.rows] == [1, 3, 4, 5, 6]
    assert [row.row_no for row in batch.problems] == [4, 5, 6]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("  İzmir ", "İzmir"),
        (5.0, "5"),
        (12.5, "12.5"),
        (0.1 + 0.2, "0.3"),
        (1e300, "1e+300"),
        (7, "7"),
        (True, "TRUE"),
        (False, "FALSE"),
        (dt.date(2026, 12, 3), "2026-12-03"),
        (dt.datetime(2026, 12, 3), "2026-12-03"),  # noqa: DTZ001 - sheets know no zones
        (dt.datetime(2026, 12, 3, 14, 30), "2026-12-03 14:30"),  # noqa: DTZ001
        (dt.datetime(2026, 12, 3, 14, 30, 5), "2026-12-03 14:30:05"),  # noqa: DTZ001
        (dt.time(9, 5), "09:05"),
        (dt.time(9, 5, 7), "09:05:07"),
        (dt.timedelta(hours=30, minutes=15), "30:15:00"),
        (dt.timedelta(minutes=-90), "-1:30:00"),
        ("שלום \u200f(עולם)", "שלום \u200f(עולם)"),
        ("two\nlines", "two\nlines"),
        ("a\x00b\x07c\ud800", "abc"),
        ("x" * 5000, "x" * LONGEST_VALUE),
    ],
)
def test_cells_become_text_as_their_sheet_shows_them(cell: object, text: str) -> None:
    assert as_text(cell) == text


def test_every_refusal_has_its_own_stable_code() -> None:
    classes: set[type[refusals.FileRefused]] = {refusals.FileRefused, *refusals.FileRefused.__subclasses__()}
    assert {kind.code for kind in classes} == set(refusals.REFUSALS)
    assert len(refusals.REFUSALS) == len(classes)
    assert all(code.startswith("import.") for code in refusals.REFUSALS)
