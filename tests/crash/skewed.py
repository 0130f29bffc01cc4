"""`python -m tests.crash.skewed FILE …`: the product as it is, on a clock that FILE puts forward or back.

The file holds seconds and is looked at all the time, so that the clock jumps under a process that runs. Every
way of asking for the time of day is meant, of libraries too (time-machine); the time that only passes
(`time.monotonic`), which no clock change touches, is left alone.
"""

import runpy
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import time_machine

LOOK_EVERY: Final = 0.05


class Skew:
    """How wrong the clock is that a process goes by; kept in a file that the process follows."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(0)

    def set(self, seconds: int) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.file)

    @property
    def seconds(self) -> int:
        return int(self.file.read_text())


def follow(file: Path) -> None:
    """Begin at what the file says, and jump whenever it says something else."""
    skew = int(file.read_text())
    clock = time_machine.travel(datetime.now(UTC) + timedelta(seconds=skew), tick=True).start()

    def watch(known: int) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            said = int(file.read_text())
            if said != known:
                clock.shift(said - known)
                known = said

    threading.Thread(target=watch, args=(skew,), daemon=True).start()


if __name__ == "__main__":
    follow(Path(sys.argv.pop(1)))
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
