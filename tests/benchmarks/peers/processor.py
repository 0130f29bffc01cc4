"""Processor time, from Linux's /proc."""

import os
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Of a process, of those of its children that have ended, and of those that live with theirs."""
    try:
        # After the name, which may hold anything and ends with the last bracket.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        threads = sorted(Path(f"/proc/{pid}/task").glob("*/children"))
        children = [child for thread in threads for child in thread.read_text().split()]
    except OSError:
        return 0.0  # ended meanwhile: its parent has it
    own = sum(int(field) for field in fields[11:15]) / _TICK
    return own + sum(processor_seconds(int(child)) for child in children)
