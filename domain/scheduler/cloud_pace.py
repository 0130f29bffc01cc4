"""How fast numbers of the official channel may send, as this process remembers it."""

from datetime import datetime, timedelta
from typing import Final

from domain.kernel.ids import CampaignId
from domain.pacing.bucket import Bucket
from domain.pacing.channel_limits import Pair
from domain.scheduler.punctuality import NobodyWatches, Punctuality

#: After WhatsApp said that the limit of new people is reached (131064), none is tried for so long.
LIMIT_RESTS: Final = timedelta(hours=1)

#: Pairs that owe nothing any more are looked for when so many are remembered.
_PAIRS_KEPT: Final = 20_000


class CloudPace:
    """One in a process, shared by what sends and by what hears of refusals. Losing it with the process loses
    only what WhatsApp would say again. `remote` is the account's. `now` is asked of the clock when this is
    called: an older one would pay for the same time twice. `punctuality`: who is told how it is kept to."""

    def __init__(self, punctuality: Punctuality | None = None) -> None:
        self.punctuality = punctuality or NobodyWatches()
        self._numbers: dict[str, Bucket] = {}
        self._campaigns: dict[CampaignId, Bucket] = {}
        self._full_until: dict[str, datetime] = {}
        self._pairs: dict[tuple[str, str], Pair] = {}

    def take(self, remote: str, wanted: int, *, ceiling: float, now: datetime) -> tuple[int, datetime]:
        """How many of `wanted` may leave from a number now, and when asking for more makes sense."""
        grant = self._number(remote, ceiling, now).take(wanted, now=now)
        self._numbers[remote] = grant.bucket
        return grant.granted, grant.next_at

    def rate(self, remote: str, *, ceiling: float, now: datetime) -> float:
        """Messages a second that a number may send now."""
        bucket = self._numbers[remote] = self._number(remote, ceiling, now).take(0, now=now).bucket
        return bucket.rate

    def _number(self, remote: str, ceiling: float, now: datetime) -> Bucket:
        known = self._numbers.get(remote)
        if known is None:
            return Bucket.new(ceiling=ceiling, now=now)
        return known if known.ceiling == ceiling else known.limited_to(ceiling, now=now)

    def take_for(self, id: CampaignId, wanted: int, *, rate: float, now: datetime) -> tuple[int, datetime]:
        """The same for a campaign that is to be slower than its number."""
        fresh = Bucket.new(ceiling=rate, now=now)
        known = self._campaigns.get(id, fresh)
        # A bucket is no slower than it can be, whatever rate was wished.
        if known.ceiling != fresh.ceiling:
            known = fresh
        grant = known.take(wanted, now=now)
        self._campaigns[id] = grant.bucket
        return grant.granted, grant.next_at

    def slow_down(self, remote: str, *, now: datetime) -> None:
        """WhatsApp said that this number was too fast."""
        if remote in self._numbers:
            self._numbers[remote] = self._numbers[remote].refused(now=now)

    # ---- new people

    def fill_up(self, remote: str, *, now: datetime) -> None:
        """WhatsApp said that this number's limit of new people is reached."""
        self._full_until[remote] = now + LIMIT_RESTS

    def full_until(self, remote: str, *, now: datetime) -> datetime | None:
        """Until when no new people are tried; None when they may be. A clock that was set back holds nobody
        up for longer."""
        until = self._full_until.get(remote)
        return until if until is not None and now < until <= now + LIMIT_RESTS else None

    # ---- one person

    def person_at(self, remote: str, number: str, *, now: datetime) -> datetime:
        """When the next message to this person may leave (`now` if at once)."""
        pair = self._pairs.get((remote, number))
        return now if pair is None else pair.next_at(now=now)

    def person_got(self, remote: str, number: str, *, now: datetime) -> None:
        if len(self._pairs) >= _PAIRS_KEPT:
            self._pairs = {key: one for key, one in self._pairs.items() if one.next_at(now=now) > now}
        pair = self._pairs.get((remote, number)) or Pair.new(now=now)
        self._pairs[remote, number] = pair.sent(now=now)

    def person_refused(self, remote: str, number: str, *, now: datetime) -> None:
        """WhatsApp said that this person was sent too much in a short time."""
        pair = self._pairs.get((remote, number)) or Pair.new(now=now)
        self._pairs[remote, number] = pair.refused(now=now)
