"""BIFF8 workbooks in their OLE containers (.xls)."""

import random
import struct
import tempfile
from pathlib import Path

from tests.contract import sheet_files
from tests.fuzz.corpus.made import Made, a_cell, a_table

#: Record types that readers look into, and some that do not exist.
_RECORDS = (
    0x0809, 0x0085, 0x00FC, 0x003C, 0x0200, 0x0203, 0x0204, 0x00FD, 0x00BD, 0x0006, 0x0207, 0x00E5, 0x041E,
    0x00E0, 0x0018, 0x0017, 0x0042, 0x0022, 0x000A, 0x000B, 0x027E, 0x0205, 0x0031, 0x002F, 0x0862,
    0xFFFF, 0x0000,
)  # fmt: skip


def plain(chance: random.Random) -> Made:
    rows: list[list[str | float]] = [list(row) for row in a_table(chance, rows=30)]
    for row in rows:
        row[:] = [chance.uniform(-1e9, 1e15) if chance.random() < 0.2 else str(cell)[:200] for cell in row]
        row[:] = [cell.replace("🙂", "x") if isinstance(cell, str) else cell for cell in row]
    with tempfile.NamedTemporaryFile(suffix=".xls") as file:
        path = Path(file.name)
        return Made(sheet_files.xls(path, rows or [["Phone"]]).read_bytes(), "xls")


def bent_records(chance: random.Random) -> Made:
    """Records in any order, whose lengths and counts lie, in a container whose chains may turn in circles."""
    stream = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    name = "S".encode("utf-16-le")
    position = chance.choice((0, len(stream) + 100, len(stream), 2**31, 0xFFFFFFFF))
    stream += _record(0x0085, struct.pack("<IBBBB", position, 0, 0, chance.choice((1, 255)), 1) + name)
    for _ in range(chance.randint(1, 60)):
        stream += _a_record(chance)
    container = bytearray(sheet_files.ole({chance.choice(("Workbook", "Book", "WORKBOOK")): stream}))
    for _ in range(chance.choice((0, 0, 1, 4))):
        # Header, allocation table and directory are the first three sectors.
        at = chance.randrange(24, min(len(container) - 4, 1536))
        struct.pack_into(
            "<I", container, at, chance.choice((0, 1, 2, 3, 0xFFFFFFFE, 0xFFFFFFFF, 2**31, len(container)))
        )
    return Made(bytes(container), "xls")


def _a_record(chance: random.Random) -> bytes:
    far = chance.choice((0, 1, 255, 16_383, 65_535))
    near = chance.choice((0, 1, 255, 65_535))
    text = a_cell(chance)[:50].encode("utf-16-le", "replace")
    bodies = (
        lambda: struct.pack("<IIHHH", 0, chance.choice((1, 65_536, 2**32 - 1)), 0, far, 0),
        lambda: struct.pack("<HHHd", far, near, 0, chance.uniform(-1e300, 1e300)),
        lambda: struct.pack("<HHHHB", far, near, 0, chance.choice((1, len(text) // 2, 65_535)), 1) + text,
        lambda: struct.pack("<II", chance.choice((1, 2**31, 2**32 - 1)), 2**32 - 1) + text,
        lambda: struct.pack("<HHHI", far, near, 0, chance.choice((0, 1, 2**32 - 1))),
        lambda: struct.pack("<HHHH", far, near, near, far) + text,
        lambda: bytes(chance.randrange(256) for _ in range(chance.randrange(80))),
        lambda: b"",
    )
    body = chance.choice(bodies)()
    claimed = len(body) if chance.random() < 0.8 else chance.choice((0, 1, 8224, 65_535))
    return struct.pack("<HH", chance.choice(_RECORDS), claimed) + body


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data
