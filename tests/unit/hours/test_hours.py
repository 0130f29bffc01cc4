"""A week of hours, read and asked."""

from datetime import UTC, datetime, timedelta

import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from domain.hours.clocks import on_the_clock_of, zones_of
from domain.hours.model import (
    A_DAY,
    MOST_HOLIDAYS,
    MOST_SPANS,
    Holiday,
    Hours,
    NoSuchDay,
    Span,
    SpanRefused,
    TooManyHolidays,
    TooManySpans,
    ZoneUnknown,
    joined,
    zone_of,
)
from domain.hours.presets import PRESETS, HoursUnreadable, read_spans, written

NIGHTS = (read_spans("22-2"),) * 7
OFFICE = PRESETS["office"]


def at(day: int, hour: int, minute: int = 0, *, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_a_range_over_midnight_belongs_to_the_evening() -> None:
    """The first of December 2026 is a Tuesday."""
    week = ((), read_spans("22-2"), (), (), (), (), ())
    hours = Hours(week=week, zones=("UTC",))
    assert hours.next_open(at(1, 12)) == at(1, 22)
    assert hours.next_close(at(1, 23)) == at(2, 2)
    assert hours.is_open(at(2, 1, 59))
    assert not hours.is_open(at(2, 2))
    assert hours.next_open(at(2, 2)) == at(8, 22)


def test_a_holiday_is_shut_from_midnight_to_midnight() -> None:
    hours = Hours(week=NIGHTS, zones=("UTC",), holidays=(Holiday(month=12, day=25),))
    assert hours.next_close(at(24, 23)) == at(25, 0)
    assert hours.next_open(at(25, 0)) == at(26, 22)
    assert not hours.is_open(at(26, 1))


def test_a_holiday_may_have_hours_of_its_own_and_be_of_one_year() -> None:
    short = Holiday(month=12, day=24, year=2026, spans=read_spans("9-12"))
    hours = Hours(week=OFFICE, zones=("UTC",), holidays=(short,))
    assert hours.next_close(at(24, 10)) == at(24, 12)
    assert not short.is_on(datetime(2027, 12, 24, tzinfo=UTC).date())


def test_a_week_that_never_shuts_and_one_that_never_opens_say_so() -> None:
    always, never = (Hours(week=week, zones=("UTC",)) for week in (PRESETS["always"], ((),) * 7))
    assert always.next_close(at(1, 1)) is None
    assert never.next_open(at(1, 1)) is None
    assert never.next_close(at(1, 1)) == at(1, 1)


def test_in_the_night_an_hour_comes_twice_it_is_open_twice() -> None:
    """Berlin, 25 October 2026: at 01:00 UTC it is three o'clock, and two again."""
    hours = Hours(week=(read_spans("2-2:30"),) * 7, zones=("Europe/Berlin",))
    opens = at(25, 0, month=10)
    assert hours.next_open(opens - timedelta(hours=2)) == opens
    assert hours.next_close(opens) == at(25, 0, 30, month=10)
    assert hours.next_open(at(25, 0, 30, month=10)) == at(25, 1, month=10)
    assert hours.next_close(at(25, 1, month=10)) == at(25, 1, 30, month=10)


def test_in_the_night_an_hour_is_skipped_its_range_is_skipped() -> None:
    """Berlin, 28 March 2027: from two o'clock to three there is nothing."""
    hours = Hours(week=(read_spans("2-2:30"),) * 7, zones=("Europe/Berlin",))
    assert hours.next_open(datetime(2027, 3, 27, 12, tzinfo=UTC)) == datetime(2027, 3, 29, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("9-13, 14:30-18", "09:00-13:00, 14:30-18:00"), ("22-2", "22:00-02:00"), ("0-24", "00:00-24:00"),
     ("9.30–18 ; 18-20", "09:30-20:00"), ("14-18\n9-12,", "09:00-12:00, 14:00-18:00"),
     ("٩-١٨", "09:00-18:00"), ("22-24", "22:00-24:00"), ("22-0", "22:00-24:00"), ("18-9", "18:00-09:00")],
)  # fmt: skip
def test_ranges_are_read_as_people_type_them(typed: str, shown: str) -> None:
    spans = read_spans(typed)
    assert written(spans) == shown
    assert read_spans(written(spans)) == spans


@pytest.mark.parametrize(
    "typed", ["", "9", "9-9", "9-25", "24-3", "9:60-10", "9-10:75", "nine to five", "9-10-11", "-"]
)
def test_what_is_no_range_is_refused(typed: str) -> None:
    with pytest.raises(HoursUnreadable):
        read_spans(typed)


def test_ranges_that_touch_are_one_but_never_longer_than_a_day() -> None:
    assert joined(read_spans("12-14, 9-12, 13-18")) == read_spans("9-18")
    day_and_night = joined([Span(opens=0, closes=A_DAY), Span(opens=1320, closes=1560)])
    assert max(span.closes for span in day_and_night) == 1560


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(TooManySpans):
        read_spans(", ".join(f"{n}-{n}:30" for n in range(MOST_SPANS + 1)))
    for opens, closes in ((600, 600), (600, 500), (-1, 5), (A_DAY, A_DAY + 1), (600, 601 + A_DAY)):
        with pytest.raises(SpanRefused):
            Span(opens=opens, closes=closes)
    for month, day, year in ((2, 30, None), (2, 29, 2027), (13, 1, None)):
        with pytest.raises(NoSuchDay):
            Holiday(month=month, day=day, year=year)
    assert Holiday(month=2, day=29)
    with pytest.raises(TooManyHolidays):
        Hours(week=OFFICE, zones=("UTC",), holidays=(Holiday(month=1, day=1),) * (MOST_HOLIDAYS + 1))
    for zone in ("Mars/Base", "", "../etc/passwd", "Europe"):
        with pytest.raises(ZoneUnknown):
            Hours(week=OFFICE, zones=(zone,))
    with pytest.raises(ValueError, match="seven days"):
        Hours(week=OFFICE[:6], zones=("UTC",))


def test_a_number_tells_its_zone_or_all_that_it_may_be_in() -> None:
    assert zones_of("+905321234567") == ("Europe/Istanbul",)
    assert zones_of("+12125550123") == ("America/New_York",)
    assert zones_of("+34612345678") == ("Atlantic/Canary", "Europe/Madrid")
    assert len(zones_of("+61412345678")) > 5
    assert zones_of("+870773111632") == zones_of("no number") == ()


def test_every_zone_that_a_number_may_tell_is_one_we_know() -> None:
    told = {zone for zones in TIMEZONE_DATA.values() for zone in zones} - {"Etc/Unknown"}
    assert len(told) > 200
    assert all(zone_of(zone) for zone in told)


def test_on_their_own_clock_it_is_open_when_it_is_everywhere_they_may_be() -> None:
    home = Hours(week=OFFICE, zones=("Europe/Istanbul",))
    spain = on_the_clock_of("+34612345678", home)
    assert spain.next_open(at(1, 0)) == at(1, 9)
    assert spain.next_close(at(1, 9)) == at(1, 17)
    assert on_the_clock_of("+870773111632", home) == home
    assert on_the_clock_of("+79161234567", home).next_open(at(1, 0)) is None
