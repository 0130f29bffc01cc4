"""The loop that drives accounts: it rests when there is nothing to do, and hears a poke."""

import asyncio
from datetime import datetime
from typing import Any, cast

from bot.senders import Drivers, Senders
from bot.tasks import TaskOwner
from domain.kernel.ids import AccountId
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW

UNLINKED = AccountId(1)


class NothingToDo:
    """Slices of an account that is listed as having work and can do none of it."""

    def __init__(self) -> None:
        self.runs = 0

    async def run(self, id: AccountId, halt: asyncio.Event) -> datetime | None:
        self.runs += 1
        return None


class Listed(Senders):
    async def _with_work(self) -> tuple[set[AccountId], set[AccountId]]:
        return {UNLINKED}, set()


async def settled() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


async def test_an_account_that_can_do_nothing_is_not_driven_without_a_pause() -> None:
    slices = NothingToDo()
    async with TaskOwner() as tasks:
        drivers = Drivers(cast(Any, slices), FakeClock(NOW))
        senders = Listed(drivers, cast(Any, None), FakeClock(NOW), tasks)
        tasks.start("senders", senders.run())
        await settled()
        assert slices.runs == 1
        senders.poke(UNLINKED)
        await settled()
        assert slices.runs == 2
        await senders.drain(1.0)
