"""The same campaign through MassSender and through what one would build it on; `make bench-peers`.

5,000 messages to the stand-in of the Cloud API, which runs in a process of its own and accepts at once; a row
a message, claimed before the network call and recorded after it, on the disk before anybody goes on. One
candidate after the other, the same stand-in for all, in three rounds (RQ in the first only): a machine may be
quicker for some minutes. Of each the median counts.

The peers have a job a message, and keep their rows in PostgreSQL (synchronous_commit on): several processes
write them, which SQLite would make wait for each other. MassSender keeps its own in either, as it does for
everybody. Messages and jobs are there before the clock starts, and starting a worker is not counted.

    python -m tests.benchmarks.peers --messages 5000 --rq-messages 300
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg
from sqlalchemy import make_url

from storage.database import POSTGRES_DRIVER
from tests.benchmarks.__main__ import machine
from tests.benchmarks.cloud_pour_bench import prepare
from tests.benchmarks.cloud_standin_bench import standin
from tests.benchmarks.peers.candidates import Place, not_installed, ours, theirs
from tests.benchmarks.peers.results import CANDIDATES, PEERS, Result, check_counts, figures, verdict
from tests.benchmarks.peers.servers import NotInstalled, Server, postgres_server, redis_server
from tests.fakes.stores import sqlite_url

OUT = Path("build/bench-peers.json")


def run_one(name: str, url: str, redis: Server, postgres: Server, messages: int) -> tuple[Result, str]:
    """And the versions of what it is made of. Raises Miscounted."""
    place = Place(url, prepare(url, None), redis, postgres)
    # What whoever was before, or the making of a server, wrote is on the disk before anybody is measured.
    os.sync()
    with tempfile.TemporaryDirectory(prefix="masssender-peers-") as name_of_folder:
        folder = Path(name_of_folder)
        if name in PEERS:
            result, recorded, versions = theirs(place, name, messages=messages, log=folder / "log")
        elif name == "masssender_sqlite":
            database, versions = sqlite_url(folder / "masssender.db"), "SQLite, synchronous FULL"
            result, recorded = ours(place, database=database, servers=(), messages=messages)
        else:
            database, versions = _fresh_database(postgres), "PostgreSQL, synchronous_commit on"
            result, recorded = ours(place, database=database, servers=(postgres.pid,), messages=messages)
    received: dict[str, Any] = httpx.get(f"{url}/_standin/received", trust_env=False).json()
    check_counts(name, messages, received, recorded)
    return result, versions


def _fresh_database(postgres: Server) -> str:
    with psycopg.connect(postgres.address, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS masssender")
        connection.execute("CREATE DATABASE masssender")
    own = make_url(postgres.address).set(drivername=POSTGRES_DRIVER, database="masssender")
    return own.render_as_string(hide_password=False)


def measure(messages: int, rq_messages: int, rounds: int) -> dict[str, Result]:
    """Prints each run, and at the end what counts. Raises NotInstalled, Miscounted."""
    ran: dict[str, list[Result]] = {name: [] for name in CANDIDATES}
    versions: dict[str, str] = {}
    with redis_server() as redis, postgres_server() as postgres, standin() as url:
        for turn in range(rounds):
            print(f"  round {turn + 1} of {rounds}, messages a second:", end="", flush=True)
            for name in CANDIDATES:
                if name != "rq" or turn == 0:
                    count = rq_messages if name == "rq" else messages
                    result, versions[name] = run_one(name, url, redis, postgres, count)
                    ran[name].append(result)
                    print(f" {name} {result.rate:,.0f}", end="", flush=True)
            print(flush=True)
    results = {name: sorted(each, key=lambda one: one.rate)[len(each) // 2] for name, each in ran.items()}
    print(f"  {'':20} {'messages':>8} {'per second':>11} {'processor s':>12} {'ms each':>8}")
    for name, result in results.items():
        each = 1000 * result.processor / result.messages
        print(
            f"  {name:20} {result.messages:8,} {result.rate:11,.1f} {result.processor:12.2f} {each:8.2f}"
            f"  {versions[name]}"
        )
    return results


def main(asked: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.peers")
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3, help="of each, of which the median counts")
    parser.add_argument("--rq-messages", type=int, default=300, help="RQ sends few a second")
    wanted = parser.parse_args(asked)
    if not_installed():
        print("The peers are not installed: run `make bench-peers`, which installs them.")
        return 2
    print(machine())
    print(f"RQ sends {wanted.rq_messages:,} messages only, because it makes few a second.", flush=True)
    try:
        rates = figures(measure(wanted.messages, wanted.rq_messages, wanted.rounds))
    except NotInstalled as missing:
        print(missing)
        return 2
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rates, indent=2) + "\n")
    holds, lines = verdict(rates)
    print("\n".join(lines))
    print(f"written to {OUT}")
    print("Everything that is asked for holds." if holds else "FALLS SHORT of what is asked.")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
