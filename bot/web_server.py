"""What the bot itself serves over HTTP, each on a port of its own: webhooks, and what whoever looks after the
machine asks. uvicorn, in the same process and loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Final, cast

import structlog
import uvicorn
from starlette.types import ASGIApp

from bot.web_lines import Lines

log = structlog.get_logger(__name__)

#: Seconds until a port that is taken is tried again.
TRY_AGAIN: Final = 30.0
_BACKLOG: Final = 2048


class _Server(uvicorn.Server):
    """Signals are the program's business, not the server's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Listens once there is something to listen for. `port` 0 takes a free one; `purpose` is for the log."""

    def __init__(
        self, app: ASGIApp, *, host: str, port: int, needed: asyncio.Event, again: float = TRY_AGAIN,
        lines: Lines | None = None, purpose: str = "webhooks",
    ) -> None:  # fmt: skip
        self._app, self._host, self._port, self._needed = app, host, port, needed
        self._again, self._purpose = again, purpose
        self.lines = lines or Lines()
        self.listening = asyncio.Event()
        #: The port it listens on.
        self.port = port

    async def run(self) -> None:
        """For ever. A port that is taken is told, and tried again; nothing else waits for it."""
        await self._needed.wait()
        while True:
            try:
                listener = socket.create_server((self._host, self._port), backlog=_BACKLOG)
            except OSError as error:
                log.error(
                    "cannot listen", purpose=self._purpose, host=self._host, port=self._port,
                    error=error.strerror,
                )  # fmt: skip
                await asyncio.sleep(self._again)
                continue
            with listener:
                await self._serve(listener)

    async def _serve(self, listener: socket.socket) -> None:
        config = uvicorn.Config(
            self._app, http=cast(type[asyncio.Protocol], self.lines.protocol), ws="none",
            lifespan="off", log_config=None, access_log=False, server_header=False,
            # Longer than clients keep idle connections: a request never meets one that is being closed.
            timeout_keep_alive=75, timeout_graceful_shutdown=2, backlog=_BACKLOG,
        )  # fmt: skip
        server = _Server(config)
        self.port = int(listener.getsockname()[1])
        log.info("listening", purpose=self._purpose, host=self._host, port=self.port)
        self.listening.set()
        try:
            await server.serve([listener])
        finally:
            self.listening.clear()
            if server.started:
                await server.shutdown([listener])
