"""When may the next message leave? Pure: give me the past, I give you a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from random import Random
from typing import Final, Self

from domain.kernel.errors import DomainError

DAY: Final = timedelta(hours=24)
LONGEST_GAP: Final = timedelta(hours=1)


class GapRefused(DomainError):
    """`data`: lowest and highest, in seconds."""

    code = "pacing.gap_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """The pause between two messages is drawn evenly from `shortest`..`longest`.

    Both zero means: as fast as the channel takes it, in batches.
    """

    shortest: timedelta
    longest: timedelta

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.shortest <= self.longest <= LONGEST_GAP:
            raise GapRefused(lowest=0, highest=int(LONGEST_GAP.total_seconds()))

    @property
    def is_batched(self) -> bool:
        return self.longest == timedelta(0)

    @classmethod
    def at(cls, rate: float) -> Self:
        """So many messages a second, which is how the official channel counts; 1 to a million."""
        gap = timedelta(seconds=1 / rate)
        return cls(shortest=gap, longest=gap)

    @property
    def rate(self) -> float:
        """Messages a second; infinite for as fast as it goes."""
        average = self.average.total_seconds()
        return 1 / average if average else inf

    @property
    def average(self) -> timedelta:
        return (self.shortest + self.longest) / 2

    def gap(self, rng: Random) -> timedelta:
        return self.shortest + (self.longest - self.shortest) * rng.random()


GENTLE: Final = Pacing(shortest=timedelta(seconds=30), longest=timedelta(seconds=60))
NORMAL: Final = Pacing(shortest=timedelta(seconds=2), longest=timedelta(seconds=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """`a_campaign` people in one campaign, `a_day` claims of one account in any 24 hours."""

    a_campaign: int = 200
    a_day: int = 500


def room(limit: int, usage: Sequence[tuple[datetime, int]], *, now: datetime) -> int:
    """How many more may leave now, with at most `limit` in any 24 hours.

    `usage` is (minute, claims), oldest first. A minute counts for as long as any part of it is younger
    than 24 h, and minutes ahead of `now` count too: after a clock is set back the cap still holds.
    """
    used = sum(count for minute, count in usage if minute + timedelta(minutes=1) > now - DAY)
    return max(0, limit - used)


def reopens_at(limit: int, usage: Sequence[tuple[datetime, int]], *, now: datetime) -> datetime:
    """The first moment at which `room` is more than zero (`now` if it already is)."""
    if limit <= 0:
        return now + DAY
    used = sum(count for minute, count in usage if minute + timedelta(minutes=1) > now - DAY)
    for minute, count in usage:
        if minute + timedelta(minutes=1) <= now - DAY:
            continue
        if used < limit:
            break
        used -= count
        if used < limit:
            return minute + timedelta(minutes=1) + DAY
    return now
