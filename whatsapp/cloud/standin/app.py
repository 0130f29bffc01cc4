"""The stand-in put together: in a process of its own, or inside a test as an async context manager."""

import asyncio
import math
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

from whatsapp.cloud.standin.control import Control
from whatsapp.cloud.standin.graph import Graph
from whatsapp.cloud.standin.messages import SILENCE_SECONDS, Messages
from whatsapp.cloud.standin.server import Server
from whatsapp.cloud.standin.wire import Answer, Head
from whatsapp.cloud.standin.world import World, WorldClock

#: Steps of many messages that fall due together are taken together.
_TICK = 0.005


class StandIn:
    """`async with StandIn() as standin:` and the Cloud API answers at `standin.url`.

    `world` may be looked at and changed directly by tests in the same process.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        keep: int = 50_000,
        clock: WorldClock | None = None,
        silence_seconds: float = SILENCE_SECONDS,
        webhook_lines: int = 16,
    ) -> None:
        self._host, self._port = host, port
        self._lines = webhook_lines
        self.world = World(seed=seed, keep=keep, clock=clock, wake=self._wake)
        self.messages = Messages(self.world)
        self.messages.silence_seconds = silence_seconds
        self._graph = Graph(self.world, self.messages)
        self._server = Server(self._handle)
        self._control = Control(self.world, self.idle, partial(self._server.hang_up, held_only=True))
        self._timer: asyncio.TimerHandle | None = None
        self._workers: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        """Where it listens, without a version: add `/v23.0/...`."""
        return f"http://{self._host}:{self._server.port}"

    @property
    def port(self) -> int:
        return self._server.port

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        await self._server.start(self._host, self._port)
        self._workers = [loop.create_task(self.world.outbox.work()) for _ in range(self._lines)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._server.stop()
        for worker in self._workers:
            worker.cancel()
        # A worker that failed by itself shows here: only being cancelled is no failure.
        for worker in self._workers:
            with suppress(asyncio.CancelledError):
                await worker

    def _handle(self, head: Head, body: bytes) -> Answer:
        if head.sends:
            return self.messages.post(head, body)
        if head.steps and head.steps[0] == "_standin":
            return self._control.serve(head, body)
        return self._graph.serve(head, body)

    # --- what happens later ----------------------------------------------------------------------------

    def _wake(self, at: float) -> None:
        """The calendar has a new first entry."""
        seconds = max(_TICK, at - self.world.clock.now())
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self._tick)

    def _tick(self) -> None:
        self._timer = None
        again = self.world.tick()
        if again is not None:
            self._wake(again)

    async def idle(self, seconds: float, *, done: bool = True) -> bool:
        """Waits, at most so long, until nothing is on its way to a callback and nothing is due to be told.

        `done`: until nothing is planned for later either.
        """
        outbox, aftermath, clock = self.world.outbox, self.world.aftermath, self.world.clock
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while outbox.waiting or aftermath.pending(math.inf if done else clock.now()):
                    await outbox.something_told()
                return True
        return False
