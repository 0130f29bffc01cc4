"""A sandbox on a free port, inside the test's own process and loop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.routing import BaseRoute

from bot.sandbox.app import build_sandbox
from bot.sandbox.server import SandboxServer
from bot.sandbox.state import Sandbox, SandboxConfig


@dataclass(kw_only=True, frozen=True)
class RunningSandbox:
    """Where it listens, and what it knows."""

    url: str
    sandbox: Sandbox

    @property
    def token(self) -> str:
        return self.sandbox.config.token

    @property
    def bot_url(self) -> str:
        """python-telegram-bot's `base_url`."""
        return f"{self.url}/bot"

    @property
    def file_url(self) -> str:
        """python-telegram-bot's `base_file_url`."""
        return f"{self.url}/file/bot"


@asynccontextmanager
async def running_sandbox(
    config: SandboxConfig | None = None, *, routes: Sequence[BaseRoute] = ()
) -> AsyncIterator[RunningSandbox]:
    """Serve a sandbox while the block runs; nothing of it is left afterwards."""
    sandbox = Sandbox(config)
    server = SandboxServer(build_sandbox(sandbox=sandbox, routes=routes), sandbox, port=0)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        await server.ready.wait()
        try:
            yield RunningSandbox(url=f"http://127.0.0.1:{server.port}", sandbox=sandbox)
        finally:
            server.should_exit = True
