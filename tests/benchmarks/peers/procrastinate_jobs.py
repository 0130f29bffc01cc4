"""Procrastinate: 50 jobs at a time in one process, its queue in the PostgreSQL that the rows are in."""

import asyncio

import procrastinate
from procrastinate.types import JSONDict

from tests.benchmarks.peers import job

PACKAGES = ("procrastinate", "psycopg", "httpx")

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=job.postgres()))
kept = job.Kept()


@app.task(name="send")
async def send(n: int) -> None:
    await kept.send(n)


def enqueue(count: int) -> None:
    jobs: list[JSONDict] = [{"n": n} for n in range(count)]

    async def all_of_them() -> None:
        async with app.open_async():
            if not await app.check_connection_async():
                await app.schema_manager.apply_schema_async()
            await send.batch_defer_async(*jobs)

    asyncio.run(all_of_them())


async def work() -> None:
    """Until SIGTERM."""
    await kept.open()
    async with app.open_async():
        await app.run_worker_async(concurrency=job.AT_ONCE)
    await kept.close()


if __name__ == "__main__":
    asyncio.run(work())
