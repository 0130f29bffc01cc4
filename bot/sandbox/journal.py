"""What the bot asked of the sandbox, call by call. File contents and tokens are never kept."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

KEPT = 20_000


@dataclass(kw_only=True, slots=True)
class Call:
    """One Bot API call and how it ended. `ok` is None while it runs, and for ever after a silence."""

    seq: int
    time: float
    method: str
    arguments: dict[str, Any]
    ok: bool | None = None
    error: str | None = None
    fault: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "time": self.time,
            "method": self.method,
            "arguments": self.arguments,
            "ok": self.ok,
            "error": self.error,
            "fault": self.fault,
        }


@dataclass(slots=True)
class Journal:
    """The newest 20,000 calls."""

    _calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))
    _seq: int = 0

    def open(self, method: str, arguments: dict[str, Any], *, at: float) -> Call:
        self._seq += 1
        call = Call(seq=self._seq, time=at, method=method, arguments=arguments)
        self._calls.append(call)
        return call

    def calls(self, method: str | None = None, *, after: int = 0) -> list[Call]:
        """Calls newer than `after`, of one method (any case) or of all, oldest first."""
        wanted = method.lower() if method else None
        return [c for c in self._calls if c.seq > after and wanted in (None, c.method.lower())]

    def clear(self) -> None:
        self._calls.clear()
