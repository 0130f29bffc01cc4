"""Lanes: each chat in order, whatever there is room for; and nobody waits to put something in."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.chat import lanes
from bot.chat.lanes import LANES, Lanes
from bot.tasks import TaskOwner
from domain.operators.chat import InboxUpdate

ROOM = 10
#: Two chats of one lane.
AYSE, HER_NEIGHBOUR = 1, 1 + LANES


class Inbox:
    """Keeps what is not worked; the worker waits at the gate."""

    def __init__(self) -> None:
        self.rows: dict[int, InboxUpdate] = {}
        self.worked: list[int] = []
        self.gate = asyncio.Event()
        self.looks = 0
        self.broken = 0
        #: So many times more the store cannot be asked.
        self.away = 0
        self.came_meanwhile: list[InboxUpdate] = []
        self.lanes = Lanes(self.work, self.left)

    async def put(self, seq: int, chat: int = AYSE) -> None:
        row = InboxUpdate(seq=seq, update_id=seq, lane_key=chat, payload={})
        self.rows[seq] = row
        await self.lanes.put(row)

    async def work(self, row: InboxUpdate) -> bool:
        await self.gate.wait()
        if self.away:
            self.away -= 1
            return False
        if self.rows.pop(row.seq, None) is not None:
            self.worked.append(row.seq)
        return True

    async def left(self) -> Sequence[InboxUpdate]:
        self.looks += 1
        if self.broken:
            self.broken -= 1
            raise OSError("the disk is away")
        seen = [self.rows[seq] for seq in sorted(self.rows)]
        for row in self.came_meanwhile:  # after the look, before its answer
            self.rows[row.seq] = row
            await self.lanes.put(row)
        self.came_meanwhile.clear()
        return seen

    async def all_worked(self) -> None:
        async with asyncio.timeout(10):
            while self.rows:
                await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def a_little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LANE_ROOM", ROOM)
    monkeypatch.setattr(lanes, "REST", 0.0)


async def test_a_full_lane_lets_nobody_wait_and_works_everything_in_order() -> None:
    inbox = Inbox()
    async with TaskOwner() as tasks:
        inbox.lanes.start(tasks)
        async with asyncio.timeout(5):
            for seq in range(10 * ROOM):
                await inbox.put(seq, (AYSE, HER_NEIGHBOUR)[seq % 2])
        assert inbox.lanes.busy == ROOM
        inbox.gate.set()
        await inbox.all_worked()
    assert inbox.worked == list(range(10 * ROOM))
    assert inbox.looks == 9


async def test_what_comes_while_a_lane_catches_up_is_not_forgotten_and_overtakes_nothing() -> None:
    inbox = Inbox()
    late = [InboxUpdate(seq=n, update_id=n, lane_key=AYSE, payload={}) for n in range(100, 103)]
    async with TaskOwner() as tasks:
        inbox.lanes.start(tasks)
        for seq in range(ROOM + 5):
            await inbox.put(seq)
        inbox.came_meanwhile = late
        inbox.gate.set()
        await inbox.all_worked()
        await inbox.put(200)
        await inbox.all_worked()
    assert inbox.worked == [*range(ROOM + 5), 100, 101, 102, 200]


async def test_an_inbox_that_cannot_be_read_for_a_while_loses_nothing() -> None:
    inbox = Inbox()
    inbox.broken = 3
    async with TaskOwner() as tasks:
        inbox.lanes.start(tasks)
        for seq in range(ROOM + 5):
            await inbox.put(seq)
        inbox.gate.set()
        await inbox.all_worked()
    assert inbox.worked == list(range(ROOM + 5))
    assert inbox.looks == 4


async def test_another_lane_is_not_held_up() -> None:
    inbox = Inbox()
    done = asyncio.Event()
    slow = inbox.work

    async def work(row: InboxUpdate) -> bool:
        if row.lane_key != AYSE + 1:
            return await slow(row)
        done.set()
        return True

    inbox.lanes.work = work
    async with TaskOwner() as tasks:
        inbox.lanes.start(tasks)
        for seq in range(3 * ROOM):
            await inbox.put(seq)
        await inbox.lanes.put(InboxUpdate(seq=99, update_id=99, lane_key=AYSE + 1, payload={}))
        async with asyncio.timeout(5):
            await done.wait()
    assert inbox.worked == []


async def test_an_update_for_which_the_store_is_away_is_worked_again_before_those_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "AGAIN_AFTER", (0.0, 0.0, 0.0))
    inbox = Inbox()
    inbox.away = 3
    async with TaskOwner() as tasks:
        inbox.lanes.start(tasks)
        for seq in range(3):
            await inbox.put(seq)
        inbox.gate.set()
        await inbox.all_worked()
    assert inbox.worked == [0, 1, 2]
