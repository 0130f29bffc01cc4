"""The inbox of webhooks: durable before it is answered, one commit for many, nobody told what is not so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.cloud_inbox import GroupedInbox, WebhookWorker
from storage.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, open_store


class Counted:
    """A store that counts its write units, and can be out of order. `hold`: what a unit waits for to open."""

    def __init__(self, store: Database) -> None:
        self.store, self.writes, self.broken = store, 0, False
        self.hold = asyncio.Event()
        self.hold.set()

    @asynccontextmanager
    async def write(self, **_: bool) -> AsyncIterator[Any]:
        await self.hold.wait()
        self.writes += 1
        if self.broken:
            raise OSError("the disk is full")
        async with self.store.write() as unit:
            yield unit

    def read(self) -> Any:
        return self.store.read()


async def waiting(store: Database) -> list[bytes]:
    async with store.read() as unit:
        return [one.raw for one in await unit.cloud.webhooks(limit=1000)]


async def test_it_is_on_the_disk_when_it_returns(tmp_path: Path) -> None:
    told = asyncio.Event()
    async with open_store(tmp_path) as store:
        await GroupedInbox(store, told.set).store(b"one", NOW)
        assert await waiting(store) == [b"one"]
        assert told.is_set()


async def test_many_at_once_are_one_transaction_or_two(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        counted = Counted(store)
        inbox = GroupedInbox(counted, lambda: None)
        bodies = [b"body %d" % n for n in range(100)]
        await asyncio.gather(*(inbox.store(body, NOW) for body in bodies))
        assert sorted(await waiting(store)) == sorted(bodies)
        assert counted.writes <= 2


async def test_when_it_cannot_be_kept_everybody_is_told_and_the_next_ones_are_kept(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        counted = Counted(store)
        inbox = GroupedInbox(counted, lambda: None)
        counted.broken = True
        answers = await asyncio.gather(
            *(inbox.store(b"%d" % n, NOW) for n in range(5)), return_exceptions=True
        )
        assert [type(one) for one in answers] == [OSError] * 5
        counted.broken = False
        await inbox.store(b"later", NOW)
        assert await waiting(store) == [b"later"]


async def test_whoever_goes_away_while_writing_for_others_tells_them_so(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        counted = Counted(store)
        counted.hold.clear()
        inbox = GroupedInbox(counted, lambda: None)
        tasks = [asyncio.ensure_future(inbox.store(b"%d" % n, NOW)) for n in range(3)]  # noqa: TID251
        for _ in range(5):
            await asyncio.sleep(0)
        tasks[0].cancel()
        counted.hold.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        # Told that it was not kept, or kept: never told that it was while it was not.
        kept = await waiting(store)
        for body, answer in zip((b"1", b"2"), answers[1:], strict=True):
            assert (answer is None) == (body in kept)


async def test_what_is_worked_is_forgotten_after_whatsapp_has_stopped_repeating(tmp_path: Path) -> None:
    class Work:
        async def some(self) -> int:
            return 0

    async with open_store(tmp_path) as store:
        clock = FakeClock(NOW)
        await GroupedInbox(store, lambda: None).store(b"old", NOW)
        async with store.write() as unit:
            await unit.cloud.webhooks_done([one.id for one in await unit.cloud.webhooks(limit=1)])
            await unit.commit()
        worker = WebhookWorker(Work(), store, clock)  # type: ignore[arg-type]
        await worker.prune()
        await GroupedInbox(store, lambda: None).store(b"old", NOW)
        assert await waiting(store) == [], "a repeat is known"
        clock.advance(days=9)
        await worker.prune()
        await GroupedInbox(store, lambda: None).store(b"old", NOW)
        assert await waiting(store) == [b"old"]


async def test_a_trouble_of_ours_rests_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    done = asyncio.Event()

    class Work:
        tries = 0

        async def some(self) -> int:
            self.tries += 1
            if self.tries < 3:
                raise OSError("the disk is full")
            done.set()
            return 0

    async with open_store(tmp_path) as store, asyncio.TaskGroup() as group:
        running = group.create_task(WebhookWorker(Work(), store, FakeClock(NOW), rest=0.001).run())  # type: ignore[arg-type]
        async with asyncio.timeout(10):
            await done.wait()
        running.cancel()
