"""The three rates WhatsApp holds a number to. Pure: time comes in, in seconds; nothing waits."""

from collections import OrderedDict
from typing import Final

#: One message to the same person every so many seconds in the long run...
PAIR_SECONDS: Final = 6.0
#: ...of which so many may come at once, borrowed from the future.
PAIR_BURST: Final = 45
DAY: Final = 86_400.0

_PAIR_SLACK = PAIR_SECONDS * (PAIR_BURST - 1)


class Throughput:
    """Messages a second of one number: a token bucket that holds one second's worth.

    `per_second` None means no limit.
    """

    __slots__ = ("_at", "_tokens", "per_second")

    def __init__(self, per_second: float | None) -> None:
        self.per_second = per_second
        self._tokens = per_second or 0.0
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Whether one more message may go at `now`; a refusal costs nothing."""
        rate = self.per_second
        if rate is None:
            return True
        tokens = min(rate, self._tokens + (now - self._at) * rate)
        self._at = now
        if tokens < 1.0:
            self._tokens = tokens
            return False
        self._tokens = tokens - 1.0
        return True


def pair_after(due: float, now: float) -> float | None:
    """The pair's next `due` moment if a message may go at `now`, else None.

    `due` (0 at first) is when the debt of earlier messages is paid off: the generic cell rate algorithm.
    """
    if due - now > _PAIR_SLACK:
        return None
    return max(due, now) + PAIR_SECONDS


class UniqueRecipients:
    """People written to outside a service window in a moving 24 h; shared by a business portfolio.

    `limit` None means unlimited. Holds at most `limit` people, or none when unlimited.
    """

    __slots__ = ("_last", "limit")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._last: OrderedDict[str, float] = OrderedDict()

    def take(self, person: str, now: float) -> bool:
        """Whether this person may be written to at `now`. Somebody counted already costs nothing."""
        if self.limit is None:
            return True
        last = self._last
        while last:
            first = next(iter(last))
            if now - last[first] < DAY:
                break
            del last[first]
        if person not in last and len(last) >= self.limit:
            return False
        last[person] = now
        last.move_to_end(person)
        return True

    def count(self, now: float) -> int:
        """How many people count at `now`."""
        return sum(1 for at in self._last.values() if now - at < DAY)
