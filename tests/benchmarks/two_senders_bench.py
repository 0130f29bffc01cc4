"""Two sending processes against one, on one PostgreSQL: messages a second, and the load of each process.

Each process drives one number at a time, whose far side takes 0.2 seconds for an answer: so a process is
bound by waiting, as with a far side on the internet, and the machine's few cores are enough for two of them.
What is measured is what sharing costs: turns, locks, and the database between them.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from storage.database import Database
from storage.migrate import migrate
from storage.tables import attempts
from tests.benchmarks.phones import running_phones
from tests.crash.processes import Process, bot_environment
from tests.crash.test_two_senders import KEY, fresh_database
from tests.desk_data import campaign_to_everybody
from tests.postgres import running_postgres

NUMBERS: Final = 3
#: More than one number sends while it is measured.
PEOPLE: Final = 8_000
SECONDS: Final = 15.0
ANSWERS_AFTER: Final = 0.2


async def measure() -> dict[str, float]:
    figures: dict[str, float] = {}
    for senders in (1, 2):
        with tempfile.TemporaryDirectory() as name:
            async with fresh_database() as address, running_phones(after=ANSWERS_AFTER) as phones:
                await migrate(address)
                async with Database.open(address) as database:
                    for n in range(NUMBERS):
                        await campaign_to_everybody(
                            database, people=PEOPLE, remote=f"sim-{n}", number=f"+4477009001{n:02d}",
                            telegram_id=1001 + n, first=n * PEOPLE,
                        )  # fmt: skip
                    figures |= await _rate(database, address, phones, Path(name), senders)
    one, two = figures["sender_1_sends_per_s"], figures["sender_2_sends_per_s"]
    return {**figures, "two_senders_ratio": two / one}


async def _rate(
    database: Database, address: str, phones: str, folder: Path, senders: int
) -> dict[str, float]:
    environment = bot_environment(
        "http://127.0.0.1:9", folder, DATABASE_URL=address, SECRET_KEY=KEY, SIMULATED_URL=phones,
        MEDIA_URL=str(folder / "media"), ACCOUNTS_AT_ONCE="1", OPS_ADDRESS="", LOG_LEVEL="warning",
        MAX_RECIPIENTS_PER_CAMPAIGN=str(PEOPLE), MAX_SENDS_PER_DAY=str(10 * PEOPLE),
    )  # fmt: skip
    running = [Process(["sender"], environment, folder / f"sender-{n}.log") for n in range(senders)]
    try:
        for one in running:
            await one.start()
        await _until_all_send(database, running)
        counted, busy, began = await _learned(database), _busy(running), time.perf_counter()
        await asyncio.sleep(SECONDS)
        sent, took = await _learned(database) - counted, time.perf_counter() - began
        loads = [(now - before) / took for now, before in zip(_busy(running), busy, strict=True)]
    finally:
        for one in running:
            await one.kill()
    async with database.connection() as connection:
        twice = await connection.scalar(select(func.count()).select_from(attempts).where(attempts.c.n > 1))
    assert twice == 0
    return {f"sender_{senders}_sends_per_s": sent / took, f"sender_{senders}_cores_each": max(loads)}


async def _until_all_send(database: Database, senders: Sequence[Process]) -> None:
    async with asyncio.timeout(120):
        while True:
            async with database.connection() as connection:
                owners = await connection.scalar(select(func.count(attempts.c.owner.distinct())))
            if owners == len(senders):
                return
            for one in senders:
                assert one.running, one.log.read_text()[-2000:]
            await asyncio.sleep(0.05)


async def _learned(database: Database) -> int:
    async with database.connection() as connection:
        done = select(func.count()).select_from(attempts).where(attempts.c.learned_at.is_not(None))
        return await connection.scalar(done) or 0


def _busy(processes: Sequence[Process]) -> list[float]:
    """Seconds of processor time that each has had."""
    ticks = os.sysconf("SC_CLK_TCK")
    return [sum(one.ticks()) / ticks for one in processes]


def main() -> None:
    with running_postgres() as url:
        assert url is not None, "PostgreSQL is not installed (apt install postgresql)"
        os.environ["MASSSENDER_TEST_POSTGRES"] = url
        print(json.dumps(asyncio.run(measure())))


if __name__ == "__main__":
    main()
