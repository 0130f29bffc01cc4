"""`make fuzz FILES=10000 SEED=7`: so many broken files through the reader, and what the worst of them took.

    python -m tests.fuzz --files 200 --seed 7 --only 131

Every file is read by processes of its own with the limits that they have in the bot; they are forked, not
started anew (tests/fuzz/zygote.py). Exit code 1: something was wrong, took more than 5 s or more than 300 MB.
Seconds are a process's own, of processor time, which no neighbour on the machine adds to; it has nothing to
wait for, and one that waits all the same is caught by the clock.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz.corpus import broken_file
from tests.fuzz.forked import Nursery
from tests.fuzz.reading import Took, put_through

MOST_SECONDS = 5.0
#: By the clock: a process that hangs is killed by its reader after 30.
MOST_SECONDS_OF_THE_CLOCK = 25.0
MOST_BYTES = 300 * 1024 * 1024


class Tally:
    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.took: list[tuple[Took, int, str]] = []
        self.wrong: list[str] = []

    def add(self, took: Took, number: int, kind: str) -> None:
        self.answers[took.answer] += 1
        self.took.append((took, number, kind))
        if (
            took.cpu_seconds > MOST_SECONDS
            or took.seconds > MOST_SECONDS_OF_THE_CLOCK
            or took.peak_bytes > MOST_BYTES
        ):
            self.wrong.append(f"file {number} ({kind}): {took}")


async def work(seed: int, numbers: list[int], tally: Tally) -> None:
    with Nursery() as nursery, tempfile.TemporaryDirectory(prefix="masssender-fuzz-") as folder:
        while numbers:
            number = numbers.pop()
            file = broken_file(seed, number, Path(folder))
            try:
                tally.add(await put_through(nursery, file), number, file.kind)
            except Exception:
                tally.wrong.append(
                    f"file {number} ({file.kind}, {file.filename!r}):\n{traceback.format_exc()}"
                )
            if number % 500 == 0 and number:
                print(f"  {number} left", flush=True)


async def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz")
    asked.add_argument("--files", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--only", type=int, help="this file of the seed alone")
    asked.add_argument("--side-by-side", type=int, default=1, help="files at the same time")
    options = asked.parse_args()
    tally = Tally()
    numbers = [options.only] if options.only is not None else list(range(options.files))
    count, began = len(numbers), time.monotonic()
    await asyncio.gather(*(work(options.seed, numbers, tally) for _ in range(options.side_by_side)))
    for line in tally.wrong:
        print(f"WRONG: {line}")
    for answer, times in tally.answers.most_common():
        print(f"  {times:6}  {answer}")
    slowest = max(tally.took, key=lambda one: one[0].cpu_seconds)
    longest = max(tally.took, key=lambda one: one[0].seconds)
    largest = max(tally.took, key=lambda one: one[0].peak_bytes)
    print(f"{count} files, seed {options.seed}, {time.monotonic() - began:.0f} s; {len(tally.wrong)} wrong")
    print(f"slowest {slowest[0].cpu_seconds:.2f} s of a processor (file {slowest[1]}, {slowest[2]})")
    print(f"longest {longest[0].seconds:.2f} s by the clock (file {longest[1]}, {longest[2]})")
    print(f"largest {largest[0].peak_bytes / 2**20:.0f} MB (file {largest[1]}, {largest[2]})")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
