"""The sandbox under uvicorn: with the power to cut a connection, and a prompt, quiet stop."""

import asyncio
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.sandbox.api import DROP
from bot.sandbox.state import Sandbox


class _DroppableProtocol(H11Protocol):
    """Hands every request a function that cuts its connection, for scripted faults."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app: ASGIApp = _with_drop(self.app, self)


def _with_drop(app: Any, protocol: H11Protocol) -> ASGIApp:
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {**scope.get("extensions", {}), DROP: lambda: protocol.transport.abort()}
        await app(scope, receive, send)

    return run


class SandboxServer(uvicorn.Server):
    """Serves a sandbox. `ready` is set once it listens; stopping lets every waiting request go."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox, *, host: str = "127.0.0.1", port: int) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=_DroppableProtocol,
            ws="none",
            lifespan="auto",
            log_level="warning",
            access_log=False,
            server_header=False,
            # Longer than clients keep idle connections: a request never meets one that is being closed.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
            backlog=2048,
        )
        super().__init__(config)
        self._sandbox = sandbox
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._sandbox.close()
        await super().shutdown(sockets=sockets)

    @property
    def port(self) -> int:
        """The port it listens on; of use when 0 was asked for."""
        return int(self.servers[0].sockets[0].getsockname()[1])
