"""A number's bucket never lets go more than it may, learns from refusals, and bears with any clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.pacing.bucket import DEFAULT_RATE, ONE_REFUSAL, Bucket

START = datetime(2030, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

rates = st.sampled_from([1.0, 3.5, 20.0, 80.0, 1000.0])
#: (milliseconds gone by, how many are wanted, whether one of them was refused for speed).
waits = st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 400), st.booleans()), max_size=80)


def ms(number: float) -> timedelta:
    return timedelta(milliseconds=number)


@given(rates, waits)
def test_within_no_second_more_leaves_than_the_number_may(
    ceiling: float, asked: list[tuple[int, int, bool]]
) -> None:
    bucket, now, left = Bucket.new(ceiling=ceiling, now=START), START, list[tuple[datetime, int]]()
    for wait, wanted, refused in asked:
        now += ms(wait)
        grant = bucket.take(wanted, now=now)
        bucket = grant.bucket.refused(now=now) if refused else grant.bucket
        assert 0 <= grant.granted <= wanted
        left.append((now, grant.granted))
    for begin, _ in left:
        assert sum(n for at, n in left if begin <= at < begin + SECOND) <= ceiling


@given(st.sampled_from([20.0, 80.0, 1000.0]), waits)
def test_within_any_stretch_no_more_leaves_than_its_rate_and_one_burst(
    ceiling: float, asked: list[tuple[int, int, bool]]
) -> None:
    bucket, now, left = Bucket.new(ceiling=ceiling, now=START), START, list[tuple[datetime, int]]()
    for wait, wanted, _ in asked:
        now += ms(wait)
        grant = bucket.take(wanted, now=now)
        bucket = grant.bucket
        left.append((now, grant.granted))
    for n, (begin, _) in enumerate(left):
        for end, _ in left[n:]:
            sent = sum(count for at, count in left if begin <= at <= end)
            assert sent <= ceiling * (end - begin).total_seconds() + max(1.0, ceiling / 10) + 1e-6


@given(rates, st.integers(1, 500), st.lists(st.integers(0, 2_000), max_size=20))
def test_who_comes_back_when_told_gets_at_least_one(ceiling: float, wanted: int, before: list[int]) -> None:
    bucket, now = Bucket.new(ceiling=ceiling, now=START), START
    for wait in before:
        now += ms(wait)
        bucket = bucket.take(wanted, now=now).bucket
    grant = bucket.take(10_000, now=now)
    # The clock's smallest step, for a moment that falls between two of them.
    again = grant.bucket.take(1, now=grant.next_at + timedelta(microseconds=1))
    assert again.granted == 1
    assert grant.next_at >= now


def sent_in(bucket: Bucket, seconds: int, *, step: int = 5, start: datetime = START) -> tuple[int, Bucket]:
    sent, now = 0, start
    while now < start + SECOND * seconds:
        grant = bucket.take(1000, now=now)
        sent, bucket, now = sent + grant.granted, grant.bucket, now + ms(step)
    return sent, bucket


def test_a_fast_number_gets_all_that_it_may_even_when_woken_late() -> None:
    for step, least in ((1, 985), (10, 985), (40, 955), (90, 920)):
        sent, _ = sent_in(Bucket.new(ceiling=1000, now=START), 20, step=step)
        assert 20 * least <= sent <= 20 * 1000 + 100


def test_it_starts_at_twenty_a_second_when_told_so() -> None:
    sent, _ = sent_in(Bucket.new(ceiling=80, now=START, rate=DEFAULT_RATE), 1)
    assert sent <= 23


def test_a_refusal_halves_the_rate_once_for_all_that_was_under_way() -> None:
    bucket = Bucket.new(ceiling=1000, now=START)
    for n in range(50):
        bucket = bucket.refused(now=START + ms(n * 10))
    assert 500 <= bucket.rate < 520
    assert bucket.refused(now=START + ONE_REFUSAL + ms(1)).rate < 270
    assert bucket.take(100, now=START + ms(490)).granted == 0


@given(rates, st.integers(1, 40))
def test_however_often_it_was_refused_it_recovers_slowly_to_all_that_it_may(
    ceiling: float, refusals: int
) -> None:
    bucket, now = Bucket.new(ceiling=ceiling, now=START), START
    for _ in range(refusals):
        now += ONE_REFUSAL
        bucket = bucket.refused(now=now)
    rates = [bucket.rate]
    for _ in range(60):
        now += SECOND
        bucket = bucket.take(0, now=now).bucket
        rates.append(bucket.rate)
    assert all(earlier <= later for earlier, later in pairwise(rates))
    assert rates[0] >= min(1.0, ceiling)
    assert rates[1] - rates[0] <= ceiling / 60 + 1e-9
    assert bucket.rate == ceiling


@given(rates, st.lists(st.tuples(st.integers(-4_000_000, 4_000_000), st.integers(1, 300)), max_size=30))
def test_a_clock_that_jumps_gives_away_no_more_than_one_burst_each_time(
    ceiling: float, jumps: list[tuple[int, int]]
) -> None:
    bucket, now = Bucket.new(ceiling=ceiling, now=START), START
    for jump, wanted in jumps:
        now += ms(jump)
        grant = bucket.take(wanted, now=now)
        bucket = grant.bucket
        assert grant.granted <= max(1.0, ceiling / 10)


@given(rates, st.integers(1, 10_000_000))
def test_a_clock_set_back_locks_nobody_out(ceiling: float, back: int) -> None:
    _, bucket = sent_in(Bucket.new(ceiling=ceiling, now=START), 1)
    now = START - ms(back)
    grant = bucket.take(1000, now=now)
    assert grant.next_at <= now + ms(1_100)
    assert grant.bucket.take(1, now=now + ms(1_100)).granted == 1


def test_a_lowered_limit_holds_at_once_and_a_raised_one_is_grown_into() -> None:
    bucket = Bucket.new(ceiling=1000, now=START)
    cut = bucket.limited_to(80, now=START)
    assert cut.take(1000, now=START).granted <= 8
    raised = cut.limited_to(1000, now=START)
    assert raised.rate == 80
    assert raised.take(0, now=START + SECOND * 60).bucket.rate == 1000
