"""What a rule must be before it is kept."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from domain.automation.model import (
    LONGEST_COOLDOWN,
    LONGEST_WORDS,
    MOST_PATTERNS,
    MOST_RULES,
    CooldownRefused,
    DatesReversed,
    OptOutAnswers,
    RuleDoesNothing,
    TooManyPatterns,
    TooManyRules,
    When,
    WordsMissing,
    as_a_stranger_reads,
    check,
    check_number,
    strangers_lack,
)
from domain.automation.patterns import (
    LONGEST_PATTERN,
    Pattern,
    PatternBroken,
    PatternTooBig,
    PatternTooLong,
    PatternUnsupported,
)
from domain.campaigns.template import TextTooLong, UnknownField
from domain.contacts.service import LONGEST_TAG, TagRefused
from domain.delivery.content import Media, MediaKind
from domain.kernel.errors import DomainError
from tests.unit.automation.desk import rule

KNOWN = ["name", "city"]
PHOTO = Media(kind=MediaKind.PHOTO, key="k", filename="a.jpg", mime="image/jpeg", size=9)


@pytest.mark.parametrize(
    ("source", "at", "near"),
    [("order (\\d+", 11, ""), ("a)b(c)", 2, ")b(c)"), ("x[a-", 2, "[a-"), ("ab**", 3, "**"), ("*a", 1, "*a"),
     ("a\\", 3, ""), ("a\\Qb\\Ec\\y", 8, "\\y"), ("[z-a]", 2, "z-a]"), ("x(?P<1-a>x)", 2, "(?P<1-a>x)"),
     ("\\", 2, "")],
)  # fmt: skip
def test_a_bad_pattern_is_refused_with_its_position(source: str, at: int, near: str) -> None:
    with pytest.raises((PatternBroken, PatternUnsupported)) as refused:
        Pattern(source)
    assert refused.value.data == {"at": at, "near": near}


@pytest.mark.parametrize(
    ("source", "at"), [("a(?=b)", 2), ("(?<!x)y", 1), ("(a)\\1", 4), ("(?>a)", 1), ("x(?i", 2)]
)
def test_what_no_engine_can_bound_is_refused_with_its_position(source: str, at: int) -> None:
    with pytest.raises((PatternUnsupported, PatternBroken)) as refused:
        Pattern(source)
    assert refused.value.data["at"] == at


@pytest.mark.parametrize(
    "source", ["x{1001}", "\\w{500}", "((a{30}){30}){30}", "\\pL{1,200}", "(.{0,400}){2}"]
)
def test_what_is_too_much_for_every_message_is_refused(source: str) -> None:
    with pytest.raises(PatternTooBig):
        Pattern(source)


def test_a_pattern_has_a_longest() -> None:
    with pytest.raises(PatternTooLong):
        Pattern("a" * (LONGEST_PATTERN + 1))
    assert Pattern("a" * LONGEST_PATTERN).size


def test_groups_go_by_number_and_by_name() -> None:
    found = Pattern("(a)(?P<b>x)?")
    assert found.groups == ("0", "1", "2", "b")
    assert found.find("cA") == {"0": "A", "1": "A", "2": "", "b": ""}
    assert found.find("\ud800b") is None
    assert Pattern(".+").find("é\ud800漢") == {"0": "é?漢"}


@pytest.mark.parametrize(
    "more",
    [{"words": "price", "when": When.EQUALS}, {"words": "👍", "when": When.CONTAINS}, {"when": When.ANY},
     {"when": When.REGEX, "words": "(?P<size>big)", "text": "{size} {1} {Name} {city|home}"},
     {"when": When.FIRST, "media": PHOTO}, {"when": When.NO_MATCH, "hand_over": True},
     {"when": When.ANY, "tag": "x" * LONGEST_TAG}, {"when": When.ANY, "cooldown": LONGEST_COOLDOWN},
     {"when": When.ANY, "valid_from": date(2026, 1, 1), "valid_until": date(2026, 1, 1)}],
)  # fmt: skip
def test_a_good_rule_passes(more: Mapping[str, Any]) -> None:
    check(rule(1, **more), KNOWN)


@pytest.mark.parametrize(
    ("refusal", "more"),
    [(WordsMissing, {"when": When.EQUALS, "words": " "}), (WordsMissing, {"when": When.REGEX}),
     (WordsMissing, {"when": When.CONTAINS, "words": "x" * (LONGEST_WORDS + 1)}),
     (PatternBroken, {"when": When.REGEX, "words": "("}),
     (UnknownField, {"when": When.ANY, "text": "{1}"}),
     (UnknownField, {"when": When.REGEX, "words": "a", "text": "{1}"}),
     (TextTooLong, {"when": When.ANY, "text": "x" * 1025, "media": PHOTO}),
     (OptOutAnswers, {"when": When.ANY, "opt_out": True, "text": "Bye"}),
     (RuleDoesNothing, {"when": When.ANY, "text": ""}),
     (TagRefused, {"when": When.ANY, "tag": "x" * (LONGEST_TAG + 1)}),
     (TagRefused, {"when": When.ANY, "tag": " x"}), (TagRefused, {"when": When.ANY, "tag": "VIP"}),
     (TagRefused, {"when": When.ANY, "tag": "#vip"}), (TagRefused, {"when": When.ANY, "tag": "a, b"}),
     (CooldownRefused, {"when": When.ANY, "cooldown": LONGEST_COOLDOWN + timedelta(seconds=1)}),
     (CooldownRefused, {"when": When.ANY, "cooldown": timedelta(seconds=-1)}),
     (DatesReversed, {"when": When.ANY, "valid_from": date(2026, 1, 2), "valid_until": date(2026, 1, 1)})],
)  # fmt: skip
def test_a_bad_rule_is_refused(refusal: type[DomainError], more: Mapping[str, Any]) -> None:
    with pytest.raises(refusal):
        check(rule(1, **more), KNOWN)


def test_a_workspace_has_so_many_rules_and_no_more() -> None:
    check_number([rule(n, When.ANY) for n in range(MOST_RULES)])
    with pytest.raises(TooManyRules):
        check_number([rule(n, When.ANY) for n in range(MOST_RULES + 1)])
    with pytest.raises(TooManyPatterns):
        check_number([rule(n, When.REGEX, "a") for n in range(MOST_PATTERNS + 1)])


@pytest.mark.parametrize(
    ("when", "words", "text", "lacks", "reads"),
    [
        (When.ANY, "", "Hello {Name}, {City|there}", ["Name"], "Hello , there"),
        (When.ANY, "", "{ City } {City} {number}", ["City"], "{number}"),
        (When.ANY, "", "Hi {NUMBER}", [], "Hi {number}"),
        (When.REGEX, r"(\d+) (?P<size>s|m)", "{1}, {size}: {name}", ["name"], "{1}, {size}:"),
        (When.ANY, "", "", [], ""),
    ],
)
def test_what_a_stranger_cannot_fill_is_found(
    when: When, words: str, text: str, lacks: list[str], reads: str
) -> None:
    one = rule(1, when, words, text=text)
    assert (strangers_lack(one), as_a_stranger_reads(one)) == (lacks, reads)
