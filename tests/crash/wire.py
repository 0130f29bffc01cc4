"""A line between two processes that can be cut: a small TCP proxy, in the process that conducts."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final

from tests.crash.processes import free_port

_PIECE: Final = 65_536


class Cut(StrEnum):
    """How a line is cut: nobody listens; nothing gets through and nobody is told; what is open is torn."""

    REFUSED = "refused"
    SILENT = "silent"
    TORN = "torn"


class Wire:
    """Listens on `port` and passes on to `target`, both ways."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, free_port()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._whole = asyncio.Event()
        self._whole.set()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def cut(self, how: Cut) -> None:
        if how is Cut.SILENT:
            self._whole.clear()
            return
        if how is Cut.REFUSED and self._server is not None:
            self._server.close()
            self._server = None
        self._tear()

    async def mend(self) -> None:
        self._whole.set()
        if self._server is None:
            await self.listen()

    async def close(self) -> None:
        self._whole.set()
        if self._server is not None:
            self._server.close()
        self._tear()

    def _tear(self) -> None:
        """With a reset, so that whoever reads or writes hears of it at once."""
        for writer in list(self._open):
            line = writer.get_extra_info("socket")
            if line is not None and line.fileno() >= 0:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            await self._whole.wait()
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.target)
            self._open.add(far)
            await asyncio.gather(self._pass(reader, far), self._pass(far_reader, writer))
        except OSError:
            pass
        finally:
            for one in (writer, far):
                if one is not None:
                    self._open.discard(one)
                    one.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            await self._whole.wait()
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


@asynccontextmanager
async def wire_to(target: int) -> AsyncIterator[Wire]:
    wire = Wire(target)
    await wire.listen()
    try:
        yield wire
    finally:
        await wire.close()
