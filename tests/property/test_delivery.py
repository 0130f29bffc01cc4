"""What is known of an attempt only grows; what follows from an outcome is decided once."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.campaigns.late_start import LATEST
from domain.delivery.model import Attempt, Progress
from domain.delivery.ports import Accepted, Fault, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import (
    FAULTS_THAT_PAUSE,
    NEWS_AFTER,
    NEWS_WAITING,
    RETRY_AFTER,
    STATE_AT,
    Claim,
    RecipientState,
    faults_after,
    is_restriction,
    learn,
)
from domain.kernel.ids import AttemptKey, CampaignId, ContactId, RecipientId

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
news = st.lists(st.sampled_from(Progress), max_size=8)
outcomes: st.SearchStrategy[SendOutcome] = st.one_of(
    st.builds(Accepted, st.text(min_size=1)),
    st.builds(Unknown, st.text(min_size=1)),
    st.builds(Rejected, st.text(min_size=1), st.booleans(), st.sampled_from(Fault)),
)


def claim(n: int = 1) -> Claim:
    return Claim(
        key=AttemptKey(f"desk-1-{n}"), recipient_id=RecipientId(1), campaign_id=CampaignId(1),
        contact_id=ContactId(1), number="+905321234567", name="Ayşe", n=n,
    )  # fmt: skip


@given(news, st.randoms())
def test_receipts_settle_the_same_in_any_order_and_however_often(seen: list[Progress], rng: Random) -> None:
    shuffled = seen + seen
    rng.shuffle(shuffled)
    once = reduce(Attempt.learn, seen, Attempt())
    twice = reduce(Attempt.learn, shuffled, Attempt())
    assert once == twice


@given(news)
def test_what_is_known_never_shrinks(seen: list[Progress]) -> None:
    attempt = Attempt()
    for item in seen:
        after = attempt.learn(item)
        assert after.progress >= attempt.progress
        attempt = after


def test_a_late_failure_does_not_undo_a_delivery_but_a_late_success_does_undo_silence() -> None:
    assert Attempt(Progress.DELIVERED).learn(Progress.FAILED).progress is Progress.DELIVERED
    assert Attempt(Progress.UNKNOWN).learn(Progress.SENT).progress is Progress.SENT


@given(outcomes, st.integers(1, 10))
def test_only_a_certain_refusal_that_may_be_retried_is_tried_again_and_three_times_at_most(
    outcome: SendOutcome, n: int
) -> None:
    learned = learn(claim(n), outcome, now=NOON)
    again = isinstance(outcome, Rejected) and outcome.can_retry and n <= 3
    assert (learned.state is RecipientState.WAITING) == again
    assert (learned.due_at is not None) == again
    if again:
        assert learned.due_at == NOON + RETRY_AFTER[n - 1]
    else:
        assert learned.state is STATE_AT[learned.progress]


def test_the_waits_are_half_a_minute_one_and_two() -> None:
    assert [wait.total_seconds() for wait in RETRY_AFTER] == [30, 60, 120]


def test_whose_chat_is_unread_waits_ever_longer_and_has_failed_before_the_message_is_half_a_day_old() -> None:
    unread = Rejected(NEWS_WAITING, True, Fault.PERSON)
    now, n = NOON, 1
    while (learned := learn(claim(n), unread, now=now)).due_at is not None:
        assert learned.state is RecipientState.WAITING
        assert learned.due_at - now == NEWS_AFTER[n - 1]
        now, n = learned.due_at, n + 1
    assert (learned.state, learned.reason) == (RecipientState.FAILED, NEWS_WAITING)
    assert LATEST - timedelta(hours=1) < now - NOON <= LATEST
    assert list(NEWS_AFTER) == sorted(NEWS_AFTER)


@given(outcomes)
def test_silence_is_never_a_failure_and_never_tried_again_by_itself(outcome: SendOutcome) -> None:
    learned = learn(claim(), outcome, now=NOON)
    if isinstance(outcome, Unknown):
        assert (learned.state, learned.due_at) == (RecipientState.UNKNOWN, None)
    assert (learned.provider_id is not None) == isinstance(outcome, Accepted)


@given(st.lists(outcomes, max_size=20))
def test_faults_in_a_row_are_those_since_the_last_success_that_are_not_the_persons(
    seen: list[SendOutcome],
) -> None:
    faults = reduce(faults_after, seen, 0)
    since: list[SendOutcome] = []
    for outcome in seen:
        since = [] if isinstance(outcome, Accepted) else [*since, outcome]
    ours = [
        o
        for o in since
        if isinstance(o, Unknown) or (isinstance(o, Rejected) and o.fault is not Fault.PERSON)
    ]
    assert faults == len(ours)


@given(outcomes, st.integers(0, 5), st.integers(0, 5))
def test_a_persons_later_try_makes_no_more_failures_in_a_row_than_people_are_in_trouble(
    outcome: SendOutcome, faults: int, most: int
) -> None:
    after = faults_after(faults, outcome, most=most)
    assert after <= max(faults, most)
    if faults < most:
        assert after == faults_after(faults, outcome)


def test_three_faults_in_a_row_pause_and_a_restriction_is_known_as_one() -> None:
    assert FAULTS_THAT_PAUSE == 3
    assert is_restriction(Rejected("restricted", False, Fault.RESTRICTION))
    assert not is_restriction(Rejected("channel_down", True, Fault.ACCOUNT))
    assert not is_restriction(Unknown())
