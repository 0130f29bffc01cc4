"""How much a bot may do in one group: about 20 messages within any minute, and then it is told to wait."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from bot.sandbox.errors import ApiError

WINDOW_SECONDS = 60.0
#: What puts nothing into a group and changes nothing there.
_FREE = ("get", "answer", "pin", "unpin", "deletemessage", "sendchataction", "leavechat")


@dataclass(slots=True)
class GroupPace:
    """`per_minute` None: no limit."""

    per_minute: int | None = None
    _done: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def check(self, method: str, chat_id: int | None, now: float) -> None:
        """Counts the call. Raises 429 with `retry_after`, in seconds."""
        if self.per_minute is None or chat_id is None or chat_id >= 0 or method.startswith(_FREE):
            return
        done = self._done[chat_id]
        while done and done[0] <= now - WINDOW_SECONDS:
            done.popleft()
        if len(done) >= self.per_minute:
            wait = max(1, math.ceil(done[0] + WINDOW_SECONDS - now))
            raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        done.append(now)
