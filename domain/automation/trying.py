"""What each rule makes of a message, in words for whoever tries them out. Pure; nothing is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.automation.decide import decide, in_order, is_cooling, matched
from domain.automation.model import Answer, Decision, Facts, Message, Rule, Silence


class Verdict(StrEnum):
    """SERVES: it does what it says, but perhaps its answer. AFTER: an earlier rule ended it. QUIET: it would
    only answer, and does not."""

    SERVES = "serves"
    QUIET = "quiet"
    RESTS = "rests"
    AFTER = "after"
    NO_MATCH = "no_match"
    TOO_MUCH = "too_much"
    SHUT = "shut"
    DATES = "dates"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """`answer` as it would leave. `silence`: why there is none, of a rule that would give one."""

    rule: Rule
    verdict: Verdict
    answer: Answer | None = None
    silence: Silence | None = None


def explain(rules: Sequence[Rule], message: Message, facts: Facts) -> tuple[Decision, Sequence[Tried]]:
    """What `decide` says, and why, a rule at a time in their order."""
    decision = decide(rules, message, facts)
    ordered = in_order(rules)
    speaking = {rule.id for rule, _ in matched(ordered, message, facts)[0]}
    answers = {answer.rule: answer for answer in decision.answers}
    tried: list[Tried] = []
    is_over = False
    for rule in ordered:
        verdict = _not_ready(rule, facts)
        if verdict is None and rule.id in decision.untried:
            verdict = Verdict.TOO_MUCH
        elif verdict is None and rule.id not in speaking:
            verdict = Verdict.NO_MATCH
        elif verdict is None and is_over:
            verdict = Verdict.AFTER
        elif verdict is None:
            is_over = rule.stop_here or rule.opt_out
            verdict = _served(rule, facts, decision)
        answer = answers.get(rule.id)
        missing = rule.answers and answer is None and verdict in {Verdict.SERVES, Verdict.QUIET}
        silence = decision.silence if missing else None
        tried.append(Tried(rule=rule, verdict=verdict, answer=answer, silence=silence))
    return decision, tried


def _not_ready(rule: Rule, facts: Facts) -> Verdict | None:
    if not rule.is_on:
        return Verdict.OFF
    if not rule.is_valid_on(facts.today):
        return Verdict.DATES
    shut = rule.only_in_hours and not facts.is_open and not rule.opt_out
    return Verdict.SHUT if shut else None


def _served(rule: Rule, facts: Facts, decision: Decision) -> Verdict:
    if rule.id in decision.hits:
        return Verdict.SERVES
    resting = not rule.opt_out and is_cooling(rule, facts)
    return Verdict.RESTS if resting else Verdict.QUIET
