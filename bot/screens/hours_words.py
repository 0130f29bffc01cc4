"""Active hours in words."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from bot.texts import Html, plain, say
from domain.hours.holidays import coming_first
from domain.hours.model import A_DAY, Holiday, Hours, Span, Spans
from domain.hours.presets import written
from domain.scheduler.hours_change import Moved

NOON: Final = A_DAY // 2


def weekday(day: int, lang: str) -> str:
    """`Mon` for 0."""
    return plain("weekdays", lang).split()[day]


def at_words(at: datetime, zone: str, now: datetime, lang: str) -> str:
    """`18:00` today, `Mon 09:00` within six days, `24 Dec 09:00` later, on the clock of that zone."""
    there, today = (moment.astimezone(ZoneInfo(zone)) for moment in (at, now))
    clock = f"{there:%H:%M}"
    days = (there.date() - today.date()).days
    if days == 0:
        return clock
    if 0 < days < 7:
        return f"{weekday(there.weekday(), lang)} {clock}"
    return f"{date_words(there.date(), lang, year=there.year != today.year)} {clock}"


def when_words(at: datetime, zone: str, now: datetime, lang: str) -> str:
    """`at 18:00` today, `tomorrow at 09:00`, `on Mon at 09:00` in six days, `on 24 Dec at 09:00` later."""
    there, today = (moment.astimezone(ZoneInfo(zone)) for moment in (at, now))
    clock, days = f"{there:%H:%M}", (there.date() - today.date()).days
    if days in {0, 1}:
        return plain("moment.tomorrow" if days else "moment.today", lang, clock=clock)
    day = date_words(there.date(), lang, year=there.year != today.year)
    if 0 < days < 7:
        day = weekday(there.weekday(), lang)
    return plain("moment.day", lang, day=day, clock=clock)


def with_clock(when: str, zone: str, hours: Hours | None, lang: str) -> str:
    """A moment on the workspace's clock, `zone`, which is named where those hours are read on another."""
    if hours is None or hours.zones[0] == zone:
        return when
    return plain("moment.clock", lang, when=when, zone=zone)


def date_words(day: date, lang: str, *, year: bool = False) -> str:
    """`24 Dec`, with its year `24 Dec 2026`."""
    month = plain("months", lang).split()[day.month - 1]
    return f"{day.day} {month} {day.year}" if year else f"{day.day} {month}"


def stands(hours: Hours, now: datetime, lang: str, *, zone: str | None = None) -> str:
    """`open until 18:00`, `shut until Mon 09:00`, `never open`, `open`: on the clock of `zone`; without it on
    that of the hours, for where that one is named."""
    zone = zone or hours.zones[0]
    if hours.is_open(now):
        closes = hours.next_close(now)
        if closes is None:
            return plain("hours.open", lang)
        return plain("hours.open.until", lang, at=at_words(closes, zone, now, lang))
    opens = hours.next_open(now)
    if opens is None:
        return plain("hours.never", lang)
    return plain("hours.shut.until", lang, at=at_words(opens, zone, now, lang))


def day_words(spans: Spans, lang: str) -> str:
    if not spans:
        return plain("hours.shut", lang)
    if len(spans) == 1 and spans[0].opens == 0 and spans[0].closes == A_DAY:
        return plain("hours.all_day", lang)
    return written(spans)


def days_words(days: Sequence[int], lang: str) -> str:
    """`Mon`, `Mon–Fri`, `Sun, Mon`: days of the week in their order."""
    named = [weekday(day, lang) for day in days]
    in_a_row = len(days) > 1 and list(days) == list(range(days[0], days[0] + len(days)))
    return f"{named[0]}–{named[-1]}" if in_a_row else ", ".join(named)


def overnight_lines(ranges: Iterable[Span], lang: str) -> Iterator[Html]:
    """What of it goes on past midnight and until when; whoever meant the day is told how to write that."""
    for span in sorted(ranges):
        if span.closes <= A_DAY:
            continue
        until = "morning" if span.closes <= A_DAY + NOON else "day"
        opens, _, closes = written((span,)).partition("-")
        line = say(f"hours.overnight.{until}", lang, range=written((span,)), until=closes)
        if A_DAY > span.closes - span.opens > NOON:
            line = Html(f"{line} {say('hours.overnight.meant', lang, range=f'{closes}-{opens}')}")
        yield line


def week_lines(hours: Hours, lang: str) -> Iterator[str]:
    """A line for days in a row that are the same: `Mon–Fri 09:00-18:00`."""
    for spans, days in groupby(range(7), key=lambda day: hours.week[day]):
        shown = plain("hours.all_day", lang) if _has_no_end(hours) else day_words(spans, lang)
        yield f"{days_words(list(days), lang)}  {shown}"


def _has_no_end(hours: Hours) -> bool:
    """`09:00-09:00` on every day is the whole week."""
    spans = hours.week[0]
    return set(hours.week) == {spans} and len(spans) == 1 and spans[0].closes == spans[0].opens + A_DAY


def holiday_words(holiday: Holiday, lang: str) -> str:
    """`25 Dec: shut`, `24 Dec 2026: 09:00-13:00`."""
    day = date(holiday.year or 2000, holiday.month, holiday.day)
    named = date_words(day, lang, year=holiday.year is not None)
    return f"{named}: {day_words(holiday.spans, lang)}"


def week_text(hours: Hours, now: datetime, lang: str, *, holidays: int = 6) -> str:
    """The week, and so many of the holidays to come."""
    today = now.astimezone(ZoneInfo(hours.zones[0])).date()
    coming = coming_first(hours.holidays, today)
    lines = [*week_lines(hours, lang)]
    if coming:
        shown = [holiday_words(one, lang) for one in coming[:holidays]]
        if len(coming) > holidays:
            shown.append(plain("hours.more", lang, count=len(coming) - holidays))
        lines.append(plain("hours.holidays.line", lang, days=" · ".join(shown)))
    return "\n".join(lines)


def moved_line(moved: Moved, hours: Hours | None, zone: str, now: datetime, lang: str) -> Html:
    """`Spring sale goes on at Fri 09:00 instead of now`, on the workspace's clock. `hours` of its number."""
    runs = moved.campaign.scheduled_at is None or moved.campaign.started_at is not None

    def words(at: datetime | None) -> str:
        if at is None:
            return plain("hours.at.never", lang)
        if runs and moved.campaign.by_their_clock:
            return plain("hours.at.clocks", lang)
        if at <= now:
            return plain("hours.at.now", lang)
        return with_clock(plain("hours.at", lang, at=at_words(at, zone, now, lang)), zone, hours, lang)

    return say(
        "hours.moved.running" if runs else "hours.moved.scheduled", lang, name=moved.campaign.name,
        before=words(moved.before), after=words(moved.after),
    )  # fmt: skip
