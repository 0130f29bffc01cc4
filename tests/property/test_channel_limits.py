"""People a day, messages to one person, and what a template's quality leaves of the rate."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pacing.channel_limits import (
    PAIR_BURST,
    PAIR_GAP,
    Pair,
    PeopleLimit,
    Quality,
    costs_room,
    in_service_window,
    pair_backoff,
    rate_for,
)
from domain.pacing.rules import DAY

START = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

waits = st.lists(st.integers(0, 400_000), min_size=1, max_size=200)


@given(waits)
def test_one_person_never_gets_more_than_the_pair_rate_and_its_burst_allow(asked: list[int]) -> None:
    pair, now, sent = Pair.new(now=START), START, list[datetime]()
    for wait in asked:
        now += timedelta(milliseconds=wait)
        if pair.next_at(now=now) <= now:
            pair = pair.sent(now=now)
            sent.append(now)
    for n, begin in enumerate(sent):
        for later in range(n, len(sent)):
            count, took = later - n + 1, sent[later] - begin
            assert count <= took / PAIR_GAP + 1 + PAIR_BURST
            if took < PAIR_GAP:
                assert count <= PAIR_BURST


def test_after_a_burst_as_long_a_silence_is_owed_as_it_would_have_taken() -> None:
    pair = Pair.new(now=START)
    for _ in range(20):
        assert pair.next_at(now=START) == START
        pair = pair.sent(now=START)
    assert pair.next_at(now=START + PAIR_GAP) == START + timedelta(minutes=2)


def test_no_more_than_forty_five_leave_at_once() -> None:
    pair = Pair.new(now=START)
    for _ in range(PAIR_BURST):
        assert pair.next_at(now=START) == START
        pair = pair.sent(now=START)
    assert pair.next_at(now=START) == START + PAIR_GAP * PAIR_BURST


def test_a_refused_person_waits_four_times_as_long_each_time_and_a_success_forgets_it() -> None:
    pair = Pair.new(now=START)
    waits = []
    for _ in range(4):
        pair = pair.refused(now=START)
        waits.append((pair.next_at(now=START) - START).total_seconds())
    assert waits == [1, 4, 16, 64]
    assert pair.sent(now=START + HOUR).refusals == 0


def test_the_wait_ends_at_an_hour() -> None:
    assert pair_backoff(50) == HOUR


@given(st.integers(1, 45), st.integers(0, 5), st.integers(0, 10**9))
def test_a_clock_set_back_keeps_nobody_waiting_longer_than_a_burst_or_a_backoff(
    sent: int, refused: int, back: int
) -> None:
    pair = Pair.new(now=START)
    for _ in range(sent):
        pair = pair.sent(now=START)
    for _ in range(refused):
        pair = pair.refused(now=START)
    now = START - timedelta(seconds=back)
    assert pair.next_at(now=now) - now <= max(PAIR_GAP * PAIR_BURST, pair_backoff(refused))


@pytest.mark.parametrize(
    ("tier", "people"),
    [
        ("TIER_250", 250), ("TIER_2K", 2000), ("TIER_10K", 10_000), ("TIER_100K", 100_000), ("tier_50", 50),
        (2000, 2000), ("2000", 2000),
    ],
)  # fmt: skip
def test_limits_are_read_as_whatsapp_writes_them(tier: object, people: int) -> None:
    assert PeopleLimit.of(tier) == PeopleLimit(people=people)


def test_unlimited_is_a_limit_that_was_said_and_nonsense_is_none() -> None:
    assert PeopleLimit.of("TIER_UNLIMITED") == PeopleLimit(people=None)
    nonsense: list[object] = [None, "", "TIER_", "K", True, -1, "TIER_²", [], "TIER_1M"]
    assert [PeopleLimit.of(bad) for bad in nonsense] == [None] * len(nonsense)


def test_room_is_what_is_left_of_the_people_of_24_hours() -> None:
    limit, minute = PeopleLimit(people=250), START
    usage = [(minute, 200), (minute + HOUR, 40)]
    assert limit.room(usage, now=START + HOUR * 2) == 10
    assert limit.room(usage, now=START + DAY + timedelta(minutes=1)) == 210
    full = [(minute, 250)]
    assert limit.room(full, now=START + HOUR) == 0
    assert limit.reopens_at(full, now=START + HOUR) == START + DAY + timedelta(minutes=1)
    assert PeopleLimit(people=None).room(full, now=START) is None
    assert PeopleLimit(people=None).reopens_at(full, now=START) == START


def test_a_person_takes_room_once_in_24_hours_and_never_while_they_talk_to_us() -> None:
    assert costs_room(None, in_window=False, now=START)
    assert not costs_room(START, in_window=False, now=START + HOUR)
    assert not costs_room(START + HOUR, in_window=False, now=START)
    assert costs_room(START, in_window=False, now=START + DAY)
    assert not costs_room(None, in_window=True, now=START)


def test_the_service_window_is_24_hours_from_what_they_last_wrote() -> None:
    assert in_service_window(START, now=START + DAY - timedelta(seconds=1))
    assert not in_service_window(START, now=START + DAY)
    assert not in_service_window(START + HOUR, now=START)
    assert not in_service_window(None, now=START)


def test_a_yellow_template_takes_half_the_rate_and_a_red_one_none() -> None:
    assert [rate_for(80, quality) for quality in Quality] == [80, 40, 0, 80]


@pytest.mark.parametrize(
    ("word", "quality"),
    [("GREEN", Quality.GREEN), ("Yellow ", Quality.YELLOW), ("RED", Quality.RED), ("NA", Quality.UNKNOWN)],
)
def test_quality_is_read_generously(word: str, quality: Quality) -> None:
    assert Quality.of(word) is quality
    assert Quality.of(None) is Quality.UNKNOWN
