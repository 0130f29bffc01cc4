"""The door for whoever looks after the machine: /metrics, /healthz, /readyz, on an address of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.ops.health import Check, looked_over
from bot.ops.meters import Meters
from bot.ops.readings import Readings
from bot.tasks import TaskOwner
from bot.web_lines import Lines
from bot.web_server import WebServer

#: Whoever scrapes and whoever asks whether all is well: few.
MOST_LINES: Final = 32
#: Seconds until an address that is taken is tried again.
TRY_AGAIN: Final = 300.0


class Inside:
    """`checks`: what has to hold for the process to be of use, by name."""

    def __init__(self, meters: Meters, readings: Readings, checks: Mapping[str, Check]) -> None:
        self._meters, self._readings, self._checks = meters, readings, checks
        meters.registry.register(readings)
        routes = [
            Route("/metrics", self._metrics, methods=["GET"]),
            Route("/healthz", self._alive, methods=["GET"]),
            Route("/readyz", self._ready, methods=["GET"]),
        ]
        self.app = Starlette(routes=routes)

    async def _metrics(self, _: Request) -> Response:
        await self._readings.refresh()
        return Response(generate_latest(self._meters.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _alive(self, _: Request) -> Response:
        """The loop turns, or nobody would answer."""
        return JSONResponse({"alive": True})

    async def _ready(self, _: Request) -> Response:
        told = await looked_over(self._checks)
        return JSONResponse(told, status_code=200 if told["ready"] else 503)

    @asynccontextmanager
    async def served(self, address: tuple[str, int] | None) -> AsyncIterator[WebServer | None]:
        """While the block runs; None: nowhere. An address that is taken is told, and keeps nobody up."""
        if address is None:
            yield None
            return
        needed = asyncio.Event()
        needed.set()
        server = WebServer(
            self.app, host=address[0], port=address[1], needed=needed, again=TRY_AGAIN,
            lines=Lines(most=MOST_LINES), purpose="metrics",
        )  # fmt: skip
        async with TaskOwner() as tasks:
            tasks.start("ops server", server.run())
            yield server
