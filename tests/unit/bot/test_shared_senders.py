"""Processes that share the work: one that is asked to stop ends its turns before it goes."""

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

from bot.senders import Drivers, SharedSenders
from bot.tasks import TaskOwner
from domain.accounts.model import Account
from domain.kernel.ids import AccountId
from domain.scheduler.turns import Turn
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, open_store


class TurnsThatEnd:
    """Whose end takes as long as it is let."""

    def __init__(self) -> None:
        self.begun, self.ending, self.may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.has_ended = False

    async def take(self, turn: Turn) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ending.set()
            await self.may_end.wait()
            self.has_ended = True

    async def known(self) -> Collection[AccountId]:
        return ()

    async def offer(self, account: Account, *, urgent: bool) -> None:
        raise AssertionError("nobody has work")


async def nothing(_: AccountId) -> None:
    return None


async def test_who_drains_waits_until_the_end_of_the_turns_is_written_down(tmp_path: Path) -> None:
    clock, turns = FakeClock(NOW), TurnsThatEnd()
    async with asyncio.timeout(20), open_store(tmp_path) as store, TaskOwner() as tasks:
        drivers = Drivers(cast(Any, None), clock)
        senders = SharedSenders(drivers, store, clock, tasks, turns=turns, before=nothing)
        tasks.start("senders", senders.run())
        await turns.begun.wait()
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(senders.drain(10.0))
            await turns.ending.wait()
            assert not draining.done()
            turns.may_end.set()
        assert turns.has_ended
