"""Runs one candidate: its messages, its workers, and how long these took."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from tests.benchmarks.peers.processor import processor_seconds
from tests.benchmarks.peers.results import Result
from tests.benchmarks.peers.servers import Server, tell_redis

ROOT: Final = Path(__file__).resolve().parents[3]
#: How each says that its workers be started. Quiet: a line a job would be measured too.
WORKERS: Final[Mapping[str, Sequence[str]]] = {
    "rq": ["rq", "worker", "peers", "--quiet", "--url", "{redis}"],
    "arq": ["python", "-m", "tests.benchmarks.peers.arq_jobs"],
    "taskiq": [
        "taskiq", "worker", "tests.benchmarks.peers.taskiq_jobs:broker", "--log-level", "WARNING",
    ],
    "celery": [
        "celery", "--app", "tests.benchmarks.peers.celery_jobs", "worker", "--loglevel", "WARNING",
    ],
    "procrastinate": ["python", "-m", "tests.benchmarks.peers.procrastinate_jobs"],
}  # fmt: skip
#: The peers have an environment of their own, and arq one more; `make bench-peers` makes them.
ENVIRONMENTS: Final = {name: "arq" if name == "arq" else "peers" for name in WORKERS}
SENT: Final = """CREATE TABLE sent (
    n integer PRIMARY KEY, claimed_at timestamptz NOT NULL, recorded_at timestamptz, wamid text
)"""
TIMES: Final = """SELECT count(recorded_at), count(DISTINCT wamid),
    extract(epoch FROM max(recorded_at) - min(claimed_at))::float FROM sent"""
PATIENCE: Final = 600.0


@dataclass(frozen=True)
class Place:
    """Where everybody works: the stand-in's address, what it says of the number, and the servers."""

    standin: str
    account: Mapping[str, Any]
    redis: Server
    postgres: Server

    @property
    def environment(self) -> dict[str, str]:
        # Whoever reads a proxy from there would go to the stand-in through it.
        inherited = {name: word for name, word in os.environ.items() if not name.lower().endswith("_proxy")}
        return {
            **inherited, "PYTHONPATH": str(ROOT),
            "PEERS_POSTGRES": self.postgres.address, "PEERS_REDIS": self.redis.address,
            "PEERS_MESSAGES": f"{self.standin}/v23.0/{self.account['phone_number_id']}/messages",
            "PEERS_TOKEN": str(self.account["token"]),
        }  # fmt: skip


def programs(name: str) -> Path:
    """The folder of its Python and of its commands."""
    return Path(sys.prefix) / ENVIRONMENTS[name] / "bin"


def not_installed() -> bool:
    return not all((programs(name) / "python").exists() for name in WORKERS)


def ours(place: Place, *, database: str, servers: Sequence[int], messages: int) -> tuple[Result, int]:
    """And how many rows say that their message was sent."""
    command = [sys.executable, "-m", "tests.benchmarks.peers.masssender", "--database", database]
    command += ["--standin", place.standin, "--account", json.dumps(place.account)]
    command += ["--messages", str(messages), "--servers", *map(str, servers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    said = json.loads(done.stdout.splitlines()[-1])
    return Result(messages, said["seconds"], said["processor"]), int(said["recorded"])


def theirs(place: Place, name: str, *, messages: int, log: Path) -> tuple[Result, int, str]:
    """And how many rows say that their message was sent, and the versions it has.

    Counted from the first row that was claimed to the last that was recorded: starting is not.
    """
    tell_redis(int(urlsplit(place.redis.address).port or 0), "FLUSHALL")
    with psycopg.connect(place.postgres.address, autocommit=True) as rows:
        rows.execute("DROP TABLE IF EXISTS sent")
        rows.execute(SENT)
        command = [str(programs(name) / "python"), "-m", "tests.benchmarks.peers.enqueue"]
        command += [f"{name}_jobs", str(messages)]
        put = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=place.environment
        )
        with _worker(place, name, log) as worker:
            _wait(rows, worker, "claimed_at", 1, log)
            pids = (worker.pid, place.redis.pid, place.postgres.pid)
            busy = sum(map(processor_seconds, pids))
            _wait(rows, worker, "recorded_at", messages, log)
            busy = sum(map(processor_seconds, pids)) - busy
        recorded, different, seconds = rows.execute(TIMES).fetchone() or (0, 0, 0.0)
    versions = ", ".join(f"{package} {version}" for package, version in json.loads(put.stdout).items())
    return Result(messages, seconds, busy), min(recorded, different), versions


@contextmanager
def _worker(place: Place, name: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    program, *arguments = (word.format(redis=place.redis.address) for word in WORKERS[name])
    with log.open("wb") as out:
        worker = subprocess.Popen(
            [str(programs(name) / program), *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            cwd=ROOT, env=place.environment, start_new_session=True,
        )  # fmt: skip
    try:
        yield worker
    finally:
        worker.terminate()
        try:
            worker.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def _wait(
    rows: psycopg.Connection[Any], worker: subprocess.Popen[bytes], column: str, count: int, log: Path
) -> None:
    """Until so many rows have it. Raises RuntimeError with the end of the log when they never will."""
    counted = SQL("SELECT count({}) FROM sent").format(Identifier(column))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and worker.poll() is None:
        found = rows.execute(counted).fetchone()
        if found and found[0] >= count:
            return
        time.sleep(0.1)
    raise RuntimeError(f"The worker did not get there:\n{log.read_text(errors='replace')[-4000:]}")
