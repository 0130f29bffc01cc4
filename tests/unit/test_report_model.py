"""What a report says, before it becomes files."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery.recipients import RecipientState, Tally
from domain.delivery.store import RecipientRow
from domain.kernel.formulas import FORMULA_STARTS
from domain.kernel.ids import RecipientId
from domain.reports.model import LONGEST_WAIT, Funnel, harmless, line_of, wait_for_word


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+905321234567", "'+905321234567"),
        ("-2", "'-2"),
        ("@sum", "'@sum"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("  =1", "'  =1"),
        ("\x00=1", "'=1"),
        ("Ayşe = you", "Ayşe = you"),
        ("", ""),
        ("a\x07b", "ab"),
    ],
)
def test_a_cell_is_made_harmless(cell: str, safe: str) -> None:
    assert harmless(cell) == safe


@given(st.text())
def test_no_cell_ever_begins_as_a_formula_does(cell: str) -> None:
    assert not harmless(cell).startswith(FORMULA_STARTS)
    assert not harmless(cell).lstrip().startswith(FORMULA_STARTS)


def test_each_step_of_the_funnel_contains_those_after_it() -> None:
    R = RecipientState
    counts = {R.EXCLUDED: 9, R.WAITING: 1, R.SENT: 2, R.DELIVERED: 3, R.READ: 4, R.FAILED: 5, R.UNKNOWN: 6}
    funnel = Funnel.of(Tally(by_state=counts, replied=2))
    assert funnel == Funnel(included=21, sent=9, delivered=7, read=4, replied=2)
    assert funnel.share(7) == pytest.approx(1 / 3)
    assert Funnel(included=0, sent=0, delivered=0, read=0, replied=0).share(0) == 0


def test_times_are_those_of_the_workspaces_wall_clock() -> None:
    at = datetime(2026, 7, 1, 22, 30, 15, 999, tzinfo=UTC)
    row = RecipientRow(
        id=RecipientId(1), number="+905321234567", name="Ayşe", state=RecipientState.READ, reason=None,
        attempts=1, sent_at=at, delivered_at=None, read_at=at, replied_at=None,
    )  # fmt: skip
    line = line_of(row, ZoneInfo("Europe/Istanbul"))
    there = datetime.fromisoformat("2026-07-02 01:30:15")
    assert line.times == (there, None, there, None)
    assert (line.state, line.reason) == ("read", "")


ENDED = datetime(2026, 7, 1, 12, tzinfo=UTC)
SENT_TO = Tally(by_state={RecipientState.SENT: 1, RecipientState.READ: 2})


def test_a_report_waits_a_minute_at_the_most_and_looks_ever_less_often() -> None:
    now, looks = ENDED, list[timedelta]()
    while wait := wait_for_word(SENT_TO, ENDED, now=now):
        looks.append(wait)
        now += wait
    assert now == ENDED + LONGEST_WAIT
    assert len(looks) < 20
    assert looks[:-1] == sorted(looks[:-1])


def test_a_report_does_not_wait_for_those_of_whom_nothing_is_to_come() -> None:
    R = RecipientState
    over = Tally(by_state={R.DELIVERED: 1, R.READ: 1, R.FAILED: 1, R.UNKNOWN: 1, R.SKIPPED: 1, R.EXCLUDED: 1})
    assert not wait_for_word(over, ENDED, now=ENDED)


def test_a_clock_that_was_set_back_does_not_hold_a_report() -> None:
    assert not wait_for_word(SENT_TO, ENDED, now=ENDED - timedelta(hours=3))
    assert not wait_for_word(SENT_TO, None, now=ENDED)
