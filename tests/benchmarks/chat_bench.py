"""The chat: updates a second through inbox and lanes, and how quick taps are while a file is imported.

Bot, sandbox and this client are three processes, as they are in life.
"""

import asyncio
import json
import signal
import tempfile
import time
from functools import partial
from pathlib import Path

from bot.sandbox.client import SandboxChat, SandboxClient
from domain.contacts.ports import ImportState
from storage.database import Database
from tests.benchmarks.import_bench import make_workbook
from tests.benchmarks.measure import percentile
from tests.chat.stage import AYSE, DENIZ, link, register
from tests.crash.processes import Process, bot_environment, sandbox_process

UPDATES = 2000
CHATS = 40
TAP_EVERY = 0.25
BOT_ID = 7_000_000_001


class Desk:
    """A running bot with a member, and its database to look into."""

    def __init__(self, folder: Path, url: str) -> None:
        self.bot = Process(["run"], bot_environment(url, folder, LOG_LEVEL="warning"), folder / "bot.log")
        self.address = f"sqlite+aiosqlite:///{folder / 'data' / 'masssender.db'}"
        self.database: Database | None = None

    async def start(self, client: SandboxClient) -> None:
        await self.bot.start()
        for person in (AYSE, DENIZ):
            await register(client.chat(person))
        await link(client.chat(AYSE))
        self.database = Database.open(self.address)

    async def stop(self) -> None:
        if self.database is not None:
            await self.database.close()
        await self.bot.stop()

    @property
    def store(self) -> Database:
        assert self.database is not None
        return self.database

    async def waiting(self) -> int:
        async with self.store.read() as unit:
            return len(await unit.chat.waiting_updates(BOT_ID))


async def updates_per_s(desk: Desk, client: SandboxClient) -> float:
    """`UPDATES` texts of many chats, waiting while the bot is frozen; from its thaw to the last one done."""
    people = [await client.add_user(f"Person {n}") for n in range(CHATS)]
    desk.bot.tell(signal.SIGSTOP)
    for n in range(UPDATES):
        await client.chat(people[n % CHATS]["id"]).say("hello")
    started = time.perf_counter()
    desk.bot.tell(signal.SIGCONT)
    while await client.updates_waiting() or await desk.waiting():
        await asyncio.sleep(0.05)
    return UPDATES / (time.perf_counter() - started)


async def taps_during_import(desk: Desk, client: SandboxClient, workbook: Path) -> list[float]:
    """Milliseconds from each tap to its answer, while 100,000 rows are read and stored."""
    times: list[float] = []
    chat, other = client.chat(AYSE), client.chat(DENIZ)
    await chat.upload(workbook)
    await _taps(desk, other, ImportState.CHOOSE_COLUMNS, times)
    await chat.tap("That's right", timeout=60)
    await _taps(desk, other, ImportState.ASK_CONSENT, times)
    return times


async def _taps(desk: Desk, chat: SandboxChat, until: ImportState, times: list[float]) -> None:
    while True:
        for label in ("Help", "Back"):
            await chat.until(partial(_shows, chat, label), timeout=20, what=chat.screen)
            started = time.perf_counter()
            await chat.wait_answered(await chat.tap(label))
            times.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(TAP_EVERY)
        async with desk.store.read() as unit:
            space = (await unit.operators.workspaces())[0]
            job = await unit.imports.latest(space.id)
        assert job is not None
        assert job.state not in {ImportState.FAILED, ImportState.CANCELLED}, job.refusal
        if job.state is until:
            return


def _shows(chat: SandboxChat, label: str) -> bool | None:
    return any(label in text for m in chat.newest_first() for text in m.button_texts) or None


async def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workbook = folder / "people.xlsx"
        make_workbook(workbook)
        async with sandbox_process(folder) as url, SandboxClient(url) as client:
            desk = Desk(folder, url)
            try:
                await desk.start(client)
                per_s = await updates_per_s(desk, client)
                chat_peak = desk.bot.peak_mb()
                taps = await taps_during_import(desk, client, workbook)
                import_peak = desk.bot.peak_mb()
            finally:
                await desk.stop()
    return {
        "chat_updates_per_s": per_s,
        "chat_peak_mb": chat_peak,
        "tap_p50_ms_during_import": percentile(taps, 0.5),
        "tap_p99_ms_during_import": percentile(taps, 0.99),
        "taps_during_import": float(len(taps)),
        "bot_peak_mb_during_import": import_peak,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
