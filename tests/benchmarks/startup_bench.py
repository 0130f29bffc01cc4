"""`masssender run` as an operator starts it: how soon it is ready, and what it holds at rest.

A desk of its own on SQLite, the sandbox in place of Telegram, no WhatsApp Web. Ready: /readyz says so.
"""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

import httpx

from tests.crash.processes import Process, bot_environment, free_port, sandbox_process

#: Starts measured; the first, which makes the database, is told apart.
STARTS: Final = 5
#: After so long, in seconds, whatever it does at the start is done.
SETTLED: Final = 15.0


async def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with sandbox_process(folder) as url, httpx.AsyncClient(trust_env=False) as client:
            address = f"127.0.0.1:{free_port()}"
            environment = bot_environment(url, folder, OPS_ADDRESS=address, LOG_LEVEL="warning")
            took = []
            for n in range(STARTS):
                bot = Process(["run"], environment, folder / "bot.log")
                took.append(await _ready(bot, client, f"http://{address}/readyz"))
                if n == STARTS - 1:
                    await asyncio.sleep(SETTLED)
                    idle = bot.memory_mb()
                assert await bot.stop() == 0, bot.log.read_text()
    return {"ready_seconds": median(took[1:]), "first_ready_seconds": took[0], "idle_mb": idle}


async def _ready(bot: Process, client: httpx.AsyncClient, url: str) -> float:
    began = time.perf_counter()
    await bot.start()
    while True:
        try:
            if (await client.get(url)).status_code == 200:
                return time.perf_counter() - began
        except httpx.TransportError:
            assert bot.running, bot.log.read_text()
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
