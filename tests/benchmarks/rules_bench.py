"""Hostile messages: how long rules take at most to answer or refuse one, patterns and texts made to take for
ever. The time of the processor is counted, so that others at work beside it do not count.
"""

import gc
import json
from random import Random
from typing import Final

from tests.benchmarks.measure import percentile
from tests.unit.automation.hostile import a_full_workspace, accepted, answered_in, patterns, text

PAIRS: Final = 1_000
#: Messages to a workspace that has as many rules as one may have.
MESSAGES: Final = 300


def one_by_one(rng: Random) -> list[float]:
    """A pattern and a text at a time: refused, or taken and tried."""
    source, took = patterns(rng), list[float]()
    for _ in range(PAIRS):
        made, spent = accepted(next(source))
        said = text(rng)
        took.append(spent if made is None else max(spent, answered_in([made], said)))
    return took


def all_together(rng: Random) -> list[float]:
    rules = a_full_workspace(rng)
    return [answered_in(rules, text(rng)) for _ in range(MESSAGES)]


def main() -> None:
    gc.disable()
    each, full = one_by_one(Random(1)), all_together(Random(3))
    print(
        json.dumps(
            {
                "hostile_message_ms_max": max(*each, *full) * 1_000,
                "hostile_message_ms_p50": percentile(each, 0.5) * 1_000,
                "hostile_message_50_rules_ms_p50": percentile(full, 0.5) * 1_000,
                "hostile_message_50_rules_ms_max": max(full) * 1_000,
            }
        )
    )


if __name__ == "__main__":
    main()
