"""Text files with a delimiter: encodings, shapes, zips of them."""

import csv
import io
import random
import zipfile

from tests.fuzz.corpus.made import Made, a_table, zipped

_ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp1254", "cp1251",
    "cp1256", "gb18030", "big5", "shift_jis", "euc_kr", "koi8_r", "utf-7", "cp037", "hz", "iso2022_jp",
    "punycode",
)  # fmt: skip


def _as_csv(chance: random.Random, rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=chance.choice(",;\t|"),
        lineterminator=chance.choice(("\r\n", "\n", "\r", "\n\r")),
        quoting=chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    )
    writer.writerows([[cell.replace("\0", "") for cell in row] for row in rows])
    return out.getvalue()


def table(chance: random.Random) -> Made:
    text = _as_csv(chance, a_table(chance, rows=200))
    if chance.random() < 0.2:
        text = f"sep={chance.choice((';', ',', 'x', '', chr(0)))}\n{text}"
    return Made(text.encode("utf-8", "replace"), "csv")


def odd_encoding(chance: random.Random) -> Made:
    """In one table, in two at once, or in none."""
    text = _as_csv(chance, a_table(chance, rows=100))
    first, second = chance.choice(_ENCODINGS), chance.choice(_ENCODINGS)
    content = text.encode(first, "replace")
    if chance.random() < 0.4:
        content += text.encode(second, "replace")
    if chance.random() < 0.2:
        content = bytes(chance.randrange(256) for _ in range(chance.randrange(4000)))
    if chance.random() < 0.2:
        content = chance.choice((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\0\0")) + content
    return Made(content, "csv")


def odd_shape(chance: random.Random) -> Made:
    """Ten thousand columns, endless quotes, a million empty lines."""
    size = chance.choice((10, 1000, 100_000))
    shapes = (
        lambda: ",".join(f"c{i}" for i in range(10_000)) + "\n+905321234567" + "," * 9_999,
        lambda: '"' * size,
        lambda: 'Phone\n"' + "+905321234567\n" * size,
        lambda: "\n" * (10 * size),
        lambda: "Phone" + "\r" * size + "+905321234567",
        lambda: "," * size + "\n" + "," * size,
        lambda: "Phone,Name\n" + "+905321234567,=1+1\n" * size,
        lambda: "+905321234567;" * size,
        lambda: "Phone\n" + "9" * (10 * size),
        lambda: "Ali 0532 123 45 67\n" * size,
        lambda: "Phone\n" + "( . - " * size + "1",
        lambda: ("a" * 60 + " ") * (size // 10) + "\n" + "0532 " * (size // 10),
        lambda: "\0" * size,
        lambda: "Phone\n+905\0321234567\n\0\n",
        lambda: "".join(f"{i},+90532{i:07}\n" for i in range(size)),
        lambda: '""""""",' * size,
        lambda: "Phone\n" + "+90532123456٧\n" * size,
        lambda: "\u202e" * size + "\n+905321234567",
    )
    return Made(chance.choice(shapes)().encode(), "csv")


def in_a_zip(chance: random.Random) -> Made:
    """Under names that lead elsewhere, twice, none, packed in ways that few know."""
    called = (
        "a.csv", "../../a.csv", "/etc/cron.d/a.csv", "..\\a.csv", "a\x00b.csv", "\u202evsc.a", "b/c/d.txt",
        "__MACOSX/a.csv", ".hidden.csv", "x" * 500 + ".csv", "nested.zip", "a.csv/", "C:\\a.csv", "é.tsv",
        "photo.jpg",
    )  # fmt: skip
    chosen = chance.sample(called, chance.randint(0, 6))
    members = {name: table(chance).content if chance.random() < 0.8 else b"" for name in chosen}
    method = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    return Made(zipped(members, method), "zip")
