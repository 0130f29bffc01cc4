"""Regexes and texts made to take for ever: each message is answered or refused within 10 ms.

Counted is the time of the processor, so that it is the same with others at work beside it.
"""

import gc
from collections.abc import Iterator
from random import Random
from time import thread_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.automation.decide import LOOKED_AT, MOST_TRYING
from domain.automation.model import When
from domain.automation.patterns import LARGEST_PROGRAM, LONGEST_PATTERN, Pattern
from domain.contacts.stop_words import Vocabulary
from domain.kernel.errors import DomainError
from tests.unit.automation.desk import decided, rule
from tests.unit.automation.hostile import ALPHABETS, a_full_workspace, accepted, answered_in, patterns, text

ALLOWED = 0.010


@pytest.fixture(autouse=True)
def no_collecting() -> Iterator[None]:
    """Collecting what other tests left behind would be counted as well."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_hostile_regexes_and_texts_take_ten_milliseconds_each_at_most(seed: int) -> None:
    rng = Random(seed)
    source, refused, slow = patterns(rng), 0, []
    for _ in range(1_000):
        pattern, said = next(source), text(rng)
        made, spent = accepted(pattern)
        refused += made is None
        if made is not None:
            spent = max(spent, answered_in([made], said))
        if spent > ALLOWED:
            slow.append((pattern, said[:20], len(said), spent))
    assert slow == []
    assert 100 < refused < 900


def test_as_many_of_them_as_a_workspace_may_have_take_no_longer() -> None:
    rng = Random(3)
    rules, slow = a_full_workspace(rng), []
    for _ in range(200):
        said = text(rng)
        if (spent := answered_in(rules, said)) > ALLOWED:
            slow.append((said[:20], len(said), spent))
    assert slow == []


def test_what_was_too_much_to_try_is_handed_to_a_person() -> None:
    big = "(a?){30}" * 3
    number = MOST_TRYING // (Pattern(big).size * LOOKED_AT) + 1
    rules = [rule(n, When.REGEX, big + str(n), stop_here=False) for n in range(number)]
    made = decided("a" * LOOKED_AT, *rules, rule(99, When.NO_MATCH))
    assert made.untried == (number - 1,)
    assert made.hand_over
    assert made.answers == ()


def test_words_that_stop_are_heard_as_fast_whatever_is_written() -> None:
    house = Vocabulary()
    for alphabet in ALPHABETS:
        said = alphabet * 30_000
        begun = thread_time()
        house.heard(said)
        assert thread_time() - begun < ALLOWED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300), st.text(max_size=2_000))
def test_any_pattern_is_taken_or_refused_and_any_text_decided(source: str, said: str) -> None:
    try:
        pattern = Pattern(source)
    except DomainError as refused:
        assert not len(source) > LONGEST_PATTERN or refused.code == "rule.pattern_too_long"
        at = refused.data.get("at", 1)
        assert isinstance(at, int)
        assert 1 <= at <= len(source) + 1
        return
    assert 0 < pattern.size <= LARGEST_PROGRAM
    decided(
        said,
        rule(1, When.REGEX, source, text="{0}"),
        rule(2, When.EQUALS, said),
        rule(3, When.CONTAINS, said),
    )
