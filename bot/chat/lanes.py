"""Sixteen lanes, keyed by chat: one chat in order, chats side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from bot.tasks import TaskOwner
from domain.operators.chat import InboxUpdate

log = structlog.get_logger(__name__)

LANES: Final = 16
#: Waiting here per lane; what finds it full stays in the inbox and is fetched when its turn comes, so that
#: one chat's flood holds up neither the poller nor, with it, everybody else.
LANE_ROOM: Final = 500
#: Before the inbox is asked again, when it could not be read. Seconds.
REST: Final = 1.0


#: While the store is away the lane waits with the update it is at, lest a later one overtake it: so long
#: before each further try, in seconds. After the last it stays in the inbox, where it is found again.
AGAIN_AFTER: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


class Lanes:
    """`work` says whether it could: False when the store was away, and nothing is wrong with the update.
    `left` reads from the inbox what has still to be worked, of all lanes, in order of arrival."""

    def __init__(
        self,
        work: Callable[[InboxUpdate], Awaitable[bool]],
        left: Callable[[], Awaitable[Sequence[InboxUpdate]]],
    ) -> None:
        self.work, self.left = work, left
        #: Updates put in and not worked yet.
        self.busy = 0
        self.queues: list[asyncio.Queue[InboxUpdate]] = [asyncio.Queue() for _ in range(LANES)]
        #: Lanes with more in the inbox: they take nothing new, lest it overtake what waits there.
        self._behind: set[int] = set()
        #: Lanes to which something came that the last look into the inbox may have been too early for.
        self._missed: set[int] = set()

    @property
    def waiting(self) -> int:
        """Updates that are in a lane and not at work yet."""
        return sum(queue.qsize() for queue in self.queues)

    def start(self, tasks: TaskOwner) -> None:
        for lane in range(LANES):
            tasks.start(f"lane-{lane}", self._drive(lane))

    async def put(self, row: InboxUpdate) -> None:
        """Never waits. `row` is in the inbox."""
        lane = row.lane_key % LANES
        if lane in self._behind or self.queues[lane].qsize() >= LANE_ROOM:
            self._behind.add(lane)
            self._missed.add(lane)
        else:
            self._take(lane, [row])

    def _take(self, lane: int, rows: Sequence[InboxUpdate]) -> None:
        self.busy += len(rows)
        for row in rows:
            self.queues[lane].put_nowait(row)

    async def drained(self) -> None:
        """Until everything put in has been worked."""
        await asyncio.gather(*(queue.join() for queue in self.queues))

    async def _drive(self, lane: int) -> None:
        queue = self.queues[lane]
        while True:
            row = await queue.get()
            try:
                await self._work(row)
            finally:
                self.busy -= 1
                queue.task_done()
            while lane in self._behind and queue.empty():
                await self._catch_up(lane, row.seq)

    async def _work(self, row: InboxUpdate) -> None:
        for rest in AGAIN_AFTER:
            if await self.work(row):
                return
            await asyncio.sleep(rest)
        await self.work(row)

    async def _catch_up(self, lane: int, worked: int) -> None:
        self._missed.discard(lane)
        try:
            rows = [row for row in await self.left() if row.lane_key % LANES == lane]
        except Exception as error:
            log.error("inbox not read", lane=lane, exc_info=error)
            await asyncio.sleep(REST)
            return
        if rows and rows[0].seq <= worked:  # it could not be marked done: a full disk, say
            await asyncio.sleep(REST)
        if len(rows) <= LANE_ROOM and lane not in self._missed:
            self._behind.discard(lane)
        self._take(lane, rows[:LANE_ROOM])
