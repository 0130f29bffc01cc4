"""Work that stands in a table: each piece by one task at a time, and never as it stood before that."""

import asyncio
from collections.abc import Callable, Mapping

from bot.jobs import Jobs
from bot.tasks import TaskOwner

ONE = "the one"


class Table:
    """One piece of work, at its version; reading it takes until `goes_on`, from the second time on."""

    def __init__(self) -> None:
        self.version, self.reads = 1, 0
        self.goes_on = asyncio.Event()
        self.worked: list[int] = []
        self.at_it, self.may_end = asyncio.Event(), asyncio.Event()

    async def due(self) -> Mapping[str, int]:
        self.reads += 1
        read = self.version
        if self.reads == 2:
            await self.goes_on.wait()
        return {} if read > 2 else {ONE: read}

    async def work(self, version: int) -> None:
        self.worked.append(version)
        self.at_it.set()
        await self.may_end.wait()
        self.version += 1


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0)


async def test_what_was_read_while_a_piece_was_worked_is_not_worked_again() -> None:
    table = Table()
    async with TaskOwner() as tasks:
        jobs = Jobs("test", tasks, table.due, table.work, look=3600)
        tasks.start("jobs", jobs.run())
        await table.at_it.wait()
        jobs.poke()
        await until(lambda: table.reads == 2)
        # It ends while the second look reads: what that has read is of before.
        table.may_end.set()
        await until(lambda: table.version == 2)
        table.goes_on.set()
        await until(lambda: len(table.worked) == 2)
    assert table.worked == [1, 2]
