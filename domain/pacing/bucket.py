"""How many messages a number may let go now: a token bucket that learns from refusals. Pure.

Two things hold whatever is asked and whenever: within any second of the clock at most `ceiling` messages are
granted, and within any stretch of time at most what `rate` allows for it plus one small burst. Both cost a
little speed when it is asked seldom: asked every 10 ms it gives 99 % of the ceiling, every 40 ms 96 %.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

#: Numbers start here; how far they may go is read from WhatsApp.
DEFAULT_RATE: Final = 20.0
#: A number shared with the Business app, an ordinary one, one that was raised.
SHARED_CEILING: Final = 20.0
STANDARD_CEILING: Final = 80.0
HIGH_CEILING: Final = 1000.0

#: After a refusal for speed the rate is halved, at most once in this time: what was under way when it
#: happened is refused for the same reason, and must not halve it again.
ONE_REFUSAL: Final = timedelta(seconds=1)
_SLOWER: Final = 0.5
#: From nothing back to all in so many seconds.
_RECOVERY: Final = 60.0
#: A tenth of a second's worth may leave at once, so that a late wake-up costs nothing.
_BURST: Final = 0.1
_SLOWEST: Final = 1.0

_SECOND: Final = timedelta(seconds=1)
_SLOT: Final = timedelta(milliseconds=10)
_SLOTS: Final = _SECOND // _SLOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """`granted` may leave now; asking for more makes sense from `next_at` on. `bucket` is the one to keep."""

    granted: int
    next_at: datetime
    bucket: "Bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One number's. `ceiling` and `rate` in messages a second; `tokens` as of `at`; `recent` counts what was
    granted within the last second by slots of 10 ms, oldest first."""

    ceiling: float
    rate: float
    tokens: float
    at: datetime
    recent: tuple[tuple[datetime, int], ...] = ()
    slowed_at: datetime | None = None

    @classmethod
    def new(cls, *, ceiling: float, now: datetime, rate: float | None = None) -> Self:
        """Full, at `rate` (as fast as it may go when left out)."""
        ceiling = max(ceiling, _SLOWEST)
        rate = ceiling if rate is None else min(max(rate, _SLOWEST), ceiling)
        return cls(ceiling=ceiling, rate=rate, tokens=_burst(rate), at=now)

    def take(self, wanted: int, *, now: datetime) -> Grant:
        """Up to `wanted` at once."""
        bucket = self._moved_to(now)
        left = int(bucket.ceiling) - sum(count for _, count in bucket.recent)
        granted = max(0, min(wanted, int(bucket.tokens + 1e-9), left))
        if granted:
            bucket = replace(
                bucket, tokens=max(0.0, bucket.tokens - granted), recent=_counted(bucket.recent, now, granted)
            )
        return Grant(granted=granted, next_at=bucket._next_at(now), bucket=bucket)

    def refused(self, *, now: datetime) -> Self:
        """WhatsApp said it was too fast (130429, 80007, 4): slower at once, and nothing for a moment."""
        bucket = self._moved_to(now)
        if bucket.slowed_at is not None and now - bucket.slowed_at < ONE_REFUSAL:
            return replace(bucket, tokens=0.0)
        return replace(bucket, rate=max(_SLOWEST, bucket.rate * _SLOWER), tokens=0.0, slowed_at=now)

    def limited_to(self, ceiling: float, *, now: datetime) -> Self:
        """WhatsApp raised or lowered what the number may. A raise is grown into, a cut holds at once."""
        bucket, ceiling = self._moved_to(now), max(ceiling, _SLOWEST)
        rate = min(bucket.rate, ceiling)
        return replace(bucket, ceiling=ceiling, rate=rate, tokens=min(bucket.tokens, _burst(rate)))

    def _moved_to(self, now: datetime) -> Self:
        """Refilled for the time gone by. A clock set back gives nothing and takes nothing: what was granted
        counts as granted now. One that jumped ahead gives no more than one burst."""
        elapsed = max(0.0, (now - self.at).total_seconds())
        rate = min(self.ceiling, self.rate + elapsed * self.ceiling / _RECOVERY)
        # Refilled at the rate it had: recovering must not pay for time that is gone.
        tokens = min(_burst(rate), self.tokens + elapsed * self.rate)
        recent, slowed = self.recent, self.slowed_at
        if now < self.at:
            recent = tuple((min(slot, _slot(now)), count) for slot, count in recent)
            slowed = None if slowed is None else min(slowed, now)
        young = tuple(one for one in recent if one[0] + _SLOT > now - _SECOND)
        return replace(self, rate=rate, tokens=tokens, at=now, recent=young, slowed_at=slowed)

    def _next_at(self, now: datetime) -> datetime:
        """When one more can be had."""
        refilled = now + timedelta(seconds=max(0.0, 1 - self.tokens) / self.rate)
        used = sum(count for _, count in self.recent)
        if used < int(self.ceiling):
            return refilled
        for slot, count in self.recent:
            used -= count
            if used < int(self.ceiling):
                return max(refilled, slot + _SLOT + _SECOND)
        return refilled


def _burst(rate: float) -> float:
    return max(1.0, rate * _BURST)


def _slot(now: datetime) -> datetime:
    return now - timedelta(microseconds=now.microsecond % (_SLOT // timedelta(microseconds=1)))


def _counted(
    recent: tuple[tuple[datetime, int], ...], now: datetime, granted: int
) -> tuple[tuple[datetime, int], ...]:
    slot = _slot(now)
    if recent and recent[-1][0] >= slot:
        return (*recent[:-1], (recent[-1][0], recent[-1][1] + granted))
    return (*recent, (slot, granted))
