"""A line between the bot and a worker that breaks, or goes silent, when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from whatsapp.web.worker import Place

FAULTS: Final = frozenset({"silence_before_taking", "silence_after_taking", "disconnect"})


class FlakyLine:
    """A `Place`: the same token, another port. A fault hits the next message that is sent, and only that."""

    def __init__(self, behind: Place) -> None:
        self._behind = behind
        self._port = 0
        self._next: str | None = None

    def next_send(self, fault: str) -> None:
        assert fault in FAULTS, fault
        self._next = fault

    async def address(self) -> tuple[str, str]:
        _, token = await self._behind.address()
        return f"http://127.0.0.1:{self._port}", token

    async def glance(self) -> tuple[str, str] | None:
        return await self.address()

    @asynccontextmanager
    async def up(self) -> AsyncIterator["FlakyLine"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        url, _ = await self._behind.address()
        port = urlsplit(url).port
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        muted = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            back = group.create_task(self._back(far_reader, writer, muted))
            await self._there(reader, writer, far_writer, muted)
            far_writer.close()
            back.cancel()
        writer.close()

    async def _there(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far: asyncio.StreamWriter,
        muted: asyncio.Event,
    ) -> None:
        """What the bot says, until it hangs up."""
        held = False
        while chunk := await _read(reader):
            if chunk.startswith(b"POST ") and b"/messages?" in chunk.partition(b"\r\n")[0]:
                fault, self._next = self._next, None
                if fault == "disconnect":
                    writer.transport.abort()
                    return
                if fault == "silence_after_taking":
                    muted.set()
                held = fault == "silence_before_taking"
            if not held:
                far.write(chunk)

    async def _back(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, muted: asyncio.Event
    ) -> None:
        while chunk := await _read(reader):
            if not muted.is_set():
                writer.write(chunk)
        if not muted.is_set():
            writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65_536)
    except OSError:
        return b""
