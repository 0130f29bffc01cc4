"""taskiq on Redis streams, which acknowledge: its command starts two processes by itself, a core each."""

import asyncio

from taskiq import TaskiqEvents
from taskiq_redis import RedisStreamBroker

from tests.benchmarks.peers import job

PACKAGES = ("taskiq", "taskiq-redis", "redis", "httpx")

broker = RedisStreamBroker(url=job.redis())
kept = job.Kept()


async def send(n: int) -> None:
    await kept.send(n)


async def opened(_: object) -> None:
    await kept.open()


async def closed(_: object) -> None:
    await kept.close()


task = broker.register_task(send, task_name="send")
broker.add_event_handler(TaskiqEvents.WORKER_STARTUP, opened)
broker.add_event_handler(TaskiqEvents.WORKER_SHUTDOWN, closed)


def enqueue(count: int) -> None:
    async def all_of_them() -> None:
        await broker.startup()  # makes the group of those who read, which sees only what comes after it
        for n in range(count):
            await task.kiq(n)
        await broker.shutdown()

    asyncio.run(all_of_them())
