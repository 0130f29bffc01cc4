"""Files as careless and hostile senders make them, by chance from a seed: the same number, the same file."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.fuzz.corpus import bombs, names, old, texts, workbooks
from tests.fuzz.corpus.damage import damaged
from tests.fuzz.corpus.made import Made

#: How often each kind is made, of their sum. Heavy ones take a second or more to read.
KINDS: Final[Mapping[Callable[[random.Random], Made], int]] = {
    texts.table: 14,
    texts.odd_encoding: 8,
    texts.odd_shape: 8,
    texts.in_a_zip: 6,
    workbooks.plain: 14,
    workbooks.bent_part: 18,
    workbooks.hostile_xml: 10,
    workbooks.far_cells: 8,
    workbooks.ods: 10,
    old.plain: 8,
    old.bent_records: 10,
    bombs.archive: 6,
    bombs.heavy: 1,
}
#: Whole files are damaged besides: cut off, flipped, spliced.
DAMAGED: Final = 0.4


class BrokenFile(NamedTuple):
    """`kind` says how it was made, `filename` what its sender calls it."""

    path: Path
    filename: str
    kind: str


def broken_file(seed: int, number: int, folder: Path) -> BrokenFile:
    """The file of that number, written into `folder`."""
    chance = random.Random(f"{seed}/{number}")
    (make,) = chance.choices(list(KINDS), list(KINDS.values()))
    content, ending = make(chance)
    kind = f"{make.__module__.rpartition('.')[2]}.{make.__name__}"
    if make not in {bombs.heavy} and chance.random() < DAMAGED:
        content, kind = damaged(content, chance), f"{kind}, damaged"
    # As the import worker does: whatever its sender calls it, it lies under a name of ours.
    path = folder / "upload"
    path.write_bytes(content)
    return BrokenFile(path, names.a_name(chance, ending), kind)
