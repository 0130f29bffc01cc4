"""The days told at a review keep the hours, the cap and the pace, and forget nobody."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.days import DaysPlan, days_plan
from domain.hours.clocks import on_the_clock_of
from domain.hours.model import HORIZON, Hours
from domain.hours.presets import PRESETS, read_spans
from domain.pacing.rules import DAY, GENTLE, NORMAL, Pacing, reopens_at, room

ISTANBUL = "Europe/Istanbul"
OFFICE = Hours(week=PRESETS["office"], zones=(ISTANBUL,))
#: A Friday, at nine in the morning in Istanbul.
FRIDAY = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
AT_ONCE = Pacing(shortest=timedelta(), longest=timedelta())
HOUR = timedelta(hours=1)


def plan(people: int, hours: Hours = OFFICE, *, a_day: int = 500, pacing: Pacing = NORMAL) -> DaysPlan:
    return days_plan({hours: people}, pacing=pacing, a_day=a_day, usage=[], start=FRIDAY, zone=ISTANBUL)


def told(plan: DaysPlan) -> list[tuple[str, int]]:
    return [(f"{day.day:%a %d}", day.people) for day in plan.days]


def test_a_campaign_within_the_cap_and_the_hours_takes_one_day() -> None:
    made = plan(200)
    assert told(made) == [("Fri 27", 200)]
    assert made.begins == FRIDAY
    assert made.ends == FRIDAY + NORMAL.average * 199


def test_over_the_cap_it_goes_on_after_24_hours_and_skips_the_weekend() -> None:
    assert told(plan(1_200)) == [("Fri 27", 500), ("Mon 30", 500), ("Tue 01", 200)]


def test_what_the_hours_have_no_room_for_goes_the_next_day() -> None:
    slow = Pacing(shortest=HOUR, longest=HOUR)
    assert told(plan(12, pacing=slow)) == [("Fri 27", 9), ("Mon 30", 3)]


def test_what_was_sent_before_counts() -> None:
    usage = [(FRIDAY - HOUR, 300), (FRIDAY - DAY + HOUR, 150)]
    made = days_plan(
        {OFFICE: 100}, pacing=GENTLE, a_day=500, usage=usage, start=FRIDAY, zone=ISTANBUL
    )  # fmt: skip
    assert told(made) == [("Fri 27", 100)]
    assert made.ends is not None
    assert made.ends > FRIDAY + HOUR


def test_started_at_night_it_waits_for_the_morning() -> None:
    night = FRIDAY - 8 * HOUR
    made = days_plan({OFFICE: 5}, pacing=NORMAL, a_day=500, usage=[], start=night, zone=ISTANBUL)
    assert made.begins == FRIDAY


def test_by_each_ones_own_clock_those_whose_day_ends_first_go_first() -> None:
    slow = Pacing(shortest=timedelta(minutes=20), longest=timedelta(minutes=20))
    week = (read_spans("9-18"),) * 7
    home = Hours(week=week, zones=(ISTANBUL,))
    berlin, new_york = (on_the_clock_of(number, home) for number in ("+4930123456", "+12125550123"))
    made = days_plan(
        {home: 18, berlin: 9, new_york: 3}, pacing=slow, a_day=500, usage=[], start=FRIDAY, zone=ISTANBUL
    )  # fmt: skip
    assert told(made) == [("Fri 27", 30)]
    assert made.ends == FRIDAY + slow.average * 29


def test_people_whose_clocks_share_no_open_hour_are_told_apart() -> None:
    russia = on_the_clock_of("+79161234567", OFFICE)
    made = days_plan({OFFICE: 5, russia: 7}, pacing=NORMAL, a_day=500, usage=[], start=FRIDAY, zone=ISTANBUL)
    assert (told(made), made.unreached) == ([("Fri 27", 5)], 7)


def test_where_nothing_may_leave_nobody_is_reached() -> None:
    shut = Hours(week=((),) * 7, zones=(ISTANBUL,))
    for made in (plan(5, shut), plan(5, a_day=0)):
        assert (made.days, made.unreached, made.begins, made.ends) == ((), 5, None, None)


def test_a_plan_ends_at_the_horizon() -> None:
    made = plan(1_000, Hours(week=PRESETS["always"], zones=(ISTANBUL,)), a_day=1)
    assert made.unreached == 1_000 - len(made.days)
    assert made.ends is not None
    assert made.ends < FRIDAY + HORIZON


CLOCKS = [
    (ISTANBUL,),
    ("America/New_York",),
    ("Asia/Kathmandu",),
    ("Atlantic/Canary", "Europe/Madrid"),
    ("Pacific/Apia",),
]
groups = st.dictionaries(
    st.builds(
        lambda preset, zones: Hours(week=PRESETS[preset], zones=zones),
        st.sampled_from(sorted(PRESETS)), st.sampled_from(CLOCKS),
    ),
    st.integers(0, 300), max_size=4,
)  # fmt: skip
paces = st.sampled_from(
    [AT_ONCE, NORMAL, GENTLE, Pacing(shortest=timedelta(minutes=7), longest=timedelta(minutes=9))]
)
usages = st.lists(st.tuples(st.integers(-1_500, 0), st.integers(1, 40)), max_size=6).map(
    lambda pairs: sorted({FRIDAY + timedelta(minutes=minute): count for minute, count in pairs}.items())
)


def one_by_one(
    people: dict[Hours, int], pacing: Pacing, a_day: int, usage: list[tuple[datetime, int]], at: datetime
) -> list[tuple[date, int]]:
    """The same with a clock that goes on from person to person, by the rules that sending itself goes by."""
    left, sent, days = dict(people), dict(usage), Counter[date]()
    while any(left.values()):
        opens = {hours: hours.next_open(at) for hours, count in left.items() if count}
        at = max(at, min(filter(None, opens.values())))
        if room(a_day, sorted(sent.items()), now=at) == 0:
            at = reopens_at(a_day, sorted(sent.items()), now=at)
            continue
        soonest = [hours for hours, moment in opens.items() if moment is not None and moment <= at]
        hours = min(soonest, key=lambda hours: hours.next_close(at) or at + HORIZON)
        left[hours] -= 1
        days[at.astimezone(ZoneInfo(ISTANBUL)).date()] += 1
        minute = at.replace(second=0, microsecond=0)
        sent[minute] = sent.get(minute, 0) + 1
        at += pacing.average
    return list(days.items())


few = st.dictionaries(
    st.builds(
        lambda preset, zones: Hours(week=PRESETS[preset], zones=zones),
        st.sampled_from(sorted(PRESETS)), st.sampled_from(CLOCKS),
    ),
    st.integers(0, 25), max_size=3,
)  # fmt: skip


@settings(max_examples=50)
@given(few, paces, st.integers(1, 30), usages, st.integers(0, 10_000))
def test_the_plan_is_what_sending_person_by_person_comes_to(
    people: dict[Hours, int], pacing: Pacing, a_day: int, usage: list[tuple[datetime, int]], later: int
) -> None:
    start = FRIDAY + timedelta(minutes=later)
    made = days_plan(people, pacing=pacing, a_day=a_day, usage=usage, start=start, zone=ISTANBUL)
    told = [(day.day, day.people) for day in made.days]
    assert told == one_by_one(people, pacing, a_day, usage, start)[: len(told)]
    assert made.unreached == 0 or a_day < 10


@given(groups, paces, st.integers(20, 400), usages, st.integers(0, 10_000))
def test_everybody_has_a_day_with_the_hours_and_the_cap_kept(
    people: dict[Hours, int], pacing: Pacing, a_day: int, usage: list[tuple[datetime, int]], later: int
) -> None:
    start = FRIDAY + timedelta(minutes=later)
    made = days_plan(people, pacing=pacing, a_day=a_day, usage=usage, start=start, zone=ISTANBUL)
    assert sum(day.people for day in made.days) + made.unreached == sum(people.values())
    assert made.unreached == 0
    by_day = Counter({day.day: day.people for day in made.days})
    assert len(by_day) == len(made.days)
    for day in made.days:
        assert 0 < day.people <= 2 * a_day
        assert start <= day.begins <= day.ends
        assert day.begins.astimezone(ZoneInfo(ISTANBUL)).date() == day.day
        assert any(hours.is_open(day.begins) for hours, count in people.items() if count)
    for before, after in zip(made.days, made.days[1:], strict=False):
        assert before.ends < after.begins or pacing.is_batched
