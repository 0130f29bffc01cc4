"""Automation rules: when a person writes this, do that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from domain.automation.patterns import pattern
from domain.campaigns import template
from domain.contacts.folding import folded
from domain.contacts.service import LONGEST_TAG, TagRefused, clean_tag
from domain.delivery.content import Media
from domain.kernel.errors import DomainError

RuleId = NewType("RuleId", int)

MOST_RULES: Final = 50
#: Regexes of one workspace: each is tried on every message.
MOST_PATTERNS: Final = 20
LONGEST_WORDS: Final = 200
LONGEST_COOLDOWN: Final = timedelta(days=30)


class When(StrEnum):
    """What a rule waits for. NO_MATCH: no rule of the first three kinds, nor FIRST, speaks to the message."""

    EQUALS = "equals"
    CONTAINS = "contains"
    REGEX = "regex"
    ANY = "any"
    FIRST = "first"
    NO_MATCH = "no_match"


WITH_WORDS: Final = frozenset({When.EQUALS, When.CONTAINS, When.REGEX})


class WordsMissing(DomainError):
    """The rule waits for words and has none, or more than `limit` characters."""

    code = "rule.words"


class RuleDoesNothing(DomainError):
    """No answer, no tag, no opt-out, nobody to hand to."""

    code = "rule.does_nothing"


class OptOutAnswers(DomainError):
    """Whoever is opted out gets the one confirmation that STOP brings, and no answer beside it."""

    code = "rule.opt_out_answers"


class CooldownRefused(DomainError):
    """`days`: the longest."""

    code = "rule.cooldown"


class DatesReversed(DomainError):
    """It would end before it begins."""

    code = "rule.dates"


class TooManyRules(DomainError):
    """`limit`."""

    code = "rule.too_many"


class TooManyPatterns(DomainError):
    """`limit`: regexes in one workspace."""

    code = "rule.too_many_patterns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Tried in the order of `position`. `words` belong to EQUALS, CONTAINS and REGEX.

    `text` answers, with blanks for the contact's fields and, after REGEX, for its groups: `{1}`, `{size}`.
    With media it is the caption. `stop_here`: when this rule has matched, no later one is tried. `cooldown`:
    this rule rests so long toward a person it has served. `valid_from` and `valid_until` are days of the
    account's clock, both included.
    """

    id: RuleId
    position: int
    when: When
    words: str = ""
    text: str = ""
    media: Media | None = None
    tag: str = ""
    opt_out: bool = False
    hand_over: bool = False
    stop_here: bool = True
    cooldown: timedelta = timedelta()
    only_in_hours: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    is_on: bool = True

    @property
    def answers(self) -> bool:
        return bool(self.text or self.media)

    @property
    def does_something(self) -> bool:
        return bool(self.answers or self.tag or self.opt_out or self.hand_over)

    def is_valid_on(self, day: date) -> bool:
        return (self.valid_from or day) <= day <= (self.valid_until or day)


def check(rule: Rule, known: Sequence[str]) -> None:
    """Raise what is wrong with a rule, if anything. `known`: fields that contacts have."""
    groups = _check_words(rule)
    if rule.answers:
        limit = template.LONGEST_CAPTION if rule.media else template.LONGEST_TEXT
        if rule.text or not rule.media:
            template.check(rule.text, [*known, *groups], limit=limit)
    if rule.opt_out and rule.answers:
        raise OptOutAnswers()
    if not rule.does_something:
        raise RuleDoesNothing()
    if rule.tag and rule.tag != clean_tag(rule.tag):
        raise TagRefused(limit=LONGEST_TAG)
    if not timedelta() <= rule.cooldown <= LONGEST_COOLDOWN:
        raise CooldownRefused(days=LONGEST_COOLDOWN.days)
    if rule.valid_from and rule.valid_until and rule.valid_until < rule.valid_from:
        raise DatesReversed()


def _check_words(rule: Rule) -> Sequence[str]:
    """What the groups of its regex are called."""
    if groups := _groups_of(rule):
        return groups
    if rule.when in WITH_WORDS and (not folded(rule.words) or len(rule.words) > LONGEST_WORDS):
        raise WordsMissing(limit=LONGEST_WORDS)
    return ()


def strangers_lack(rule: Rule) -> Sequence[str]:
    """Blanks of its answer that stay empty for somebody who is no contact."""
    filled = {"number", *map(template.field_key, _groups_of(rule))}
    return [name for name in template.required_fields(rule.text) if template.field_key(name) not in filled]


def as_a_stranger_reads(rule: Rule) -> str:
    """Its answer to them; what is known of everybody stays a blank."""
    kept = {name: f"{{{name}}}" for name in ("number", *_groups_of(rule))}
    return template.fill(rule.text, kept).strip()


def _groups_of(rule: Rule) -> Sequence[str]:
    return pattern(rule.words).groups if rule.when is When.REGEX and rule.words else ()


def check_number(rules: Sequence[Rule]) -> None:
    """Raise when a workspace has too many. Rules that are switched off count."""
    if len(rules) > MOST_RULES:
        raise TooManyRules(limit=MOST_RULES)
    if sum(rule.when is When.REGEX for rule in rules) > MOST_PATTERNS:
        raise TooManyPatterns(limit=MOST_PATTERNS)


class Silence(StrEnum):
    """Why a rule that would answer does not."""

    FROM_US = "from_us"
    ECHO = "echo"
    REPEATS = "repeats"
    STOPPED = "stopped"
    PLAN_ENDED = "plan_ended"
    LATE = "late"
    TOO_MANY = "too_many"
    COOLING = "cooling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What came in. `is_ours`: it was written by one of the workspace's own numbers."""

    text: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the rules have to know of the person, the account and the hour.

    `today` is the account's day, `is_open` whether it is within its active hours. `is_late`: the message was
    written so long ago that an answer would come as a surprise. `served`: when each rule
    last served this person. `answered`: when automatic answers went to them in the last hour. `sent` and
    `heard`: the last few texts of ours to them, and of theirs in the last hour without the present one.
    Whoever gives more of any does no harm.
    """

    at: datetime
    today: date
    is_open: bool
    plan_runs: bool
    has_stopped: bool
    is_first: bool
    fields: Mapping[str, str]
    served: Mapping[RuleId, datetime]
    answered: Sequence[datetime] = ()
    sent: Sequence[str] = ()
    heard: Sequence[str] = ()
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """With media, `text` is its caption."""

    rule: RuleId
    text: str
    media: Media | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done, all of it or nothing.

    `hits`: the rules that serve the person, to be counted and remembered for their cooldown. `silence`: why
    an answer is missing that a rule would give. `untried`: regexes that were too much for this message; a
    person looks at it then.
    """

    hits: tuple[RuleId, ...] = ()
    answers: tuple[Answer, ...] = ()
    tags: tuple[str, ...] = ()
    opt_out: bool = False
    hand_over: bool = False
    silence: Silence | None = None
    untried: tuple[RuleId, ...] = ()
