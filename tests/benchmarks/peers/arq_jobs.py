"""arq: 50 jobs at a time in one process.

By itself it looks for new jobs every half a second and takes no more than it has places, which would be 100
messages a second: here it looks a hundred times a second.
"""

import asyncio
from typing import Any

from arq import create_pool, func, run_worker
from arq.connections import RedisSettings

from tests.benchmarks.peers import job

PACKAGES = ("arq", "redis", "httpx")


async def send(context: dict[str, Any], n: int) -> None:
    await context["kept"].send(n)


async def opened(context: dict[str, Any]) -> None:
    context["kept"] = job.Kept()
    await context["kept"].open()


async def closed(context: dict[str, Any]) -> None:
    await context["kept"].close()


def where() -> RedisSettings:
    return RedisSettings.from_dsn(job.redis())


class WorkerSettings:
    """Read by arq."""

    functions = (func(send, name="send", keep_result=0),)
    on_startup = opened
    on_shutdown = closed
    redis_settings = where()
    max_jobs = job.AT_ONCE
    poll_delay = 0.01


def enqueue(count: int) -> None:
    async def all_of_them() -> None:
        pool = await create_pool(where())
        for n in range(count):
            await pool.enqueue_job("send", n)
        await pool.aclose()

    asyncio.run(all_of_them())


if __name__ == "__main__":
    run_worker(WorkerSettings)
