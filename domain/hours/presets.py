"""Weeks to begin with, and ranges as people type them."""

import re
from collections.abc import Mapping
from typing import Final

from domain.hours.model import A_DAY, Span, Spans, joined
from domain.kernel.errors import DomainError

_HYPHENS: Final = "‐‑‒–—―−－~〜"
_TIME: Final = r"(\d{1,2})(?:[:.](\d{2}))?"
_RANGE: Final = re.compile(rf"{_TIME}\s*-\s*{_TIME}")
_LONGEST_TYPED: Final = 200


class HoursUnreadable(DomainError):
    """`text`: the part that could not be read as a range."""

    code = "hours.unreadable"


def read_spans(text: str) -> Spans:
    """`9-13, 14:30-18`, `22-2` over midnight, `0-24`. Raises HoursUnreadable, TooManySpans."""
    plain = text[:_LONGEST_TYPED].translate(dict.fromkeys(map(ord, _HYPHENS), "-"))
    parts = [part.strip() for part in re.split(r"[,;\n]", plain) if part.strip()]
    return joined(_span(part) for part in parts or [""])


def _span(part: str) -> Span:
    found = _RANGE.fullmatch(part)
    if found is None:
        raise HoursUnreadable(text=part[:40])
    opens, closes = _minutes(found[1], found[2]), _minutes(found[3], found[4])
    past_the_hour = max(int(found[2] or 0), int(found[4] or 0))
    if opens >= A_DAY or closes > A_DAY or opens == closes or past_the_hour > 59:
        raise HoursUnreadable(text=part[:40])
    return Span(opens=opens, closes=closes if closes > opens else closes + A_DAY)


def _minutes(hour: str, minute: str | None) -> int:
    return int(hour) * 60 + int(minute or 0)


def written(spans: Spans) -> str:
    """As `read_spans` reads them: `09:00-13:00, 22:00-02:00`; empty when there are none."""
    return ", ".join(f"{_clock(span.opens)}-{_clock(span.closes)}" for span in spans)


def _clock(minute: int) -> str:
    minute = minute if minute <= A_DAY else minute - A_DAY
    return f"{minute // 60:02}:{minute % 60:02}"


def _every(spans: Spans, *, days: str) -> tuple[Spans, ...]:
    return tuple(spans if day in days else () for day in "1234567")


_ALL_DAY: Final = (Span(opens=0, closes=A_DAY),)

#: By a stable name; what it is called in the chat is the chat's.
PRESETS: Final[Mapping[str, tuple[Spans, ...]]] = {
    "always": _every(_ALL_DAY, days="1234567"),
    "office": _every(read_spans("9-18"), days="12345"),
    "office_from_sunday": _every(read_spans("9-18"), days="71234"),
    "shop": _every(read_spans("10-20"), days="123456"),
    "every_day": _every(read_spans("9-21"), days="1234567"),
}
