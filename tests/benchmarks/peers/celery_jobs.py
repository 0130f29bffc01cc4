"""Celery with processes (prefork), as many as there are cores, each with its session and connection kept.

Prefetching more than its default of 4 a process is what its manual advises for short tasks.
"""

from typing import Any

import requests
from celery import Celery
from celery.signals import worker_process_init

from tests.benchmarks.peers import job

PACKAGES = ("celery", "redis", "requests")

app = Celery("peers", broker=job.redis())
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=job.AT_ONCE)

kept: dict[str, Any] = {}


def opened(**_: object) -> None:
    kept["session"], kept["connection"] = requests.Session(), job.connect()


worker_process_init.connect(opened)


def send(n: int) -> None:
    job.send(n, kept["connection"], kept["session"].post)


task = app.task(send, name="send")


def enqueue(count: int) -> None:
    with app.producer_pool.acquire(block=True) as producer:
        for n in range(count):
            task.apply_async([n], producer=producer)
