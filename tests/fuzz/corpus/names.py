"""What people call their files, and what would-be burglars call them."""

import random

_STEMS = (
    "customers", "Müşteriler (2)", "../../../etc/passwd", "..\\..\\windows\\system32\\x", "/etc/passwd",
    "C:\\con", "a\u202excod", "\u2066x\u2069", "a\x00b", "a\nb", "-rf", "=1+1", "%00", "x" * 300,
    "🙂" * 80, "", ".",
    "..", " ", "report.pdf", "{filename}", "<b>", "~", "NUL", "a\ud800b",
)  # fmt: skip

_ENDINGS = ("xlsx", "xls", "ods", "csv", "zip", "txt", "tsv", "docx", "", "XLSX ", "\u202exslx", "csv\x00")


def a_name(chance: random.Random, ending: str) -> str:
    if chance.random() < 0.06:
        ending = chance.choice(
            ("xlsx", "xls", "ods", "csv", "zip", "txt", "tsv", "docx", "", "XLSX ", "\u202exslx", "csv\x00")
        )
    if chance.random() < 0.2:
        ending = ending.upper()
    return f"{chance.choice(_STEMS)}.{ending}" if ending else chance.choice(_STEMS)
