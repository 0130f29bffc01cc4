"""Regexes and texts made to take for ever, and how long rules take over them."""

from collections.abc import Iterator, Sequence
from random import Random
from time import thread_time

from domain.automation.decide import LOOKED_AT, decide
from domain.automation.model import MOST_PATTERNS, MOST_RULES, Message, Rule, When, check, check_number
from domain.kernel.errors import DomainError
from tests.unit.automation.desk import FACTS, rule

#: Catastrophic for engines that go back, or big out of little.
SEEDS = (
    "(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*)*x", "(x+x+)+y", "(a?){30}a{30}", "(.*?,){30}P",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "([a-zA-Z]+)*$", "(.*a){20}", "^(a+)*b$", "(a*)*b", "((a*)*)*c", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
    "(?:.*?){9}=.*", "(\\w+\\s?)+$", "^\\s+|\\s+$", "(a|b|ab)*c", "(?:a|ab|abc|abcd)*e",
    "(é+)+!", "(\\pL+)+\\d",
    "([^x]*x?)*y", "(a{0,20}){0,20}b", "(.?){60}(.?){60}q", "[^x]{0,60}y[^x]{0,60}z", "a.{0,90}b.{0,30}c",
    "(?:(?:(?:a?)?)?)*z", "(\\S+\\s*)*\\.$", "^(\\d+)*\\D$", "(x*)*(y*)*(z*)*!", "(?s)(.+)+\\n\\n$",
)  # fmt: skip
ALPHABETS = (
    "a",
    "ab",
    "a,",
    "abcx 1,",
    "é",
    "漢a",
    "a\u0301",
    "\ufdfa",
    "\u0315\u0300\u0316",
    "😀a",
    "\ud800a",
    "xX ",
    "\n",
)


def patterns(rng: Random) -> Iterator[str]:
    """Ever new ones: the seeds, joined, repeated, nested."""
    while True:
        one, other = rng.choice(SEEDS), rng.choice(SEEDS)
        bare, times = one.strip("^$"), rng.choice(["*", "+", "{0,9}", "{3}", "?", "{1,200}", "{1000}"])
        yield rng.choice(
            [one, f"({bare}){times}", f"{bare}|{other}", f"{bare}.*{other}", f"(?i)({bare}){times}$"]
        )


def text(rng: Random) -> str:
    length = rng.choice([1, 30, 200, LOOKED_AT, 5_000, 65_000])
    alphabet = rng.choice(ALPHABETS)
    if rng.random() < 0.5:
        return alphabet[0] * length + rng.choice(["", "!", "b", "\0"])
    return "".join(rng.choices(alphabet, k=length))


def accepted(source: str) -> tuple[Rule | None, float]:
    """The rule, if it is taken; and how long the answer took."""
    begun = thread_time()
    try:
        made = rule(1, When.REGEX, source, text="{0} {1|none} {name}")
        check(made, ["name", "1"])
    except DomainError:
        return None, thread_time() - begun
    return made, thread_time() - begun


def took(rules: Sequence[Rule], said: str) -> float:
    begun = thread_time()
    decide(rules, Message(text=said), FACTS)
    return thread_time() - begun


def a_full_workspace(rng: Random) -> Sequence[Rule]:
    """As many rules as one may have, as many of them hostile as may be, and none ends with its match."""
    source, kept = patterns(rng), list[Rule]()
    while len(kept) < MOST_PATTERNS:
        made, _ = accepted(next(source))
        if made is not None:
            kept.append(rule(len(kept) + 1, When.REGEX, made.words, stop_here=False))
    others = [rule(n, When.CONTAINS, f"word {n}") for n in range(100, 100 + MOST_RULES - MOST_PATTERNS)]
    check_number([*kept, *others])
    return [*kept, *others]


def answered_in(rules: Sequence[Rule], said: str) -> float:
    """What the machine does beside may fall into one try; it does not into the second as well."""
    return min(took(rules, said), took(rules, said))
