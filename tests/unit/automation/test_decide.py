"""Which rules speak to a message, and what they do."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from domain.automation.decide import MOST_AN_HOUR, MOST_AT_ONCE, decide
from domain.automation.model import LONGEST_COOLDOWN, Decision, Message, RuleId, Silence, When
from domain.delivery.content import Media, MediaKind
from tests.unit.automation.desk import FACTS, NOW, decided, rule, texts

HOUR = timedelta(hours=1)
PRICE_LIST = Media(kind=MediaKind.DOCUMENT, key="k", filename="prices.pdf", mime="application/pdf", size=9)
LONG = "We are out today, and answer tomorrow from nine."


@pytest.mark.parametrize("text", ["price", "Price?", " PRICE!! ", "Ｐrice", "prıce", "Pricé"])
def test_equals_takes_the_whole_message_however_it_is_written(text: str) -> None:
    assert texts(text, rule(1, When.EQUALS, "Price")) == ["#1"]


def test_equals_takes_nothing_more_than_that() -> None:
    assert texts("the price", rule(1, When.EQUALS, "price")) == []


def test_an_emoji_can_be_waited_for() -> None:
    assert texts("👍", rule(1, When.EQUALS, "👍")) == ["#1"]
    assert texts("👎", rule(1, When.EQUALS, "👍")) == []
    assert texts("fine 👍🏽", rule(1, When.CONTAINS, "👍")) == ["#1"]


def test_contains_finds_it_anywhere() -> None:
    assert texts("What is the  PRIČE of it?", rule(1, When.CONTAINS, "price of")) == ["#1"]
    assert texts("nothing of the kind", rule(1, When.CONTAINS, "price")) == []


def test_a_regex_puts_its_groups_into_the_answer() -> None:
    order = rule(
        1, When.REGEX, r"order (\d+)(?: of (?P<what>\w+))?",
        text="{name}, no. {1} of {what|bread} in {city}: “{0}”",
    )  # fmt: skip
    assert texts("My ORDER 44", order) == ["Bruno, no. 44 of bread in Porto: “ORDER 44”"]
    assert texts("order 7 of rolls", order) == ["Bruno, no. 7 of rolls in Porto: “order 7 of rolls”"]


def test_a_group_goes_before_a_field_of_the_same_name_and_is_not_filled_again() -> None:
    named = rule(1, When.REGEX, r"i am (?P<NAME>.+)", text="Hello {name}")
    assert texts("I am {city}", named) == ["Hello {city}"]


def test_an_answer_with_nothing_in_it_is_none() -> None:
    made = decided("x", rule(1, When.REGEX, "x(.*)", text="{1}"))
    assert made == Decision()


def test_an_answer_is_no_longer_than_whatsapp_takes() -> None:
    (answer,) = texts("y" * 900, rule(1, When.REGEX, ".+", text="{0}" * 9))
    assert len(answer) == 4096
    (caption,) = texts("y" * 900, rule(1, When.REGEX, ".+", text="{0}" * 9, media=PRICE_LIST))
    assert len(caption) == 1024


def test_media_needs_no_text() -> None:
    (answer,) = decided("price", rule(1, When.EQUALS, "price", media=PRICE_LIST)).answers
    assert (answer.media, answer.text) == (PRICE_LIST, "")


def test_first_speaks_to_the_first_message_alone() -> None:
    assert texts("hi", rule(1, When.FIRST), is_first=True) == ["#1"]
    assert texts("hi", rule(1, When.FIRST)) == []


def test_no_match_speaks_when_nothing_else_does_wherever_it_stands() -> None:
    rules = [
        rule(1, When.NO_MATCH, stop_here=False), rule(2, When.EQUALS, "price"),
        rule(3, When.ANY, tag="wrote", stop_here=False),
    ]  # fmt: skip
    assert texts("hello", *rules) == ["#1"]
    assert texts("price", *rules) == ["#2"]


def test_rules_go_in_their_order_and_stop_where_they_say() -> None:
    first, second = rule(1, When.ANY, stop_here=False), rule(2, When.ANY)
    assert texts("hi", second, first, rule(3, When.ANY)) == ["#1", "#2"]


def test_what_is_switched_off_or_not_of_the_day_is_not_there() -> None:
    today = FACTS.today
    day = timedelta(days=1)
    assert texts("hi", rule(1, When.ANY, is_on=False)) == []
    assert texts("hi", rule(1, When.ANY, valid_from=today + day)) == []
    assert texts("hi", rule(1, When.ANY, valid_until=today - day)) == []
    assert texts("hi", rule(1, When.ANY, valid_from=today, valid_until=today)) == ["#1"]
    assert texts("hi", rule(1, When.ANY), today=date(2030, 1, 1)) == ["#1"]


def test_only_in_hours_lets_the_next_rule_speak_outside() -> None:
    rules = [rule(1, When.ANY, only_in_hours=True), rule(2, When.ANY)]
    assert texts("hi", *rules) == ["#1"]
    assert texts("hi", *rules, is_open=False) == ["#2"]


def test_a_rule_rests_toward_a_person_and_still_stops_the_others() -> None:
    price = rule(1, When.EQUALS, "price", cooldown=HOUR)
    rules = [price, rule(2, When.ANY), rule(3, When.NO_MATCH)]
    for ago, answers in ((HOUR, ["#1"]), (HOUR / 2, []), (-HOUR, [])):
        assert texts("price", *rules, served={price.id: NOW - ago}) == answers
    made = decided("price", *rules, served={price.id: NOW})
    assert (made.hits, made.silence) == ((), Silence.COOLING)


def test_tags_and_handing_over_are_gathered_each_once() -> None:
    rules = [
        rule(1, When.CONTAINS, "price", tag="price", stop_here=False),
        rule(2, When.CONTAINS, "list", tag="price", hand_over=True, stop_here=False),
        rule(3, When.ANY, tag="wrote", text="Thanks"),
    ]
    made = decided("the price list", *rules)
    assert (made.tags, made.hand_over, made.hits) == (("price", "wrote"), True, (1, 2, 3))
    assert not made.opt_out


@pytest.mark.parametrize(
    "facts",
    [{}, {"is_open": False}, {"plan_runs": False}, {"has_stopped": True}, {"answered": [NOW] * 99},
     {"served": {RuleId(2): NOW}}],
)  # fmt: skip
def test_an_opt_out_is_never_held_up_and_ends_everything_else(facts: dict[str, Any]) -> None:
    leave = rule(2, When.CONTAINS, "leave me", opt_out=True, only_in_hours=True, cooldown=LONGEST_COOLDOWN)
    made = decided("leave me alone", rule(1, When.ANY, stop_here=False), leave, rule(3, When.ANY), **facts)
    assert made.opt_out
    assert made.answers == ()
    assert 2 in made.hits


def test_when_the_plan_has_ended_nothing_is_answered_but_tags_are_kept() -> None:
    rules = [rule(1, When.ANY, tag="wrote", text="Hi", stop_here=False), rule(2, When.ANY)]
    made = decided("hi", *rules, plan_runs=False)
    assert (made.answers, made.silence) == ((), Silence.PLAN_ENDED)
    assert (made.tags, made.hits) == (("wrote",), (1,))


def test_whoever_said_stop_is_answered_nothing() -> None:
    made = decided("hi", rule(1, When.ANY), has_stopped=True)
    assert (made.answers, made.silence) == ((), Silence.STOPPED)


def test_our_own_numbers_are_never_answered() -> None:
    made = decided("stop it", rule(1, When.ANY, opt_out=True, tag="x"), is_ours=True)
    assert made == Decision(silence=Silence.FROM_US)


def test_an_echo_of_ours_is_not_answered() -> None:
    for text in (LONG, f"You said: {LONG}"):
        made = decided(text, rule(1, When.ANY, tag="x"), sent=["Hi", LONG])
        assert made == Decision(silence=Silence.ECHO)
    assert texts("Hi", rule(1, When.ANY), sent=["Hi", ""]) == ["#1"]


def test_a_sentence_said_three_times_is_a_machines_and_a_one_is_not() -> None:
    assert decided(LONG, rule(1, When.ANY), heard=[LONG, LONG]).silence is Silence.REPEATS
    assert texts(LONG, rule(1, When.ANY), heard=["hello", LONG]) == ["#1"]
    assert texts("1", rule(1, When.ANY), heard=["1"] * 9) == ["#1"]


def test_two_machines_that_answer_each_other_fall_silent() -> None:
    answer, turns = rule(1, When.ANY), 0
    answered: list[datetime] = []
    for n in range(50):
        now = NOW + timedelta(seconds=n)
        made = decided(f"That is interesting, tell me more ({n})", answer, at=now, answered=list(answered))
        answered += [now] * len(made.answers)
        turns += len(made.answers)
    assert turns == MOST_AN_HOUR
    assert made.silence is Silence.TOO_MANY
    assert texts("hi", answer, at=NOW + HOUR * 2, answered=answered) == ["#1"]


def test_no_hour_ever_holds_more_answers_than_allowed_and_the_number_can_be_set() -> None:
    message, answer = Message(text="hi"), rule(1, When.ANY)
    assert decide([answer], message, FACTS, most_an_hour=0).silence is Silence.TOO_MANY
    assert texts("hi", answer, answered=[NOW - HOUR] * 9) == ["#1"]
    assert texts("hi", answer, answered=[NOW + HOUR] * MOST_AN_HOUR) == []


def test_one_message_is_answered_a_few_times_at_most() -> None:
    rules = [rule(n, When.ANY, stop_here=False) for n in range(1, 10)]
    made = decided("hi", *rules)
    assert len(made.answers) == len(made.hits) == MOST_AT_ONCE
    assert len(decided("hi", *rules, answered=[NOW] * (MOST_AN_HOUR - 1)).answers) == 1
