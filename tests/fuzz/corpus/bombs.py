"""Small files that are large when they are unpacked or laid out."""

import random
import struct
import zipfile
from functools import cache
from io import BytesIO

from tests.fuzz.corpus.made import Made, members_of, zipped
from tests.fuzz.corpus.workbooks import SHEET, STRINGS, written

_MEGABYTE = 1024 * 1024


def archive(chance: random.Random) -> Made:
    """Nested, of many entries, overlapping, lying about sizes."""
    ending = chance.choice(("zip", "zip", "xlsx", "ods"))
    many = chance.choice((10, 4_999, 6_000))
    match chance.randrange(5):
        case 0:
            return Made(zipped({f"{n}.csv": b"" for n in range(many)}), ending)
        case 1:
            inner = zipped({"a.csv": b"\n" * _MEGABYTE})
            for level in range(chance.choice((1, 20))):
                inner = zipped({f"{level}.zip": inner, "a.csv": inner[:100]})
            return Made(inner, ending)
        case 2:
            return Made(_overlapping(chance.choice((2, 300))), ending)
        case 3:
            return Made(_lying(chance), ending)
        case _:
            return Made(zipped({"a.csv": chance.choice((b"\n", b"+905321234567\n")) * 100_000}), "zip")


def _overlapping(entries: int) -> bytes:
    """A directory that names the same bytes again and again."""
    one = zipped({"a.csv": b"+905321234567\n" * 50_000})
    central = one.rindex(b"PK\x01\x02")
    end = one.rindex(b"PK\x05\x06")
    record = one[central:end]
    directory = record * entries
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, entries, entries, len(directory), central, 0)
    return one[:central] + directory + tail


def _lying(chance: random.Random) -> bytes:
    content = bytearray(zipped({"a.csv": b"+905321234567\n" * 50_000}))
    at = content.rindex(b"PK\x01\x02") + chance.choice((8, 10, 16, 20, 24, 28, 30, 42))
    struct.pack_into("<I", content, at, chance.choice((0, 1, 2**31, 2**32 - 1, chance.randrange(2**32))))
    return bytes(content)


def heavy(chance: random.Random) -> Made:
    """The largest of each kind that pass the door, or nearly do."""
    return chance.choice(HEAVY)()


@cache
def zip_of_200_mb() -> Made:
    return Made(_of({"a.csv": b"+905321234567\n" * 14_000_000}), "zip")


@cache
def zip_over_the_limit() -> Made:
    return Made(_of({"a.csv": b"\n" * (201 * _MEGABYTE)}), "zip")


@cache
def long_csv() -> Made:
    return Made(b"+905321234567,=1+1\n" * (19 * _MEGABYTE // 19), "csv")


@cache
def one_line() -> Made:
    return Made(b"a" * (19 * _MEGABYTE), "csv")


@cache
def shared_strings_of_100_mb() -> Made:
    """Many of them, most never shown."""
    texts = b"".join(b"<si><t>%08d%s</t></si>" % (n, b"x" * 77) for n in range(1_000_000))
    return _with_strings(texts)


@cache
def a_string_of_100_mb() -> Made:
    return _with_strings(b"<si><t>" + b"x" * (100 * _MEGABYTE) + b"</t></si>")


@cache
def tiny_strings() -> Made:
    """As many strings as 190 MB of XML hold: each costs its reader more than its bytes."""
    return _with_strings(b"<si><t/></si>" * (190 * _MEGABYTE // 13))


@cache
def a_million_empty_rows() -> Made:
    rows = b"".join(b'<row r="%d"/>' % n for n in range(2, 1_048_577))
    return _with_rows(rows)


@cache
def a_million_coloured_rows() -> Made:
    return _with_rows(b"".join(b'<row r="%d"><c r="A%d" s="1"/></row>' % (n, n) for n in range(2, 1_048_577)))


@cache
def the_last_corner() -> Made:
    """One cell in the last row and the last column that is read."""
    return _with_rows(b'<row r="1048576"><c r="BL1048576"><v>1</v></c></row>')


@cache
def a_cell_far_down() -> Made:
    return _with_rows(b'<row r="1048576"><c r="B1048576"><v>1</v></c></row>')


@cache
def cells_of_190_mb() -> Made:
    row = b"<row>" + b"<c><v>1</v></c>" * 64 + b"</row>"
    return _with_rows(row * (190 * _MEGABYTE // len(row)))


HEAVY = (
    zip_of_200_mb, zip_over_the_limit, long_csv, one_line, shared_strings_of_100_mb, a_string_of_100_mb,
    tiny_strings, a_million_empty_rows, a_million_coloured_rows, the_last_corner, a_cell_far_down,
    cells_of_190_mb,
)  # fmt: skip


def _with_strings(texts: bytes) -> Made:
    members = members_of(written([["Phone", "Name"], ["+905321234567", "Ayşe"]]))
    whole = members[STRINGS]
    members[STRINGS] = whole.replace(b"</sst>", texts + b"</sst>")
    return Made(_of(members), "xlsx")


def _with_rows(rows: bytes) -> Made:
    members = members_of(written([["Phone"]]))
    members[SHEET] = members[SHEET].replace(b"</sheetData>", rows + b"</sheetData>")
    return Made(_of(members), "xlsx")


def _of(members: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, content in members.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
