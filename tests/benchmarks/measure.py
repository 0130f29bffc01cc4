"""What the measurements share."""

import resource
from collections.abc import Sequence
from pathlib import Path


def peak_mb() -> float:
    """Most memory this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def own_peak_mb() -> float:
    """The same since this program began: what the process that started it held counts in `peak_mb`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return peak_mb() if kilobytes is None else int(kilobytes) / 1024


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
