"""`make bench`: every measurement in a process of its own, printed and written to build/bench.json.

Figures depend on the machine and on what else it does; compare ratios of one run. The first two say how quick
it is (yardstick_bench.py). Where limits.py asks
something of a figure, whether it holds stands beside it, and one that falls short is a failure.

Named benches alone, with arguments for them, are printed and not written:

    python -m tests.benchmarks cloud_bench --people 500 --known 2000 --statuses 1000
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path

from tests.benchmarks.limits import not_measured, verdict

BENCHES = (
    "yardstick_bench", "import_bench", "delivery_bench", "chat_bench", "wallet_bench", "balance_bench",
    "cloud_standin_bench", "cloud_bench", "rules_bench", "replies_bench", "paced_bench", "stored_bench",
    "startup_bench", "two_senders_bench", "million_bench",
)  # fmt: skip
OUT = Path("build/bench.json")


def machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        model = platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def measured(bench: str, arguments: Sequence[str]) -> Mapping[str, float] | None:
    """What it printed last; None when it failed."""
    command = [sys.executable, "-m", f"tests.benchmarks.{bench}", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        print(f"  {bench} FAILED with exit code {done.returncode}", flush=True)
        return None
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def show(figures: Mapping[str, float]) -> Sequence[str]:
    """Print them with what is asked of them; returns those that fall short."""
    short = []
    for name, figure in figures.items():
        holds, words = verdict(name, figure)
        print(f"  {name:40} {figure:12,.2f}  {words}".rstrip(), flush=True)
        short += [] if holds else [name]
    return short


def main(asked: Sequence[str]) -> int:
    named = list(takewhile(lambda word: not word.startswith("-"), asked))
    arguments = asked[len(named) :]
    figures: dict[str, float] = {}
    wrong: list[str] = []
    print(machine(), flush=True)
    for bench in named or BENCHES:
        os.sync()  # nobody waits for what the one before them wrote
        mine = measured(bench, arguments)
        figures.update(mine or {})
        wrong += [f"{bench} (failed)"] if mine is None else show(mine)
    if not named:
        wrong += [f"{name} (not measured)" for name in not_measured(figures)]
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
        print(f"written to {OUT}")
    print(f"FALLS SHORT: {', '.join(wrong)}" if wrong else "Everything that is asked for holds.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
