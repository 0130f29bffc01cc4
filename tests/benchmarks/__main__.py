"""`make bench`: every measurement in a process of its own, printed and written to build/bench.json.

Figures depend on the machine and on what else it does; compare ratios of one run.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

BENCHES = ("import_bench", "delivery_bench", "chat_bench", "wallet_bench", "balance_bench", "cloud_bench")
OUT = Path("build/bench.json")


def machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        model = platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def main() -> int:
    figures: dict[str, float] = {}
    print(machine())
    for bench in BENCHES:
        done = subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{bench}"],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            print(f"{bench} failed with exit code {done.returncode}", file=sys.stderr)
            return 1
        mine: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        figures.update(mine)
        for name, figure in mine.items():
            print(f"  {name:32} {figure:12,.2f}")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    print(f"written to {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
