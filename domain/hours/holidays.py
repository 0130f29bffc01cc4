"""Holidays as people type them, and a list of them as it changes."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

from domain.hours.model import Holiday, Hours
from domain.hours.presets import read_spans, written
from domain.kernel.errors import DomainError

_DAY_FIRST: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})(?:\.\s?(\d{4})?)?(?=[\s,:]|$)")
_YEAR_FIRST: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?=[\s,:]|$)")


class HolidayUnreadable(DomainError):
    """`text`: what was typed."""

    code = "hours.holiday"


class HolidayPast(DomainError):
    """`day` as it was meant; what to type for the `next` one, and for `every_year`."""

    code = "hours.holiday_past"


def read_holiday(text: str) -> Holiday:
    """`25.12` comes back every year, `25.12.2026` and `2026-12-25` do not; `24.12 9-13` has hours of its own.
    Raises HolidayUnreadable, NoSuchDay, and what `read_spans` does."""
    typed = " ".join(text.split())
    if (found := _DAY_FIRST.match(typed)) is not None:
        day, month, year = int(found[1]), int(found[2]), int(found[3] or 0) or None
    elif (found := _YEAR_FIRST.match(typed)) is not None:
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    else:
        raise HolidayUnreadable(text=typed[:40])
    ranges = typed[found.end() :].strip(" ,:")
    return Holiday(month=month, day=day, year=year, spans=read_spans(ranges) if ranges else ())


def still_to_come(holiday: Holiday, today: date) -> Holiday:
    """The same. Raises HolidayPast: it would never be a holiday."""
    if holiday.year is None or (holiday.year, holiday.month, holiday.day) >= today.timetuple()[:3]:
        return holiday
    day, ranges = f"{holiday.day}.{holiday.month}", f" {written(holiday.spans)}" if holiday.spans else ""
    following = _next(replace(holiday, year=None), today)
    year = following.year if following is not None else today.year
    raise HolidayPast(day=f"{day}.{holiday.year}", next=f"{day}.{year}{ranges}", every_year=f"{day}{ranges}")


def with_holiday(hours: Hours, holiday: Holiday) -> Hours:
    """In place of one on the same day. Raises TooManyHolidays."""
    others = without(hours.holidays, holiday)
    return replace(hours, holidays=tuple(sorted([*others, holiday], key=_order)))


def without(holidays: Iterable[Holiday], holiday: Holiday) -> tuple[Holiday, ...]:
    """All but the one on that day."""
    return tuple(one for one in holidays if not _same_day(one, holiday))


def coming_first(holidays: Iterable[Holiday], today: date) -> list[Holiday]:
    """Those that are still to come, the next one first."""
    found = [(day, one) for one in holidays if (day := _next(one, today)) is not None]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _next(holiday: Holiday, today: date) -> date | None:
    """A 29 February may be eight years off."""
    years = range(today.year, today.year + 9) if holiday.year is None else (holiday.year,)
    for year in years:
        try:
            day = date(year, holiday.month, holiday.day)
        except ValueError:
            continue
        if day >= today:
            return day
    return None


def _same_day(one: Holiday, other: Holiday) -> bool:
    return (one.month, one.day, one.year) == (other.month, other.day, other.year)


def _order(holiday: Holiday) -> tuple[int, int, int]:
    return (holiday.year or 0, holiday.month, holiday.day)
