"""The chat: updates a second through inbox and lanes, and how quick taps are while a file is imported."""

import asyncio
import json
import tempfile
import time
from pathlib import Path

from bot.sandbox.client import SandboxChat
from domain.contacts.ports import ImportState
from tests.benchmarks.import_bench import make_workbook
from tests.benchmarks.measure import peak_mb, percentile
from tests.chat.stage import Stage, link, register, stage

UPDATES = 2000
CHATS = 40
TAP_EVERY = 0.25


async def updates_per_s(on: Stage) -> float:
    """`UPDATES` texts of many chats, waiting when the bot starts; each is worked and marked done."""
    people = [await on.client.add_user(f"Person {n}") for n in range(CHATS)]
    for n in range(UPDATES):
        await on.client.chat(people[n % CHATS]["id"]).say("hello")
    started = time.perf_counter()
    async with on.running() as app:
        while await on.client.updates_waiting() or app.lanes.busy:
            await asyncio.sleep(0.01)
        seconds = time.perf_counter() - started
    return UPDATES / seconds


async def taps_during_import(on: Stage, workbook: bytes) -> list[float]:
    """Milliseconds from each tap to its answer, while 100,000 rows are read and stored."""
    times: list[float] = []
    async with on.running():
        chat, other = on.ayse, on.client.chat(1002)
        await register(chat)
        await link(chat)
        await register(other)
        await chat.upload(workbook, "people.xlsx")
        await _taps(on, other, ImportState.CHOOSE_COLUMNS, times)
        await chat.tap("That's right", timeout=60)
        await _taps(on, other, ImportState.ASK_CONSENT, times)
    return times


async def _taps(on: Stage, chat: SandboxChat, until: ImportState, times: list[float]) -> None:
    while True:
        for label in ("Help", "Back"):
            started = time.perf_counter()
            await chat.wait_answered(await chat.tap(label))
            times.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(TAP_EVERY)
        async with on.store.read() as unit:
            space = (await unit.operators.workspaces())[0]
            job = await unit.imports.latest(space.id)
        assert job is not None
        assert job.state not in {ImportState.FAILED, ImportState.CANCELLED}, job.refusal
        if job.state is until:
            return


async def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with stage(Path(folder)) as on:
            per_s = await updates_per_s(on)
    peak = peak_mb()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.xlsx"
        make_workbook(path)
        async with stage(Path(folder)) as on:
            taps = await taps_during_import(on, path.read_bytes())
    return {
        "chat_updates_per_s": per_s,
        "chat_peak_mb": peak,
        "tap_p99_ms_during_import": percentile(taps, 0.99),
        "taps_during_import": float(len(taps)),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
