"""Holidays as people type them, and the ones to come."""

from datetime import date

import pytest

from domain.hours.holidays import (
    HolidayPast,
    HolidayUnreadable,
    coming_first,
    read_holiday,
    still_to_come,
    with_holiday,
)
from domain.hours.model import Holiday, Hours, NoSuchDay
from domain.hours.presets import PRESETS, HoursUnreadable, read_spans

OFFICE = Hours(week=PRESETS["office"], zones=("Europe/Istanbul",))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("25.12", Holiday(month=12, day=25)),
        ("1. 5.", Holiday(month=5, day=1)),
        ("25.12.2026", Holiday(month=12, day=25, year=2026)),
        (" 2026-12-25 ", Holiday(month=12, day=25, year=2026)),
        ("24.12 9-13, 15–18", Holiday(month=12, day=24, spans=read_spans("9-13, 15-18"))),
        ("2026-12-24: 9-13", Holiday(month=12, day=24, year=2026, spans=read_spans("9-13"))),
        ("29.2", Holiday(month=2, day=29)),
    ],
)
def test_a_day_is_read_as_it_is_meant(typed: str, meant: Holiday) -> None:
    assert read_holiday(typed) == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("christmas", HolidayUnreadable), ("", HolidayUnreadable), ("25.12.26", HolidayUnreadable),
        ("31.4", NoSuchDay), ("2027-02-29", NoSuchDay), ("24.12 morning", HoursUnreadable),
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused(typed: str, why: type[Exception]) -> None:
    with pytest.raises(why):
        read_holiday(typed)


def test_a_day_that_is_there_already_takes_its_new_hours() -> None:
    once = with_holiday(with_holiday(OFFICE, read_holiday("24.12")), read_holiday("1.1"))
    twice = with_holiday(once, read_holiday("24.12 9-13"))
    assert twice.holidays == (read_holiday("1.1"), read_holiday("24.12 9-13"))


def test_the_next_to_come_stands_first_and_what_is_past_nowhere() -> None:
    typed = ["1.1", "28.2.2026", "29.2", "26.11", "24.12"]
    days = [read_holiday(one) for one in typed]
    coming = coming_first(days, date(2026, 11, 26))
    assert coming == [read_holiday(one) for one in ("26.11", "24.12", "1.1", "29.2")]


@pytest.mark.parametrize(
    ("typed", "following", "every_year"),
    [
        ("1.1.2020", "1.1.2027", "1.1"),
        ("25.11.2026", "25.11.2027", "25.11"),
        ("29.2.2024", "29.2.2028", "29.2"),
        ("2025-12-24 9-13", "24.12.2026 09:00-13:00", "24.12 09:00-13:00"),
        ("0000-01-01", "1.1.2027", "1.1"),
    ],
)
def test_a_day_that_is_past_is_refused_with_what_to_type_instead(
    typed: str, following: str, every_year: str
) -> None:
    with pytest.raises(HolidayPast) as refused:
        still_to_come(read_holiday(typed), date(2026, 11, 26))
    assert (refused.value.data["next"], refused.value.data["every_year"]) == (following, every_year)
    again = read_holiday(following)
    assert still_to_come(again, date(2026, 11, 26)) == again


@pytest.mark.parametrize("typed", ["26.11.2026", "25.11", "1.1.2027", "1.1"])
def test_today_and_what_comes_back_are_not_past(typed: str) -> None:
    assert still_to_come(read_holiday(typed), date(2026, 11, 26)) == read_holiday(typed)
