"""How the simulated phones behave: rates, delays and what can be made to go wrong. All of it seeded."""

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Self

#: A delay drawn evenly between two ends, in seconds.
Span = tuple[float, float]

REPLIES = (
    "Thank you!",
    "👍",
    "Great, see you there",
    "Is this still open tomorrow?",
    "How much is it?",
    "Perfect, thanks",
    "Can you call me?",
    "STOP",
)


class FaultKind(StrEnum):
    """What can be made to happen to a send."""

    NOT_ON_WHATSAPP = "not_on_whatsapp"
    MEDIA_REFUSED = "media_refused"
    TEMPORARY = "temporary"
    RESTRICTION = "restriction"
    SILENCE_AFTER_TAKING = "silence_after_taking"
    SILENCE_BEFORE_TAKING = "silence_before_taking"
    DISCONNECT = "disconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Rates are parts of one; spans are seconds. `silence_seconds` is how long an HTTP caller that is
    given no answer is kept waiting before the line is dropped."""

    latency: Span = (0.0, 0.0)
    absent_rate: float = 0.0
    temporary_rate: float = 0.0
    silence_rate: float = 0.0
    restriction_rate: float = 0.0
    delivered_after: Span = (0.0, 0.0)
    read_rate: float = 0.0
    read_after: Span = (0.0, 0.0)
    reply_rate: float = 0.0
    reply_after: Span = (0.0, 0.0)
    replies: tuple[str, ...] = REPLIES
    silence_seconds: float = 60.0

    @classmethod
    def believable(cls) -> Self:
        """People with phones, for the demo: quick to receive, slower to read, a few answer."""
        return cls(
            latency=(0.05, 0.35),
            absent_rate=0.03,
            temporary_rate=0.01,
            silence_rate=0.005,
            delivered_after=(0.5, 2.0),
            read_rate=0.8,
            read_after=(1.5, 9.0),
            reply_rate=0.08,
            reply_after=(2.0, 10.0),
            silence_seconds=3.0,
        )

    @classmethod
    def instant(cls) -> Self:
        """No delays and no faults: delivered at once; nobody reads or answers by themselves."""
        return cls()


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws that depend only on the seed and what they are for, so that a restart draws the same."""

    seed: int

    def draw(self, *what: object) -> float:
        """A number in [0, 1)."""
        text = "|".join([str(self.seed), *map(str, what)])
        return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56

    def happens(self, rate: float, *what: object) -> bool:
        return rate > 0 and self.draw(*what) < rate

    def delay(self, span: Span, *what: object) -> timedelta:
        low, high = span
        return timedelta(seconds=low if low == high else low + (high - low) * self.draw(*what))

    def pick(self, choices: tuple[str, ...], *what: object) -> str:
        return choices[int(self.draw(*what) * len(choices))]


class Script:
    """Faults asked for by a test or by the phones page; each is used up by the sends it hits."""

    def __init__(self) -> None:
        self._lines: dict[str | None, deque[FaultKind]] = {}

    def add(self, number: str | None, fault: FaultKind, *, times: int = 1) -> None:
        """The next `times` sends to `number` (None: to anyone) meet `fault`."""
        self._lines.setdefault(number, deque()).extend([fault] * times)

    def take(self, number: str) -> FaultKind | None:
        """The fault this send meets, if any. What is asked for one number goes before what is for all."""
        for whose in (number, None):
            line = self._lines.get(whose)
            if line:
                return line.popleft()
        return None

    def clear(self) -> None:
        self._lines.clear()
