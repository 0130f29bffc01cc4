"""HTTP by hand, for speed: heads seen before are not read again, answers of one read leave in one write.

A client that sends the same headers with every request (all do) costs a dictionary look-up a request where a
parser would call back for each header; see tests/benchmarks/cloud_standin_bench.py for what that brings.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, cast

import httptools

from whatsapp.cloud.standin.wire import Answer, Chunks, Head, Held, answer, head_of

MAX_HEAD: Final = 32 * 1024
MAX_BODY: Final = 101 * 1024 * 1024
_HEADS_KEPT: Final = 4096
_EMPTY_LINE: Final = b"\r\n\r\n"

Handler = Callable[[Head, bytes], Answer]


class Connection(asyncio.Protocol):
    """One client. Requests are answered in order; while one answer is held, nothing further is read."""

    def __init__(self, handle: Handler, heads: dict[bytes, Head], open_ones: "set[Connection]") -> None:
        self._handle = handle
        self._heads = heads
        self._open = open_ones
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._head: Head | None = None
        self._body = bytearray()
        self._chunks: Chunks | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._busy = False

    # --- what asyncio calls ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()

    def pause_writing(self) -> None:
        """The client does not read its answers: it gets no further ones worked out."""
        if self._transport is not None and not self._busy:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None and not self._busy:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._busy:
            self._rest += data
            return
        if self._head is not None:
            head = self._head
            found = self._collect(head, data)
            if found is not None:
                self._run(found[1], [], (head, found[0]))
            return
        if self._rest:
            data, self._rest = self._rest + data, b""
        self._run(data, [], None)

    # --- requests --------------------------------------------------------------------------------------

    def _run(self, data: bytes, out: list[bytes], whole: tuple[Head, bytes] | None) -> None:
        """Answers every whole request in `data`, after the one that came whole already."""
        heads, at, size = self._heads, 0, len(data)
        handle = self._handle
        while True:
            if whole is None:
                end = data.find(_EMPTY_LINE, at)
                if end < 0:
                    break
                end += 4
                raw = data[at:end]
                head = heads.get(raw) or self._read_head(raw, out)
                if head is None:
                    return
                stop = end + head.length
                if head.chunked or stop > size:
                    found = self._begin(head, data[end:], out)
                    if found is None:
                        return
                    body, data = found
                    at, size = 0, len(data)
                else:
                    body, at = data[end:stop], stop
            else:
                head, body = whole
                whole = None
            said = handle(head, body)
            if isinstance(said, bytes):
                out.append(said)
                if head.keep_alive:
                    continue
                self._flush(out)
                self._close()
            else:
                self._flush(out)
                self._rest = data[at:]
                self._hold(said, head)
            return
        self._flush(out)
        self._rest = data[at:] if at else data
        if len(self._rest) > MAX_HEAD:
            self._bad(431, out)

    def _read_head(self, raw: bytes, out: list[bytes]) -> Head | None:
        try:
            head = head_of(raw)
        except (httptools.HttpParserError, ValueError):
            self._bad(400, out)
            return None
        if head.length > MAX_BODY:
            self._bad(413, out)
            return None
        if len(self._heads) >= _HEADS_KEPT:
            self._heads.clear()
        self._heads[raw] = head
        return head

    def _collect(self, head: Head, data: bytes) -> tuple[bytes, bytes] | None:
        """More of a body that did not come whole, or comes in chunks: the body and what follows it, once it
        is whole."""
        chunks = self._chunks
        if chunks is not None:
            try:
                rest = chunks.feed(data)
            except ValueError:
                self._bad(400, [])
                return None
            if rest is None:
                return None
            body = bytes(chunks.body)
        else:
            wanted = head.length - len(self._body)
            self._body += data[:wanted]
            if len(self._body) < head.length:
                return None
            body, rest = bytes(self._body), data[wanted:]
        self._head, self._chunks, self._body = None, None, bytearray()
        return body, rest

    def _begin(self, head: Head, data: bytes, out: list[bytes]) -> tuple[bytes, bytes] | None:
        """The first of such a body, perhaps none of it yet."""
        if not data and head.headers.get("expect", "").lower() == "100-continue":
            out.append(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._flush(out)
        self._head = head
        self._chunks = Chunks(MAX_BODY) if head.chunked else None
        return self._collect(head, data)

    # --- answers ---------------------------------------------------------------------------------------

    def _flush(self, out: list[bytes]) -> None:
        if out and self._transport is not None:
            self._transport.write(out[0] if len(out) == 1 else b"".join(out))
        out.clear()

    def _bad(self, status: int, out: list[bytes]) -> None:
        out.append(answer(status, b""))
        self._flush(out)
        self._close()

    def _close(self) -> None:
        self._rest, self._busy = b"", True
        if self._transport is not None:
            self._transport.close()

    def _hold(self, said: Held | Awaitable[bytes], head: Head) -> None:
        if self._transport is None:
            return
        self._busy = True
        self._transport.pause_reading()
        loop = asyncio.get_running_loop()
        if isinstance(said, Held):
            if said.answer is None and said.seconds <= 0:
                self._transport.abort()
            else:
                self._timer = loop.call_later(said.seconds, self._release, said.answer, head)
        else:
            self._task = loop.create_task(self._wait_for(said, head))

    async def _wait_for(self, said: Awaitable[bytes], head: Head) -> None:
        try:
            reply = await said
        except BaseException:
            # Whoever waits must not wait for ever for a mistake of ours; the loop logs it.
            self._release(None, head)
            raise
        self._release(reply, head)

    def _release(self, said: bytes | None, head: Head) -> None:
        self._timer = self._task = None
        if self._transport is None:
            return
        if said is None:
            self._transport.abort()
            return
        self._transport.write(said)
        if not head.keep_alive:
            self._close()
            return
        self._busy = False
        self._transport.resume_reading()
        data, self._rest = self._rest, b""
        if data:
            self._run(data, [], None)

    @property
    def waits(self) -> bool:
        """Whether an answer is held for later."""
        return self._timer is not None

    def hang_up(self) -> None:
        """Cuts the line, whatever is on it."""
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()


class Server:
    """Listens on one port."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._heads: dict[bytes, Head] = {}
        self._open: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listens; `port` 0 takes a free one. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, host, port, backlog=1024)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def _connection(self) -> Connection:
        return Connection(self._handle, self._heads, self._open)

    def hang_up(self, *, held_only: bool = False) -> None:
        """Cuts every connection, or those kept waiting; new ones are welcome."""
        for one in list(self._open):
            if one.waits or not held_only:
                one.hang_up()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self.hang_up()
            await self._server.wait_closed()
