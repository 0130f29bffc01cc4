"""Hours hold on the wall of every zone, through every change of its clocks in five years.

Zones whose clocks show the same throughout are walked once; those are some ninety ways of keeping time.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.hours.model import A_DAY, Holiday, Hours, Span, Spans, joined
from domain.hours.presets import PRESETS, read_spans

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
DAY, MINUTE, INSTANT = timedelta(days=1), timedelta(minutes=1), timedelta(microseconds=1)
#: Clocks are changed by multiples of it, on multiples of it.
GRID = timedelta(minutes=15)
SHARES = 8

#: Shut at noon, over midnight, and across the hours at which clocks are changed.
WEEK: Final = (
    read_spans("9-13, 14:30-18, 23-2"),
    read_spans("0:30-2:15, 22-3"),
    read_spans("0-24"),
    (),
    read_spans("20-6"),
    read_spans("1-1:30, 2-3, 23:45-0:15"),
    read_spans("1:15-2:45, 3-23"),
)
#: For the long walk: simpler where clocks are hardly ever changed.
LONG_WEEK: Final = (read_spans("9-18"), read_spans("22-2"), (), read_spans("0-24"), *WEEK[4:])
#: A way of keeping time: the offset at the beginning, and each change with the offset after it.
Way = tuple[timedelta, tuple[tuple[datetime, timedelta], ...]]


def offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def changes(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta]]:
    """No zone changes its clocks twice in a week."""
    weeks = [min(BEGIN + DAY * n, END) for n in range(0, (END - BEGIN).days + 7, 7)]
    for before, after in pairwise(weeks):
        was, now = offset(zone, before), offset(zone, after)
        if now == was:
            continue
        while after - before > MINUTE:
            middle = before + (after - before) // MINUTE // 2 * MINUTE
            before, after = (middle, after) if offset(zone, middle) == was else (before, middle)
        yield after, now


@lru_cache
def ways() -> Sequence[tuple[Way, str]]:
    """Each way with a zone that keeps it."""
    found: dict[Way, list[str]] = defaultdict(list)
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        found[offset(zone, BEGIN), tuple(changes(zone))].append(name)
    assert sum(map(len, found.values())) > 500
    return [(way, names[0]) for way, names in found.items()]


def shared(share: int) -> Sequence[tuple[Way, str]]:
    return ways()[share::SHARES]


def wall_is_open(week: Sequence[Spans], wall: datetime) -> bool:
    """By counting minutes from the beginning of each day that may reach here."""
    for back in (0, 1):
        day = (wall - DAY * back).replace(hour=0, minute=0, second=0, microsecond=0)
        minutes = (wall - day) // MINUTE
        if any(span.opens <= minutes < span.closes for span in week[day.weekday()]):
            return True
    return False


def stretches(hours: Hours, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is open between two moments, as the two questions tell it."""
    at = begin
    while (opens := hours.next_open(at)) is not None and opens < end:
        closes = hours.next_close(opens)
        assert closes is not None
        assert closes > opens >= at
        yield opens, min(closes, end)
        at = closes


@pytest.mark.parametrize("share", range(SHARES))
def test_around_every_change_of_clocks_it_is_open_just_when_the_wall_says_so(share: int) -> None:
    for (_, moves), name in shared(share):
        zone, hours = ZoneInfo(name), Hours(week=WEEK, zones=(name,))
        for at, _ in moves:
            assert (at - BEGIN) % GRID == timedelta()
            begin, end = at - timedelta(hours=30), at + timedelta(hours=30)
            told = list(stretches(hours, begin, end))
            moment, now = begin, 0
            while moment < end:
                while now < len(told) and told[now][1] <= moment:
                    now += 1
                says = now < len(told) and told[now][0] <= moment
                shown = moment.astimezone(zone).replace(tzinfo=None)
                assert says == wall_is_open(WEEK, shown) == hours.is_open(moment), (name, moment)
                moment += GRID


