"""Requests and answers as bytes."""

from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import responses
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import httptools
import orjson

_JSON: Final = "application/json; charset=UTF-8"
_OK: Final = (
    f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nFacebook-API-Version: v23.0\r\nContent-Length: "
).encode()
_END: Final = b"\r\n\r\n"
_LONGEST_LINE: Final = 4096


@dataclass(frozen=True, slots=True)
class Held:
    """An answer given `seconds` later; None: the connection is cut then."""

    seconds: float
    answer: bytes | None


#: What a handler returns: bytes at once, or something that keeps its connection waiting.
Answer = bytes | Held | Awaitable[bytes]


def ok(body: bytes) -> bytes:
    """A whole 200 with a JSON body."""
    return _OK + str(len(body)).encode() + _END + body


def answer(status: int, body: bytes, mime: str = _JSON) -> bytes:
    """A whole answer of any status."""
    reason = responses.get(status, "Unknown")
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: {mime}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def json_answer(what: Any, status: int = 200) -> bytes:
    return answer(status, orjson.dumps(what, option=orjson.OPT_NON_STR_KEYS))


@dataclass(slots=True)
class Head:
    """The start of a request. `steps` is its path without the version: ["106540352242922", "messages"]."""

    method: str
    path: str
    steps: list[str]
    query: str
    headers: dict[str, str]
    length: int
    chunked: bool
    keep_alive: bool
    token: str | None
    sends: bool = field(init=False)
    """A POST to messages, the request that has to be quick."""

    def __post_init__(self) -> None:
        self.sends = self.method == "POST" and len(self.steps) == 2 and self.steps[1] == "messages"

    def params(self) -> dict[str, str]:
        """The query's fields; of one given twice, the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


class _HeadReader:
    """What httptools calls while it reads a head."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: dict[str, str] = {}

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")


def head_of(raw: bytes) -> Head:
    """Reads everything up to the empty line. Raises `httptools.HttpParserError` or ValueError."""
    reader = _HeadReader()
    parser = httptools.HttpRequestParser(reader)
    with suppress(httptools.HttpParserUpgrade):  # another protocol is offered: declined by answering
        parser.feed_data(raw)
    path, _, query = reader.url.decode("latin-1").partition("?")
    steps = [unquote(step) for step in path.split("/") if step]
    if steps and steps[0][:1] == "v" and steps[0][1:].replace(".", "", 1).isdigit():
        steps = steps[1:]
    headers = reader.headers
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return Head(
        method=parser.get_method().decode("latin-1"),
        path=path,
        steps=steps,
        query=query,
        headers=headers,
        length=int(headers.get("content-length", "0")),
        chunked="chunked" in headers.get("transfer-encoding", "").lower(),
        keep_alive=parser.should_keep_alive(),
        token=token.strip() if scheme.lower() in ("bearer", "oauth") and token.strip() else None,
    )


class Chunks:
    """A body that comes in chunks. `body` may be read once `feed` has said what follows it."""

    def __init__(self, most: int) -> None:
        self.body = bytearray()
        self._most = most
        self._left = 0
        """Bytes still to come of the chunk, its line end included."""
        self._ending = False
        self._rest = b""

    def feed(self, data: bytes) -> bytes | None:
        """What follows the body, None while it is not whole. Raises ValueError for nonsense or too much."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        at = 0
        while True:
            if self._left:
                part = data[at : at + self._left]
                # The chunk's own line end is not part of the body.
                self.body += part[: max(0, self._left - 2)]
                self._left -= len(part)
                at += len(part)
                if self._left:
                    return None
            line_end = data.find(b"\r\n", at)
            if line_end < 0:
                if len(data) - at > _LONGEST_LINE:
                    raise ValueError("no line end")
                self._rest = data[at:]
                return None
            line, at = data[at:line_end], line_end + 2
            if self._ending:
                if not line:  # trailers end with an empty line
                    return data[at:]
                continue
            size = int(line.partition(b";")[0], 16)
            self._ending = size == 0
            if size < 0 or len(self.body) + size > self._most:
                raise ValueError("the body is too long")
            self._left = size + 2 if size else 0
