"""What a candidate reached, whether it may count, and what is asked of all of them together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

OURS: Final = ("masssender_sqlite", "masssender_postgres")
PEERS: Final = ("rq", "arq", "taskiq", "celery", "procrastinate")
CANDIDATES: Final = (*OURS, *PEERS)

#: Asked of MassSender, on either database.
TIMES_THE_BEST_PEER: Final = 5.0
TIMES_RQ: Final = 50.0


class Miscounted(Exception):
    """A candidate's figure is void: not every message was taken exactly once, or not every row says so."""


@dataclass(frozen=True)
class Result:
    """`processor`: seconds of the workers and of the servers that they need, but not of the stand-in."""

    messages: int
    seconds: float
    processor: float

    @property
    def rate(self) -> float:
        return self.messages / self.seconds


def check_counts(name: str, messages: int, received: Mapping[str, Any], recorded: int) -> None:
    """`received`: the stand-in's totals; `recorded`: rows of messages that were sent. Raises Miscounted."""
    wanted = {
        "accepted": messages, "people": messages, "twice": 0, "trackers": messages, "trackers_repeated": 0,
    }  # fmt: skip
    wrong = {key: received.get(key) for key, count in wanted.items() if received.get(key) != count}
    if recorded != messages:
        wrong["recorded"] = recorded
    if wrong:
        raise Miscounted(f"{name} was given {messages} messages, but: {wrong}")


def figures(results: Mapping[str, Result]) -> dict[str, float]:
    """Messages a second; KeyError when a candidate was not measured."""
    return {name: results[name].rate for name in CANDIDATES}


def ratios(rates: Mapping[str, float]) -> Iterator[tuple[str, float, float]]:
    """What is compared, how many times as fast, and how many times are asked."""
    best = max(PEERS, key=lambda name: rates[name])
    for name in OURS:
        yield f"{name} / {best}, the best peer", rates[name] / rates[best], TIMES_THE_BEST_PEER
        yield f"{name} / rq", rates[name] / rates["rq"], TIMES_RQ


def verdict(rates: Mapping[str, float]) -> tuple[bool, list[str]]:
    """Whether all holds, and the lines that say so."""
    lines, holds = [], True
    for words, times, asked in ratios(rates):
        holds = holds and times >= asked
        answer = "holds" if times >= asked else "FALLS SHORT"
        lines.append(f"  {words:52} {times:8.1f}x  at least {asked:.0f}x: {answer}")
    return holds, lines
