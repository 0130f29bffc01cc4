"""A far side that costs next to nothing: takes every message. So it is the sender that is measured.

python -m tests.benchmarks.phones PORT SECONDS-UNTIL-IT-ANSWERS
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests.crash.processes import free_port

_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


_TAKEN: Final = _answer(b'{"outcome": "accepted", "provider_id": "bench"}')
_NO_NEWS: Final = _answer(b'{"items": []}')


class Phones(asyncio.Protocol):
    """One connection. Messages are answered after so many seconds, what asks for news at once."""

    def __init__(self, after: float) -> None:
        self.after, self.received = after, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.received, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.received) < whole:
                return
            asks_for_news = self.received.startswith(b"GET")
            self.received = self.received[whole:]
            if asks_for_news:
                self.transport.write(_NO_NEWS)
            elif self.after:
                asyncio.get_running_loop().call_later(self.after, self.transport.write, _TAKEN)
            else:
                self.transport.write(_TAKEN)


async def serve(port: int, after: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Phones(after), "127.0.0.1", port)
    await server.serve_forever()


@asynccontextmanager
async def running_phones(*, after: float = 0) -> AsyncIterator[str]:
    """Their address; in a process of their own."""
    port = free_port()
    command = (sys.executable, "-m", "tests.benchmarks.phones", str(port), str(after))
    process = await asyncio.create_subprocess_exec(*command)
    try:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
