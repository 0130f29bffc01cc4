"""Sixteen lanes, keyed by chat: one chat in order, chats side by side."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bot.tasks import TaskOwner
from domain.operators.chat import InboxUpdate

LANES: Final = 16
#: Waiting here per lane; when full, the poller waits, and Telegram keeps the rest.
LANE_ROOM: Final = 500


class Lanes:
    def __init__(self, work: Callable[[InboxUpdate], Awaitable[None]]) -> None:
        self.work = work
        #: Updates put in and not worked yet.
        self.busy = 0
        self.queues: list[asyncio.Queue[InboxUpdate]] = [asyncio.Queue(LANE_ROOM) for _ in range(LANES)]

    def start(self, tasks: TaskOwner) -> None:
        for number, queue in enumerate(self.queues):
            tasks.start(f"lane-{number}", self._drive(queue))

    async def put(self, row: InboxUpdate) -> None:
        self.busy += 1
        await self.queues[row.lane_key % LANES].put(row)

    async def drained(self) -> None:
        """Until everything put in has been worked."""
        await asyncio.gather(*(queue.join() for queue in self.queues))

    async def _drive(self, queue: asyncio.Queue[InboxUpdate]) -> None:
        while True:
            row = await queue.get()
            try:
                await self.work(row)
            finally:
                self.busy -= 1
                queue.task_done()
