"""What operators type for a speed and for a moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.screens.draft_parsing import (
    SpeedUnreadable,
    WhenTooFar,
    WhenUnreadable,
    parse_speed,
    parse_when,
    when_examples,
)
from bot.screens.hours_words import at_words, when_words
from domain.campaigns.model import StartsInThePast
from domain.kernel.errors import DomainError
from domain.pacing.rules import GapRefused

ISTANBUL = ZoneInfo("Europe/Istanbul")  # three hours ahead of UTC, all year
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)  # 15:00 there, a Tuesday


@pytest.mark.parametrize(
    ("text", "shortest", "longest"),
    [
        ("8-15", 8, 15),
        ("8 - 15 s", 8, 15),
        ("8–15 sec", 8, 15),
        ("8 to 15 seconds", 8, 15),
        ("8s-15s", 8, 15),
        ("10", 10, 10),
        (" 10 s ", 10, 10),
        ("15-8", 8, 15),
        ("2.5-5", 2.5, 5),
        ("2,5 - 5", 2.5, 5),
        ("0", 0, 0),
        ("3600", 3600, 3600),
    ],
)
def test_a_speed_is_read(text: str, shortest: float, longest: float) -> None:
    pacing = parse_speed(text)
    assert pacing.shortest == timedelta(seconds=shortest)
    assert pacing.longest == timedelta(seconds=longest)


@pytest.mark.parametrize(
    "text", ["", "fast", "8-", "-8", "8-15-20", "8 15", "1e5", "8-15 min", "∞", "8" * 80, "8:15"]
)
def test_a_speed_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SpeedUnreadable):
        parse_speed(text)


@pytest.mark.parametrize("text", ["3601", "5-999999", "99999-2"])
def test_a_pause_over_an_hour_is_refused_with_what_is_possible(text: str) -> None:
    with pytest.raises(GapRefused) as refused:
        parse_speed(text)
    assert refused.value.data == {"lowest": 0, "highest": 3600}


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("18:30", "2026-12-01 18:30"),
        ("18.30", "2026-12-01 18:30"),
        ("at 18:30", "2026-12-01 18:30"),
        ("6:30 pm", "2026-12-01 18:30"),
        ("6pm", "2026-12-01 18:00"),
        ("today 18:30", "2026-12-01 18:30"),
        ("tomorrow 9:00", "2026-12-02 09:00"),
        ("Tomorrow, 9:00", "2026-12-02 09:00"),
        ("tomorrow at 9am", "2026-12-02 09:00"),
        ("tomorrow 12am", "2026-12-02 00:00"),
        ("tomorrow 9", "2026-12-02 09:00"),
        ("saturday at 10", "2026-12-05 10:00"),
        ("3 Dec 9", "2026-12-03 09:00"),
        ("Dec 3 14", "2026-12-03 14:00"),
        ("Thu 9:00", "2026-12-03 09:00"),
        ("on Monday at 9:00", "2026-12-07 09:00"),
        ("tues, 15:01", "2026-12-01 15:01"),
        ("Tuesday 15:00", "2026-12-08 15:00"),
        ("thurs 9pm", "2026-12-03 21:00"),
        ("Mon. 9:00", "2026-12-07 09:00"),
        ("weds 9:00", "2026-12-02 09:00"),
        ("on 3 Dec at 14:00", "2026-12-03 14:00"),
        ("3 Dec 14:00", "2026-12-03 14:00"),
        ("3. december 14:00", "2026-12-03 14:00"),
        ("Dec 3 14:00", "2026-12-03 14:00"),
        ("3 Dec 2026 14:00", "2026-12-03 14:00"),
        ("Dec 3, 2026 14:00", "2026-12-03 14:00"),
        ("2026-12-03 14:00", "2026-12-03 14:00"),
        ("2026-12-3 14:00", "2026-12-03 14:00"),
        ("3 Jan 14:00", "2027-01-03 14:00"),
        (" 15:01 ", "2026-12-01 15:01"),
        ("in 2 hours", "2026-12-01 17:00"),
        ("In 45 min", "2026-12-01 15:45"),
        ("in an hour", "2026-12-01 16:00"),
        ("in 90m", "2026-12-01 16:30"),
        ("in 30 h", "2026-12-02 21:00"),
    ],
)
def test_a_moment_is_read_in_the_workspaces_zone(text: str, there: str) -> None:
    expected = datetime.strptime(there, "%Y-%m-%d %H:%M").replace(tzinfo=ISTANBUL)
    assert parse_when(text, zone=ISTANBUL, now=NOW) == expected
    assert parse_when(text, zone=ISTANBUL, now=NOW).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["15:00", "9:00", "today 9:00", "30 Nov 14:00", "2026-11-30 14:00", "1 Jul 9:00"]
)
def test_a_moment_in_the_past_is_refused(text: str) -> None:
    with pytest.raises(StartsInThePast):
        parse_when(text, zone=ISTANBUL, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "9", "tomorrow", "at 9", "tomorrow 25", "25:00", "18:60", "13pm", "0am", "31 Feb 9:00",
        "3 Foo 9:00", "monda 9:00", "thurday 9:00", "monday", "on 9:00", "2026-13-01 9:00",
        "0000-01-01 9:00", "yesterday 9:00", "18:30" + " " * 40 + "x" * 40, "3/12 14:00",
        "in 2", "in two hours", "in 99999 h", "in 2 days", "in hours", "in am", "in anh",
        "in" + " " * 60 + "2 h",
    ],
)  # fmt: skip
def test_a_moment_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(WhenUnreadable):
        parse_when(text, zone=ISTANBUL, now=NOW)


def test_from_now_is_never_sooner_than_was_said() -> None:
    at = parse_when("in 5 minutes", zone=ISTANBUL, now=NOW + timedelta(seconds=1))
    assert at == NOW + timedelta(minutes=6)
    with pytest.raises(StartsInThePast):
        parse_when("in 0 min", zone=ISTANBUL, now=NOW + timedelta(seconds=1))


@pytest.mark.parametrize("text", ["2062-12-03 14:00", "in 9999 hours"])
def test_more_than_a_year_ahead_is_taken_for_a_slip(text: str) -> None:
    with pytest.raises(WhenTooFar):
        parse_when(text, zone=ISTANBUL, now=NOW)


def test_an_hour_that_the_clock_change_skips_is_taken_an_hour_on() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    at = parse_when("tomorrow 2:30", zone=ZoneInfo("Europe/Berlin"), now=before)
    assert at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%d %H:%M") == "29 03:30"


@given(
    st.timedeltas(timedelta(0), timedelta(days=2500)).map(lambda span: NOW + span),
    st.sampled_from(["UTC", "Europe/Istanbul", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_every_example_that_is_shown_can_be_typed(now: datetime, zone: str) -> None:
    for example in when_examples(zone=ZoneInfo(zone), now=now).values():
        assert parse_when(example, zone=ZoneInfo(zone), now=now) > now
    with pytest.raises(WhenUnreadable) as refused:
        parse_when("soon", zone=ZoneInfo(zone), now=now)
    assert parse_when(str(refused.value.data["date"]), zone=ZoneInfo(zone), now=now) > now


@given(
    st.timedeltas(timedelta(0), timedelta(days=3650)).map(lambda span: NOW + span),
    st.integers(1, 365 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    st.sampled_from([at_words, when_words]),
    st.sampled_from(["Europe/Istanbul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_a_moment_can_be_typed_as_it_is_shown(
    now: datetime, ahead: timedelta, words: Callable[[datetime, str, datetime, str], str], zone: str
) -> None:
    at = (now + ahead).replace(second=0, microsecond=0)
    assume(at > now)
    read = parse_when(words(at, zone, now, "en"), zone=ZoneInfo(zone), now=now)
    # Of an hour that a clock change repeats, what is shown does not say which.
    shown = (one.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for one in (read, at))
    assert read > now and len(set(shown)) == 1


@pytest.mark.parametrize(
    ("typed", "utc"), [("2:50", "25 01:50"), ("Sun 2:50", "25 01:50"), ("Sun 3:10", "25 02:10")]
)
def test_in_an_hour_that_the_clock_change_repeats_the_passing_that_is_ahead_is_meant(
    typed: str, utc: str
) -> None:
    now = datetime(2026, 10, 25, 1, 20, tzinfo=UTC)  # 02:20 in Berlin, for the second time
    assert f"{parse_when(typed, zone=ZoneInfo('Europe/Berlin'), now=now):%d %H:%M}" == utc


@given(st.text(max_size=70))
def test_whatever_is_typed_is_read_or_refused_with_a_code(text: str) -> None:
    for parse in (parse_speed, lambda typed: parse_when(typed, zone=ISTANBUL, now=NOW)):
        try:
            parse(text)
        except DomainError as refused:
            assert refused.code != "domain.error"