def open_before(week: Sequence[Spans], wall: datetime) -> timedelta:
    """How much of the wall's time was open from a Monday long ago until `wall`, each minute of it once."""
    monday = datetime(2024, 1, 1, tzinfo=wall.tzinfo)
    weeks, rest = divmod(wall - monday, DAY * 7)
    ranges: list[tuple[int, int]] = []
    for weekday, spans in enumerate(week):
        for span in spans:
            begin, end = span.opens + weekday * A_DAY, span.closes + weekday * A_DAY
            ranges += [(begin, min(end, 7 * A_DAY)), (0, max(0, end - 7 * A_DAY))]
    whole: list[list[int]] = []
    for begin, end in sorted(ranges):
        if whole and begin <= whole[-1][1]:
            whole[-1][1] = max(whole[-1][1], end)
        else:
            whole.append([begin, end])
    full = MINUTE * sum(end - begin for begin, end in whole)
    part = sum(
        (max(timedelta(), min(rest, MINUTE * end) - MINUTE * begin) for begin, end in whole), timedelta()
    )
    return full * weeks + part


@pytest.mark.parametrize("share", range(SHARES))
def test_in_five_years_no_open_time_is_lost_or_told_twice(share: int) -> None:
    for (first, moves), name in shared(share):
        hours = Hours(week=LONG_WEEK, zones=(name,))
        told = sum((closes - opens for opens, closes in stretches(hours, BEGIN, END)), timedelta())
        marks = [(BEGIN, first), *moves]
        ends = [at for at, _ in moves] + [END]
        shown = timedelta()
        for (begin, away), end in zip(marks, ends, strict=True):
            begins, stops = (moment.replace(tzinfo=None) + away for moment in (begin, end))
            shown += open_before(LONG_WEEK, stops) - open_before(LONG_WEEK, begins)
        assert told == shown, name


spans = st.builds(
    lambda opens, length: Span(opens=opens, closes=opens + length),
    st.integers(0, A_DAY - 1), st.integers(1, A_DAY),
)  # fmt: skip
days = st.lists(spans, max_size=3).map(joined)
weeks = st.tuples(*[days] * 7)
moments = st.datetimes(BEGIN.replace(tzinfo=None), END.replace(tzinfo=None), timezones=st.just(UTC))
zones = st.sampled_from(sorted(available_timezones()))
holidays = st.lists(
    st.builds(
        lambda day, yearly, spans: Holiday(
            month=day.month, day=day.day, year=None if yearly else day.year, spans=spans
        ),
        st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.booleans(), days,
    ),
    max_size=4,
).map(tuple)  # fmt: skip


@given(weeks, holidays, st.lists(zones, min_size=1, max_size=4, unique=True), moments)
@example(PRESETS["always"], (), ["Pacific/Apia"], datetime(2029, 6, 1, tzinfo=UTC))
@example(((),) * 7, (), ["UTC"], datetime(2029, 6, 1, tzinfo=UTC))
def test_the_next_opening_is_open_and_nothing_before_it_is(
    week: tuple[Spans, ...], free: tuple[Holiday, ...], where: list[str], at: datetime
) -> None:
    hours = Hours(week=week, zones=tuple(where), holidays=free)
    for ask, wanted in ((hours.next_open, True), (hours.next_close, False)):
        then = ask(at)
        if then is None:
            assert hours.is_open(at) is not wanted
            continue
        assert hours.is_open(then) is wanted
        assert then >= at
        if then > at:
            assert hours.is_open(at) is not wanted
            assert hours.is_open(then - INSTANT) is not wanted
            assert ask(at + (then - at) / 2) == then


@given(weeks, st.lists(zones, min_size=2, max_size=5, unique=True), moments)
def test_where_the_zone_is_not_known_it_is_open_only_if_it_is_in_every_one(
    week: tuple[Spans, ...], where: list[str], at: datetime
) -> None:
    together = Hours(week=week, zones=tuple(where))
    alone = [Hours(week=week, zones=(zone,)) for zone in where]
    assert together.is_open(at) is all(hours.is_open(at) for hours in alone)
    opens = together.next_open(at)
    assert opens is None or all(hours.is_open(opens) for hours in alone)


@given(weeks, zones, zones, moments)
def test_moving_to_another_zone_moves_the_hours_with_it(
    week: tuple[Spans, ...], here: str, there: str, at: datetime
) -> None:
    for zone in (here, there):
        shown = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert Hours(week=week, zones=(zone,)).is_open(at) is wall_is_open(week, shown)
