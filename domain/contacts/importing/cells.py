"""What a cell holds, as text a message can carry."""

import datetime as dt
import unicodedata
from typing import Final

#: Longer texts are cut here: a message has 4,096 characters in all.
LONGEST_VALUE: Final = 1024

_KEPT_CONTROLS: Final = frozenset("\n\t\u200c\u200d\u200e\u200f\u061c")


def as_text(cell: object) -> str:
    """The cell as its sheet would show it, without outer spaces; "" for an empty one.

    Whole numbers lose their ".0", others keep fifteen digits. Dates are written as ISO 8601 does, with the
    hour when there is one (2026-12-03 14:30); lengths of time as 30:15:00; truth as TRUE and FALSE.
    """
    if type(cell) is str:
        return _clean(cell)
    if isinstance(cell, float):
        return _number(cell)
    match cell:
        case None:
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case int():
            return str(cell)
        case dt.datetime():
            return _moment(cell)
        case dt.date():
            return cell.isoformat()
        case dt.time():
            return cell.isoformat("auto" if cell.second else "minutes")[:8]
        case dt.timedelta():
            return _duration(cell)
        case _:
            return _clean(str(cell))


def is_blank(cell: object) -> bool:
    """Nothing to see in it."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _clean(text: str) -> str:
    text = text.strip()
    if not text.isprintable():
        text = "".join(filter(_may_be_sent, text))
    return text[:LONGEST_VALUE]


def _may_be_sent(char: str) -> bool:
    return char in _KEPT_CONTROLS or unicodedata.category(char) not in {"Cc", "Cs", "Cn"}


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, ".15g")


def _moment(value: dt.datetime) -> str:
    if value.time() == dt.time():
        return value.date().isoformat()
    return value.isoformat(" ", "seconds" if value.second else "minutes")[:19]


def _duration(value: dt.timedelta) -> str:
    seconds = int(value.total_seconds())
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(abs(seconds), 60)
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{rest:02}"
