"""Caps hold over any order of claims, and whatever is done to the clock."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pacing.rules import (
    DAY,
    LONGEST_GAP,
    GapRefused,
    Pacing,
    reopens_at,
    room,
)

START = datetime(2030, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

limits = st.integers(1, 30)
#: (seconds to move the clock by before wanting so many): back as well as on.
wishes = st.lists(st.tuples(st.integers(-40_000, 90_000), st.integers(1, 12)), min_size=1, max_size=60)
usages = st.lists(st.tuples(st.integers(-2_000, 2_000), st.integers(1, 9)), max_size=40).map(
    lambda pairs: sorted({START + MINUTE * minute: count for minute, count in pairs}.items())
)


class Account:
    """Claims tallied per minute, as the store does."""

    def __init__(self) -> None:
        self.minutes: dict[datetime, int] = {}
        self.claims: list[tuple[datetime, int]] = []

    def usage(self, now: datetime) -> list[tuple[datetime, int]]:
        since = (now - DAY).replace(second=0, microsecond=0)
        return sorted((minute, n) for minute, n in self.minutes.items() if minute >= since)

    def claim(self, number: int, now: datetime) -> None:
        minute = now.replace(second=0, microsecond=0)
        self.minutes[minute] = self.minutes.get(minute, 0) + number
        self.claims.append((now, number))


@given(limits, wishes)
def test_no_24_hours_of_the_clock_ever_hold_more_than_the_cap(
    limit: int, wanted: list[tuple[int, int]]
) -> None:
    account, now = Account(), START
    for seconds, number in wanted:
        now += timedelta(seconds=seconds)
        taken = min(number, room(limit, account.usage(now), now=now))
        if taken:
            account.claim(taken, now)
    for begin, _ in account.claims:
        inside = sum(number for at, number in account.claims if begin <= at < begin + DAY)
        assert inside <= limit


@given(limits, st.integers(1, 100), st.integers(1, 100_000))
def test_a_clock_set_back_gives_no_new_room(limit: int, claimed: int, back: int) -> None:
    account = Account()
    account.claim(min(claimed, limit), START)
    left = room(limit, account.usage(START), now=START)
    earlier = START - timedelta(seconds=back)
    assert room(limit, account.usage(earlier), now=earlier) == left


@given(limits, usages)
def test_it_reopens_at_the_first_moment_with_room(limit: int, usage: list[tuple[datetime, int]]) -> None:
    at = reopens_at(limit, usage, now=START)
    assert at >= START
    assert room(limit, usage, now=at) > 0
    if at > START:
        assert room(limit, usage, now=START) == 0
        assert room(limit, usage, now=at - timedelta(microseconds=1)) == 0


def test_a_cap_of_nobody_never_opens() -> None:
    assert room(0, [], now=START) == 0
    assert reopens_at(0, [], now=START) > START


@given(st.floats(0, 3600), st.floats(0, 3600), st.integers())
def test_every_pause_lies_between_the_two_ends(one: float, other: float, seed: int) -> None:
    shortest, longest = sorted([timedelta(seconds=one), timedelta(seconds=other)])
    pacing = Pacing(shortest=shortest, longest=longest)
    rng = Random(seed)
    assert all(shortest <= pacing.gap(rng) <= longest for _ in range(20))
    assert shortest <= pacing.average <= longest
    assert pacing.is_batched == (longest == timedelta(0))


@pytest.mark.parametrize(
    ("shortest", "longest"),
    [(-1, 5), (6, 5), (0, LONGEST_GAP.total_seconds() + 1)],
)
def test_a_pause_that_makes_no_sense_is_refused(shortest: float, longest: float) -> None:
    with pytest.raises(GapRefused):
        Pacing(shortest=timedelta(seconds=shortest), longest=timedelta(seconds=longest))
