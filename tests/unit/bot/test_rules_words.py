"""What operators type about a rule: for how long it rests, and between which days it works."""

from datetime import date, timedelta

import pytest

from bot.screens.rules_words import DatesUnreadable, dates_words, read_dates, read_rest, rest_words
from domain.automation.model import CooldownRefused, DatesReversed

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("2 hours", 120),
        ("1h", 60),
        ("90 MIN", 90),
        (" 1 day ", 1_440),
        ("30d", 43_200),
        ("none", 0),
        ("0", 0),
    ],
)
def test_a_rest_is_read(typed: str, minutes: int) -> None:
    assert read_rest(typed) == timedelta(minutes=minutes)


@pytest.mark.parametrize("typed", ["", "soon", "31 days", "999999 days", "2", "-1 hour", "1 hour 30"])
def test_another_rest_is_refused(typed: str) -> None:
    with pytest.raises(CooldownRefused):
        read_rest(typed)


def test_a_rest_is_said_in_the_largest_unit_that_says_it_whole() -> None:
    said = [rest_words(timedelta(minutes=minutes), "en") for minutes in (0, 1, 60, 90, 1_440, 2_880)]
    assert said == ["none", "1 minute", "1 hour", "90 minutes", "1 day", "2 days"]


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("1.12 - 24.12", date(2026, 12, 1), date(2026, 12, 24)),
        ("20.12. – 6.1.", date(2026, 12, 20), date(2027, 1, 6)),
        ("1.2-3.2", date(2027, 2, 1), date(2027, 2, 3)),
        ("1.11 - 30.11", date(2026, 11, 1), date(2026, 11, 30)),
        ("20.12 to 6.1.2028", date(2027, 12, 20), date(2028, 1, 6)),
        ("20.12.2027 - 6.1", date(2027, 12, 20), date(2028, 1, 6)),
        ("1.12.2026 - 24.12.2026", date(2026, 12, 1), date(2026, 12, 24)),
        ("1.12 -", date(2026, 12, 1), None),
        ("- 24.12", None, date(2026, 12, 24)),
        ("- 1.2", None, date(2027, 2, 1)),
    ],
)
def test_dates_without_a_year_are_those_that_are_not_over(
    typed: str, first: date | None, last: date | None
) -> None:
    assert read_dates(typed, today=TODAY) == (first, last)


@pytest.mark.parametrize("typed", ["", "-", "tomorrow", "31.4 - 1.5", "1.12", "1.12.1999 -", "29.2 - 1.3"])
def test_what_are_no_dates_is_refused(typed: str) -> None:
    with pytest.raises(DatesUnreadable):
        read_dates(typed, today=TODAY)


def test_dates_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(DatesReversed):
        read_dates("24.12.2026 - 1.12.2026", today=TODAY)


def test_dates_are_said_with_their_year() -> None:
    assert dates_words(None, None, "en") == "always"
    assert dates_words(TODAY, None, "en") == "from 26 Nov 2026"
    assert dates_words(TODAY, TODAY, "en") == "26 Nov 2026 – 26 Nov 2026"
