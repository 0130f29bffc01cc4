"""The smallest HTTP client that can post webhooks: keep-alive, one request at a time on each connection.

httpx costs several times as much a request; with one status a post WhatsApp's rate is 3,000 posts a second.
"""

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools

_MOST_ANSWER = 64 * 1024


class CallFailed(Exception):
    """No whole answer came; nobody knows whether the other side worked on it."""


@dataclass(slots=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class _Answer:
    """Collects one response from the parser."""

    def __init__(self) -> None:
        self.body = b""
        self.done = False
        self.parser = httptools.HttpResponseParser(self)

    def on_body(self, data: bytes) -> None:
        self.body += data
        if len(self.body) > _MOST_ANSWER:
            raise CallFailed("the answer is too long")

    def on_message_complete(self) -> None:
        self.done = True


class Caller:
    """Calls servers, keeping one idle connection to each. Not for two calls at a time."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._lines: dict[str, _Line] = {}

    async def call(
        self, method: str, url: str, *, headers: bytes = b"", body: bytes = b""
    ) -> tuple[int, bytes]:
        """Status and body. `headers` are whole lines. Raises `CallFailed`."""
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        request = (
            f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: */*\r\n"
            f"User-Agent: facebookexternalua\r\nContent-Length: {len(body)}\r\n"
        ).encode() + headers + b"\r\n" + body  # fmt: skip
        kept = self._lines.pop(parts.netloc, None)
        try:
            async with asyncio.timeout(self._timeout):
                if kept is not None and (answer := await self._once(kept, request, parts.netloc)):
                    return answer
                answer = await self._once(await self._open(url), request, parts.netloc)
        except (OSError, TimeoutError, httptools.HttpParserError, ValueError) as error:
            raise CallFailed(str(error) or type(error).__name__) from error
        if answer is None:
            raise CallFailed("the line was closed without an answer")
        return answer

    async def _open(self, url: str) -> _Line:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a callback is an http or https address")
        secure = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or (443 if secure else 80)
        return _Line(*await asyncio.open_connection(parts.hostname, port, ssl=secure))

    async def _once(self, line: _Line, request: bytes, netloc: str) -> tuple[int, bytes] | None:
        """None when a kept connection turns out to have been closed meanwhile, before any answer."""
        answer, heard = _Answer(), False
        try:
            line.writer.write(request)
            while not answer.done:
                data = await line.reader.read(65_536)
                if not data:
                    if heard:
                        raise CallFailed("the answer broke off")
                    line.writer.close()
                    return None
                heard = True
                answer.parser.feed_data(data)
        except ConnectionError:
            line.writer.close()
            return None
        except BaseException:
            line.writer.close()
            raise
        if answer.parser.should_keep_alive():
            self._lines[netloc] = line
        else:
            line.writer.close()
        return answer.parser.get_status_code(), answer.body

    async def close(self) -> None:
        lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            line.writer.close()
