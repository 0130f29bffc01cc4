"""Why each rule does what it does, told to whoever tries them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.automation.decide import decide
from domain.automation.model import Facts, Message, Rule, RuleId, Silence, When
from domain.automation.trying import Verdict, explain
from tests.unit.automation.desk import FACTS, NOW, rule


def told(text: str, *rules: Rule, **facts: Any) -> list[tuple[Verdict, Silence | None]]:
    _, tried = explain(rules, Message(text=text), _facts(**facts))
    return [(one.verdict, one.silence) for one in tried]


def _facts(**facts: Any) -> Facts:
    return replace(FACTS, **facts)


def test_every_rule_says_why_it_is_silent() -> None:
    rules = [
        rule(1, When.CONTAINS, "price", is_on=False),
        rule(2, When.CONTAINS, "price", valid_until=date(2026, 11, 25)),
        rule(3, When.CONTAINS, "price", only_in_hours=True),
        rule(4, When.CONTAINS, "bread"),
        rule(5, When.CONTAINS, "price", cooldown=timedelta(hours=1), stop_here=False),
        rule(6, When.CONTAINS, "price"),
        rule(7, When.ANY),
    ]
    assert [one for one, _ in told("the price?", *rules, is_open=False, served={RuleId(5): NOW})] == [
        Verdict.OFF, Verdict.DATES, Verdict.SHUT, Verdict.NO_MATCH, Verdict.RESTS, Verdict.SERVES,
        Verdict.AFTER,
    ]  # fmt: skip


def test_an_answer_that_is_missing_says_why() -> None:
    tagging = rule(1, When.ANY, text="Hi", tag="wrote", stop_here=False)
    answering = rule(2, When.ANY, text="Hi")
    assert told("hello", tagging, answering, plan_runs=False) == [
        (Verdict.SERVES, Silence.PLAN_ENDED), (Verdict.QUIET, Silence.PLAN_ENDED),
    ]  # fmt: skip


RULES = st.lists(
    st.fixed_dictionaries(
        {
            "when": st.sampled_from(list(When)), "words": st.sampled_from(["a", "b"]),
            "opt_out": st.booleans(), "stop_here": st.booleans(), "is_on": st.booleans(),
            "only_in_hours": st.booleans(),
        }
    ),
    max_size=6,
)  # fmt: skip


@given(
    RULES, st.sets(st.integers(1, 6)), st.sampled_from(["a", "b", "ab", "c"]), st.booleans(), st.booleans()
)
def test_what_is_told_is_what_would_be_done(
    parts: list[dict[str, Any]], resting: set[int], text: str, is_open: bool, runs: bool
) -> None:
    rules = [
        rule(n, **part, text="" if part["opt_out"] else f"#{n}", cooldown=timedelta(hours=1))
        for n, part in enumerate(parts, 1)
    ]
    facts = _facts(is_open=is_open, plan_runs=runs, served={RuleId(n): NOW for n in resting})
    decision, tried = explain(rules, Message(text=text), facts)
    assert decision == decide(rules, Message(text=text), facts)
    assert tuple(one.rule.id for one in tried if one.verdict is Verdict.SERVES) == decision.hits
    assert tuple(one.answer for one in tried if one.answer) == decision.answers
    quiet = [one.silence for one in tried if one.verdict is Verdict.QUIET]
    assert decision.opt_out or None not in quiet
