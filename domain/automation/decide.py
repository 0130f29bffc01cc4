"""What the rules do with a message. Pure, and bounded: see `patterns` for how long it may take at most.

Taking back consent is never held up: a rule that opts out works outside hours, in its cooldown, after the end
of the plan, past the limit of answers and however late. Everything else keeps quiet sooner than it speaks
once too often.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final

from domain.automation.model import Answer, Decision, Facts, Message, Rule, RuleId, Silence, When
from domain.automation.patterns import pattern
from domain.campaigns import template
from domain.contacts.folding import folded, words

#: Automatic answers to one person in any hour, unless the workspace sets it.
MOST_AN_HOUR: Final = 5
#: Answers to one message, when rules go on after they matched.
MOST_AT_ONCE: Final = 3
#: A message is looked at so far.
LOOKED_AT: Final = 1_000
#: What trying regexes on one message may cost, in instructions times bytes: about 10 ns each at the worst.
MOST_TRYING: Final = 500_000
#: A sentence so long is not written twice by chance; a "yes" or a "1" is.
_TELLING: Final = 20
#: A person may say the same again; a machine goes on.
_SAID_AGAIN: Final = 2
_REMEMBERED: Final = 10
_HOUR: Final = timedelta(hours=1)

Groups = Mapping[str, str]


def decide(
    rules: Sequence[Rule], message: Message, facts: Facts, *, most_an_hour: int = MOST_AN_HOUR
) -> Decision:
    """STOP and START are heard before, and come here never. Rules must have passed `check`."""
    if (machine := _no_person(message, facts)) is not None:
        return Decision(silence=machine)
    speaking, untried = matched(in_order(rules), message, facts)
    quiet = _quiet(facts)
    left = min(MOST_AT_ONCE, most_an_hour - sum(at > facts.at - _HOUR for at in facts.answered))
    hits: list[RuleId] = []
    answers: list[Answer] = []
    tags: list[str] = []
    silence: Silence | None = None
    hand_over = bool(untried)
    for rule, groups in speaking:
        if rule.opt_out:
            return Decision(
                hits=(*hits, rule.id), tags=_each_once([*tags, rule.tag]), opt_out=True, untried=untried,
                hand_over=hand_over or rule.hand_over,
            )  # fmt: skip
        if is_cooling(rule, facts):
            silence = silence or (Silence.COOLING if rule.answers else None)
        else:
            answer = _answer(rule, groups, facts)
            if answer and (why := quiet or (Silence.TOO_MANY if len(answers) >= left else None)):
                answer, silence = None, silence or why
            if answer:
                answers.append(answer)
            if answer or rule.tag or rule.hand_over:
                hits.append(rule.id)
            tags.append(rule.tag)
            hand_over = hand_over or rule.hand_over
        if rule.stop_here:
            break
    return Decision(
        hits=tuple(hits), answers=tuple(answers), tags=_each_once(tags), hand_over=hand_over, silence=silence,
        untried=untried,
    )  # fmt: skip


def _no_person(message: Message, facts: Facts) -> Silence | None:
    """Whether a machine speaks, ours or another's: it is told nothing, and nothing is done about it."""
    if message.is_ours:
        return Silence.FROM_US
    text = message.text[:LOOKED_AT].strip()
    if len(text) < _TELLING:
        return None
    ours = (sent[:LOOKED_AT].strip() for sent in facts.sent[-_REMEMBERED:])
    if any(len(sent) >= _TELLING and sent in text for sent in ours):
        return Silence.ECHO
    again = sum(heard[:LOOKED_AT].strip() == text for heard in facts.heard[-_REMEMBERED:])
    return Silence.REPEATS if again >= _SAID_AGAIN else None


def _quiet(facts: Facts) -> Silence | None:
    if facts.has_stopped:
        return Silence.STOPPED
    if not facts.plan_runs:
        return Silence.PLAN_ENDED
    return Silence.LATE if facts.is_late else None


def is_cooling(rule: Rule, facts: Facts) -> bool:
    """A time ahead of the clock counts: after it is set back the cooldown still holds."""
    served = facts.served.get(rule.id)
    return served is not None and facts.at < served + rule.cooldown


def in_order(rules: Sequence[Rule]) -> Sequence[Rule]:
    return sorted(rules, key=lambda rule: (rule.position, rule.id))


def matched(
    rules: Sequence[Rule], message: Message, facts: Facts
) -> tuple[list[tuple[Rule, Groups]], tuple[RuleId, ...]]:
    """The rules that speak to a message, in order, and those that were too much to try."""
    text = message.text[:LOOKED_AT]
    said, whole = folded(text), _key(text)
    trying, size = MOST_TRYING, len(text.encode("utf-8", "replace")) + 1
    untried: list[RuleId] = []
    found: dict[RuleId, Groups] = {}
    ready = [rule for rule in rules if _is_ready(rule, facts)]
    for rule in ready:
        groups: Groups | None
        match rule.when:
            case When.EQUALS:
                groups = {} if _key_of(rule.words) == whole else None
            case When.CONTAINS:
                groups = {} if _folded(rule.words) in said else None
            case When.FIRST:
                groups = {} if facts.is_first else None
            case When.REGEX:
                compiled = pattern(rule.words)
                trying -= compiled.size * size
                if trying < 0:
                    untried.append(rule.id)
                groups = compiled.find(text) if trying >= 0 else None
            case When.ANY | When.NO_MATCH:
                continue
        if groups is not None:
            found[rule.id] = groups
    always = {When.ANY} if found or untried else {When.ANY, When.NO_MATCH}
    speaking = [(rule, found.get(rule.id, {})) for rule in ready if rule.id in found or rule.when in always]
    return speaking, tuple(untried)


def _is_ready(rule: Rule, facts: Facts) -> bool:
    in_hours = facts.is_open or not rule.only_in_hours or rule.opt_out
    return rule.is_on and in_hours and rule.is_valid_on(facts.today)


def _key(text: str) -> str:
    """What "equals" compares: letters and digits; where there are none, an emoji say, what there is."""
    return words(text) or folded(text)


_key_of = lru_cache(maxsize=1_024)(_key)
_folded = lru_cache(maxsize=1_024)(folded)


def _answer(rule: Rule, groups: Groups, facts: Facts) -> Answer | None:
    """None when nothing would stand in it. A group goes before a field of the same name: it was named for
    this rule."""
    limit = template.LONGEST_CAPTION if rule.media else template.LONGEST_TEXT
    text = template.fill(rule.text, {**facts.fields, **groups}).strip()
    if not (text or rule.media):
        return None
    return Answer(
        rule=rule.id, text=text if len(text) <= limit else text[: limit - 1] + "…", media=rule.media
    )


def _each_once(tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, tags)))
