"""A campaign that was due while the program was away."""

from datetime import UTC, datetime, timedelta

from domain.campaigns.late_start import LATEST, UNREMARKED, Lateness, beginning
from domain.hours.model import Hours
from domain.hours.presets import PRESETS

OFFICE = Hours(week=PRESETS["office"], zones=("UTC",))
SHUT = Hours(week=((),) * 7, zones=("UTC",))
#: Thursday.
TEN = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_what_is_not_due_yet_begins_when_it_is_due() -> None:
    begun = beginning(TEN, now=TEN - HOUR, hours=OFFICE)
    assert (begun.at, begun.lateness, begun.late_by) == (TEN, Lateness.ON_TIME, timedelta())


def test_a_few_minutes_are_not_remarked() -> None:
    now = TEN + UNREMARKED
    assert beginning(TEN, now=now, hours=None).lateness is Lateness.ON_TIME
    assert beginning(TEN, now=now, hours=None).at == now


def test_late_it_begins_at_once_and_says_by_how_much() -> None:
    begun = beginning(TEN, now=TEN + 3 * HOUR, hours=OFFICE)
    assert (begun.at, begun.lateness, begun.late_by) == (TEN + 3 * HOUR, Lateness.LATE, 3 * HOUR)


def test_late_and_after_hours_it_begins_in_the_morning() -> None:
    begun = beginning(TEN, now=TEN + 9 * HOUR, hours=OFFICE)
    assert begun.lateness is Lateness.LATE
    assert begun.at == TEN + 23 * HOUR


def test_half_a_day_late_the_operator_is_asked() -> None:
    assert beginning(TEN, now=TEN + LATEST, hours=None).at == TEN + LATEST
    begun = beginning(TEN, now=TEN + LATEST + timedelta(seconds=1), hours=None)
    assert (begun.at, begun.lateness) == (None, Lateness.TOO_LATE)


def test_waiting_for_the_hours_to_open_is_not_being_late() -> None:
    at_night = TEN + 12 * HOUR
    morning = TEN + 23 * HOUR
    for now in (at_night, morning - HOUR, morning):
        begun = beginning(at_night, now=now, hours=OFFICE)
        assert (begun.at, begun.lateness, begun.late_by) == (morning, Lateness.ON_TIME, timedelta())
    assert beginning(at_night, now=morning + HOUR, hours=OFFICE).late_by == HOUR


def test_hours_that_never_open_are_said() -> None:
    assert beginning(TEN, now=TEN, hours=SHUT).lateness is Lateness.NEVER_OPEN
