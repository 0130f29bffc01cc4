"""What operators type for a speed and for a moment. Pure: the time comes in."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.campaigns.model import StartsInThePast
from domain.kernel.errors import DomainError
from domain.pacing.rules import LONGEST_GAP, GapRefused, Pacing

LONGEST_ANSWER: Final = 60
#: Nobody plans further ahead than this; a mistyped year is caught.
FURTHEST: Final = timedelta(days=366)
#: A day and month without a year that lie further off than this were meant for the past.
NEXT_YEAR_WITHIN: Final = timedelta(days=183)

NUMBER: Final = r"(\d{1,6}(?:[.,]\d{1,3})?)"
UNIT: Final = r"\s*(?:s|sec|secs|seconds?)?"
SPEED: Final = re.compile(rf"{NUMBER}{UNIT}(?:\s*(?:-|–|—|\.\.|to)\s*{NUMBER}{UNIT})?", re.IGNORECASE)

CLOCK: Final = r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>am|pm)?"
DAY: Final = (
    r"(?P<a_day>(?:on\s+)?(?:(?P<word>today|tomorrow)"
    r"|(?P<weekday>mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)\.?"
    r"|(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
    r"|(?P<day>\d{1,2})\.?\s+(?P<month>[a-z]{3,9})\.?(?:,?\s+(?P<year>\d{4}))?"
    r"|(?P<month_first>[a-z]{3,9})\.?\s+(?P<day_after>\d{1,2})(?:,?\s+(?P<year_after>\d{4}))?))"
)
WHEN: Final = re.compile(rf"(?:{DAY}(?:,|\s+at)?\s+|at\s+)?{CLOCK}", re.IGNORECASE)
#: `in 2 hours`, `in 45 min`.
FROM_NOW: Final = re.compile(
    r"in\s+(?:(?P<many>\d{1,4})\s*|an?\s+)(?:(?P<hours>h|hrs?|hours?)|m|mins?|minutes?)\.?", re.IGNORECASE
)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip


class SpeedUnreadable(DomainError):
    """`text` as typed."""

    code = "speed.unreadable"


class WhenUnreadable(DomainError):
    """`text` as typed; `date` an example that would be read."""

    code = "when.unreadable"


class WhenTooFar(DomainError):
    code = "when.too_far"


def parse_speed(text: str) -> Pacing:
    """`8-15`, `8 - 15 s`, `10`: seconds between two messages. Raises SpeedUnreadable or GapRefused."""
    typed = text.strip()
    match = SPEED.fullmatch(typed) if len(typed) <= LONGEST_ANSWER else None
    if match is None:
        raise SpeedUnreadable(text=typed[:LONGEST_ANSWER])
    first = _seconds(match[1])
    last = _seconds(match[2]) if match[2] else first
    longest = LONGEST_GAP.total_seconds()
    if max(first, last) > longest:
        raise GapRefused(lowest=0, highest=int(longest))
    return Pacing(shortest=timedelta(seconds=min(first, last)), longest=timedelta(seconds=max(first, last)))


def _seconds(text: str) -> float:
    return float(text.replace(",", "."))


def parse_when(text: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """`18:30`, `tomorrow 9:00`, `Mon 9:00`, `3 Dec 14:00`, `2026-12-03 14:00`, in `zone`, or `in 2 hours`;
    the answer is UTC.

    An hour alone needs its day, `tomorrow 9`, and is one of twenty-four.

    A weekday is the next one ahead: typed on a Monday, `Mon 9:00` is today before nine and in a week after.
    Raises WhenUnreadable, StartsInThePast or WhenTooFar.
    """
    typed = text.strip()
    if len(typed) > LONGEST_ANSWER:
        raise _unreadable(typed, zone, now)
    ahead = FROM_NOW.fullmatch(typed)
    at = _from_now(ahead, now) if ahead else _on_a_day(typed, zone, now)
    if at <= now:
        raise StartsInThePast()
    if at - now > FURTHEST:
        raise WhenTooFar()
    return at


def _on_a_day(typed: str, zone: ZoneInfo, now: datetime) -> datetime:
    match = WHEN.fullmatch(typed)
    if match is None or not (match["minute"] or match["half"] or match["a_day"]):
        raise _unreadable(typed, zone, now)
    local_now = now.astimezone(zone)
    try:
        clock = _clock(match)
        day, has_year = _day(match, local_now.date())
        at = _utc(day, clock, zone, now)
        if at <= now and match["weekday"]:
            at = _utc(day + timedelta(days=7), clock, zone, now)
        later = _utc(_a_year_on(day), clock, zone, now)
        if at <= now and not has_year and later - now <= NEXT_YEAR_WITHIN:
            at = later
    except (ValueError, OverflowError):
        raise _unreadable(typed, zone, now) from None
    return at


def _unreadable(typed: str, zone: ZoneInfo, now: datetime) -> WhenUnreadable:
    return WhenUnreadable(text=typed[:LONGEST_ANSWER], date=when_examples(zone=zone, now=now)["date"])


def _from_now(match: re.Match[str], now: datetime) -> datetime:
    """To the minute, as it is shown."""
    many = int(match["many"] or 1)
    ahead = timedelta(hours=many) if match["hours"] else timedelta(minutes=many)
    if not ahead:
        return now
    # Up: never sooner than was said.
    return (now + ahead + timedelta(seconds=59, microseconds=999_999)).replace(second=0, microsecond=0)


def when_examples(*, zone: ZoneInfo, now: datetime) -> Mapping[str, str]:
    """`clock`, `date` and `iso`: what may be typed just now, each of them ahead."""
    local = now.astimezone(zone)
    soon = local + timedelta(minutes=90)
    day = local.date() + timedelta(days=7)
    same_day = soon.date() == local.date()
    return {
        "clock": f"{soon.hour}:{soon.minute // 30 * 30:02}" if same_day else "tomorrow 10:30",
        "date": f"{day.day} {MONTHS[day.month - 1][:3].title()} 14:00",
        "iso": f"{day.isoformat()} 14:00",
    }


def _clock(match: re.Match[str]) -> time:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if match["half"].lower() == "pm" else 0)
    return time(hour, minute)


def _day(match: re.Match[str], today: date) -> tuple[date, bool]:
    """The day meant, and whether its year is certain."""
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
        return date(year, month, day), True
    name = match["month"] or match["month_first"]
    if name:
        stated = match["year"] or match["year_after"]
        day = int(match["day"] or match["day_after"])
        return date(int(stated or today.year), _month(name), day), stated is not None
    if match["weekday"]:
        ahead = WEEKDAYS.index(match["weekday"][:3].lower()) - today.weekday()
        return today + timedelta(days=ahead % 7), True
    word = (match["word"] or "today").lower()
    return today + timedelta(days=1 if word == "tomorrow" else 0), True


def _month(name: str) -> int:
    for number, full in enumerate(MONTHS, 1):
        if full.startswith(name.lower()):
            return number
    raise ValueError("no such month")


def _a_year_on(day: date) -> date:
    return date(day.year + 1, day.month, min(day.day, 28) if day.month == 2 else day.day)


def _utc(day: date, clock: time, zone: ZoneInfo, now: datetime) -> datetime:
    """A time that a clock change skips is taken as the one an hour on; of one that it repeats, the first that
    is ahead."""
    there = datetime.combine(day, clock, tzinfo=zone)
    first, again = (there.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return again if first <= now < again else first
