"""Hours as plain values, for a table or for what a chat shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.hours.model import Holiday, Hours, Span, Spans

_Pairs = Sequence[Sequence[int]]


def to_plain(hours: Hours) -> dict[str, Any]:
    """Of an account's hours, which are read on one clock."""
    return {
        "zone": hours.zones[0],
        "week": [_pairs(spans) for spans in hours.week],
        "holidays": [
            {"month": one.month, "day": one.day, "year": one.year, "spans": _pairs(one.spans)}
            for one in hours.holidays
        ],
    }


def from_plain(values: Mapping[str, Any]) -> Hours:
    days = [
        Holiday(month=one["month"], day=one["day"], year=one["year"], spans=_spans(one["spans"]))
        for one in values["holidays"]
    ]
    week = tuple(_spans(day) for day in values["week"])
    return Hours(week=week, zones=(values["zone"],), holidays=tuple(days))


def _pairs(spans: Spans) -> list[list[int]]:
    return [[span.opens, span.closes] for span in spans]


def _spans(pairs: _Pairs) -> Spans:
    return tuple(Span(opens=opens, closes=closes) for opens, closes in pairs)
