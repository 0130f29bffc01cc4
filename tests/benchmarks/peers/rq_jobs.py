"""RQ as `rq worker` is: one process, which forks for each job. Nothing can be kept open from job to job."""

import httpx
from redis import Redis
from rq import Queue

from tests.benchmarks.peers import job

PACKAGES = ("rq", "redis", "httpx")


def send(n: int) -> None:
    with job.connect() as connection:
        job.send(n, connection, httpx.post)


def enqueue(count: int) -> None:
    queue = Queue("peers", connection=Redis.from_url(job.redis()))
    queue.enqueue_many([Queue.prepare_data(send, [n], result_ttl=0) for n in range(count)])
