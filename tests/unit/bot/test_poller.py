"""The poller when its own side fails: nothing is confirmed that is not stored, and it goes on."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from bot.application import build_application
from bot.chat.poller import Poller
from bot.clock import SystemClock
from bot.ops.meters import Meters
from bot.sandbox.client import SandboxClient
from bot.settings import Settings
from bot.tasks import TaskOwner
from bot.vault import Vault
from domain.operators.chat import InboxUpdate
from domain.scheduler.unit import Unit
from storage.database import Database
from tests.fakes.sandbox import running_sandbox
from tests.fakes.stores import open_store


class FullDisk:
    """A store that cannot write for its first few tries."""

    def __init__(self, store: Database, *, times: int) -> None:
        self.store, self.left, self.refused = store, times, 0

    @asynccontextmanager
    async def write(self, **_: bool) -> AsyncIterator[Unit]:
        if self.left:
            self.left -= 1
            self.refused += 1
            raise OSError("no space left on device")
        async with self.store.write() as unit:
            yield unit

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Unit]:
        async with self.store.read() as unit:
            yield unit


class Listening:
    """A bot to which nobody writes; it knows how long each poll was ready to wait, in seconds."""

    id = 1

    def __init__(self) -> None:
        self.waits: asyncio.Queue[int] = asyncio.Queue()

    async def do_api_request(self, _: str, *, api_kwargs: Mapping[str, Any], **__: Any) -> list[Any]:
        await self.waits.put(api_kwargs["timeout"])
        await asyncio.sleep(0)
        return []


async def test_a_start_does_not_wait_for_somebody_to_write(tmp_path: Path) -> None:
    bot = Listening()
    got: asyncio.Queue[InboxUpdate] = asyncio.Queue()
    async with open_store(tmp_path) as store, TaskOwner() as tasks:
        poller = Poller(cast(Any, bot), store, SystemClock(), Vault(b"k" * 32), got.put)
        tasks.start("poller", poller.run())
        waits = [await bot.waits.get() for _ in range(6)]
    assert waits == [0, 2, 2, 2, 25, 25]


async def test_a_full_disk_ends_neither_the_polling_nor_an_update(tmp_path: Path) -> None:
    got: asyncio.Queue[InboxUpdate] = asyncio.Queue()
    async with (
        running_sandbox() as sandbox,
        SandboxClient(sandbox.url) as client,
        open_store(tmp_path) as store,
        TaskOwner() as tasks,
    ):
        settings = Settings(_env_file=None, telegram_api_url=sandbox.url)  # type: ignore[call-arg]
        bot = build_application(settings, sandbox.token, Meters()).bot
        disk = FullDisk(store, times=1)
        async with bot:
            poller = Poller(bot, disk, SystemClock(), Vault(b"k" * 32), got.put)
            await client.chat(1001).say("/start")
            tasks.start("poller", poller.run())
            async with asyncio.timeout(20):
                row = await got.get()
        assert disk.refused == 1
        assert row.payload["message"]["text"] == "/start"
