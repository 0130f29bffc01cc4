"""Puts a job a message into a peer's queue, and says the versions it has: one line of JSON.

python -m tests.benchmarks.peers.enqueue rq_jobs 300
"""

import importlib
import json
import sys
from importlib.metadata import version


def main() -> None:
    name, count = sys.argv[1:]
    peer = importlib.import_module(f"tests.benchmarks.peers.{name}")
    peer.enqueue(int(count))
    print(json.dumps({package: version(package) for package in peer.PACKAGES}))


if __name__ == "__main__":
    main()
