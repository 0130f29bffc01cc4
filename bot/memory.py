"""How the interpreter looks after memory in a process that runs for weeks."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: New objects until the youngest are looked at, and how often that is until the older ones are. A message
#: makes hundreds that are gone when it is sent; with Python's own 700, looking cost a tenth of all sending.
THRESHOLDS: Final = (20_000, 20, 50)

#: More than loading makes, which is 200,000.
_NEVER_WHILE_LOADING: Final = 1_000_000


@contextmanager
def loading() -> Iterator[None]:
    """Around what a process loads at its start, nearly all of which stays: looking through it as it grows
    took a fifth of that time. Nor is it looked through at the end: one object in a hundred is garbage, and
    finding those took a tenth of a second."""
    gc.set_threshold(_NEVER_WHILE_LOADING)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)


def keep_what_is_loaded() -> None:
    """What is loaded by now stays: collections during an import need not look at it (measured: pauses of the
    loop of up to 287 ms become 32 ms)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
