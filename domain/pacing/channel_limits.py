"""What WhatsApp's official channel allows besides its rate: people a day, messages to one person, quality.

Pure; the facts are Meta's (messaging limits, pair rate limits, template quality).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from domain.pacing.rules import DAY, reopens_at, room


class Quality(StrEnum):
    """How people take a template or a number, as WhatsApp sees it."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, word: object) -> Self:
        """WhatsApp's word for it; one we do not know is `UNKNOWN`."""
        text = word.strip().lower() if isinstance(word, str) else ""
        return cls(text) if text in cls._value2member_map_ else cls("unknown")


def rate_for(rate: float, quality: Quality) -> float:
    """What a template of this quality may take of a number's rate: yellow half of it, red nothing."""
    match quality:
        case Quality.RED:
            return 0.0
        case Quality.YELLOW:
            return rate / 2
        case _:
            return rate


# ---- people in 24 hours


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleLimit:
    """So many different people may be written to first within any 24 hours; None: as many as one likes.

    Only people outside their service window count, each once.
    """

    people: int | None

    @classmethod
    def of(cls, tier: object) -> Self | None:
        """`TIER_250`, `TIER_2K`, `TIER_UNLIMITED`, or the number itself. None for what cannot be read."""
        if isinstance(tier, int) and not isinstance(tier, bool) and tier >= 0:
            return cls(people=tier)
        text = tier.strip().upper().removeprefix("TIER_") if isinstance(tier, str) else ""
        if text == "UNLIMITED":
            return cls(people=None)
        times = 1000 if text.endswith("K") else 1
        digits = text.removesuffix("K")
        return cls(people=int(digits) * times) if digits.isascii() and digits.isdigit() else None

    def room(self, usage: Sequence[tuple[datetime, int]], *, now: datetime) -> int | None:
        """How many more new people may be written to now. `usage`: (minute, people), oldest first, each
        person in the minute of the last message that counted for them. None: no limit."""
        return None if self.people is None else room(self.people, usage, now=now)

    def reopens_at(self, usage: Sequence[tuple[datetime, int]], *, now: datetime) -> datetime:
        return now if self.people is None else reopens_at(self.people, usage, now=now)


def costs_room(last_counted: datetime | None, *, in_window: bool, now: datetime) -> bool:
    """Whether a message to a person takes one of the limit. `last_counted`: the last one that did, which a
    clock set back may leave in the future. `in_window`: they wrote within the last 24 hours."""
    return not in_window and (last_counted is None or last_counted + DAY <= now)


def in_service_window(last_wrote: datetime | None, *, now: datetime) -> bool:
    """Whether the person may get free text: they wrote within the last 24 hours."""
    return last_wrote is not None and last_wrote <= now < last_wrote + DAY


# ---- one person

#: One message to one person every six seconds; up to 45 within six seconds, after which as long a silence is
#: owed as they would have taken one by one.
PAIR_GAP: Final = timedelta(seconds=6)
PAIR_BURST: Final = 45
_LONGEST_BACKOFF: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One number and one person. `free_at`: when all that was sent is paid for, at one per six seconds;
    `burst_at`: when the first of it left. `refusals`: how often in a row WhatsApp said 131056."""

    free_at: datetime
    burst_at: datetime
    refusals: int = 0
    not_before: datetime | None = None

    @classmethod
    def new(cls, *, now: datetime) -> Self:
        return cls(free_at=now, burst_at=now)

    def next_at(self, *, now: datetime) -> datetime:
        """When the next message to this person may leave (`now` if at once)."""
        free_at = self._free_at(now)
        bursting = self.burst_at <= now < self.burst_at + PAIR_GAP
        room = free_at - self.burst_at < PAIR_GAP * PAIR_BURST
        return max(now if bursting and room else free_at, self._not_before(now), now)

    def sent(self, *, now: datetime) -> Self:
        """One left and was taken."""
        free_at = self._free_at(now)
        if free_at <= now:
            return type(self)(free_at=now + PAIR_GAP, burst_at=now)
        return type(self)(free_at=free_at + PAIR_GAP, burst_at=min(self.burst_at, now))

    def refused(self, *, now: datetime) -> Self:
        """131056: wait 4^X seconds, X being how often it was refused in a row before."""
        return replace(self, refusals=self.refusals + 1, not_before=now + pair_backoff(self.refusals))

    def _free_at(self, now: datetime) -> datetime:
        """A clock that was set back must not lock anybody out for longer than a whole burst takes."""
        return min(self.free_at, now + PAIR_GAP * PAIR_BURST)

    def _not_before(self, now: datetime) -> datetime:
        if self.not_before is None:
            return now
        return min(self.not_before, now + pair_backoff(max(0, self.refusals - 1)))


def pair_backoff(refusals_before: int) -> timedelta:
    """4^X seconds: 1, 4, 16, 64 ... an hour at most."""
    return min(_LONGEST_BACKOFF, timedelta(seconds=4 ** min(refusals_before, 6)))
