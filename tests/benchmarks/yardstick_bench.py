"""How quick the machine is just now: the same few lines of Python, and of SQLite, every time.

A figure of another run, or of another machine, is compared by these: where they are twice as long, so is
whatever the processor keeps waiting.

    python -m tests.benchmarks.yardstick_bench
"""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

from tests.benchmarks.measure import percentile

TIMES = 9
STEPS, ROWS = 1_000_000, 200_000
COUNTED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT sum(i) FROM n"


def add() -> None:
    total = 0
    for step in range(STEPS):
        total += step


def count() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(COUNTED, [ROWS]).fetchone()


def milliseconds(work: Callable[[], None]) -> float:
    """The median."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
    return percentile(took, 0.5)


if __name__ == "__main__":
    print(json.dumps({"yardstick_python_ms": milliseconds(add), "yardstick_sqlite_ms": milliseconds(count)}))
