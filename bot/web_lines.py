"""Lines of the bot's own web server: how long one may wait for what comes over it, and how many there are.

uvicorn itself waits for ever for the rest of a head, takes one of any length, and as many lines as come. The
time and the size of a body are the business of who reads it (whatsapp/cloud/http.py)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger(__name__)

#: A whole head has to be here within so many seconds, and bytes. WhatsApp's have about one thousand.
HEAD_SECONDS: Final = 10.0
LONGEST_HEAD: Final = 32 * 1024
#: Lines open at once: four times as many as the door lets in, for those that proxies keep ready.
MOST_LINES: Final = 1024


@dataclass(kw_only=True)
class Lines:
    """What the lines of one server share. `waiting`: those over which no request is being worked, the one
    that has waited longest first."""

    head_seconds: float = HEAD_SECONDS
    most: int = MOST_LINES
    waiting: dict["Line", None] = field(default_factory=dict)

    @property
    def protocol(self) -> Callable[..., asyncio.Protocol]:
        return partial(Line, self)


class Line(HttpToolsProtocol):
    """Cut off where a head is too slow or too long. Where there are too many, one that waits makes room:
    whoever means well says at once what it wants."""

    def __init__(self, lines: Lines, **more: Any) -> None:
        super().__init__(**more)
        self._lines = lines
        self._limit: asyncio.TimerHandle | None = None
        self._head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._lines.most:
            longest = next(iter(self._lines.waiting), self)
            longest.cut("too many lines")
            if longest is self:
                return
        self._lines.waiting[self] = None
        self._limit_head()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        is_body = before is not None and before.more_body and not before.response_complete
        super().data_received(data)
        if self.cycle is not before:
            self._worked()
        elif not is_body:
            # Of a head; or of a body whose answer is out already, and which nobody reads.
            self._head += len(data)
            self._limit_head()
            if self._head > LONGEST_HEAD:
                self.cut("too long a head")

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._lines.waiting[self] = None
            if self._head:
                self._limit_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._worked()
        super().connection_lost(exc)

    def cut(self, why: str) -> None:
        """At once: nothing that is still to be written is waited for."""
        log.info("a line is cut", why=why)
        self._worked()
        self.connections.discard(self)
        self.transport.abort()

    def _limit_head(self) -> None:
        """Unless its time runs already. While a request is worked the next one's does not."""
        if self._limit is None and self in self._lines.waiting:
            self._limit = self.loop.call_later(self._lines.head_seconds, self.cut, "too slow a head")

    def _worked(self) -> None:
        self._head = 0
        self._lines.waiting.pop(self, None)
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
