"""The picture of active hours: the next seven days, hour by hour, and where we are in them."""

from datetime import date, datetime, timedelta
from typing import Final

from bot.files.pictures import CARD, HEIGHT, INK, MARGIN, RAIL, SOFT, WIDTH, Canvas
from bot.screens.hours_words import date_words, holiday_words, stands, weekday
from bot.texts import plain
from domain.hours.holidays import coming_first
from domain.hours.model import Hours

OPEN: Final = (38, 166, 154)
NOW: Final = (229, 83, 83)
FEAST: Final = (214, 138, 20)
TODAY: Final = (232, 245, 243)

_DAY: Final = timedelta(days=1)
_ROW: Final = 122.0
_TOP: Final = 300.0
#: Where midnight and the next one lie.
_LEFT, _RIGHT = 250.0, WIDTH - MARGIN - 12.0
_MARKS: Final = (0, 6, 12, 18, 24)
_LONGEST_FOOT: Final = 3


def draw_hours(hours: Hours, *, number: str, now: datetime, language: str) -> bytes:
    """PNG bytes, 1080 x 1350. Slow: call it in a thread."""
    canvas, here = Canvas(), now.astimezone(hours.clock)
    _heading(canvas, hours, number, here, language)
    height = 7 * _ROW + 76
    canvas.box(MARGIN - 24, _TOP - 76, WIDTH - 2 * MARGIN + 48, height + 24, CARD, 36)
    for hour in _MARKS:
        anchor = {0: "ls", 24: "rs"}.get(hour, "ms")
        canvas.text(_x(timedelta(hours=hour)), _TOP - 22, f"{hour:02}", 30, SOFT, anchor=anchor)
    for n in range(7):
        _row(canvas, hours, here.date() + _DAY * n, _TOP + n * _ROW, language, first=n == 0)
    _now(canvas, here)
    _foot(canvas, hours, here.date(), language)
    return canvas.png()


def _heading(canvas: Canvas, hours: Hours, number: str, here: datetime, language: str) -> None:
    left = MARGIN - 4.0
    canvas.text(left, 96, plain("hours.picture.title", language, number=number), 52, INK, bold=True)
    is_open = hours.is_open(here)
    says = stands(hours, here, language)
    colour = OPEN if is_open else NOW
    canvas.box(left, 126, 24, 24, colour, 12)
    canvas.text(left + 40, 152, says[:1].upper() + says[1:], 38, colour, bold=True)
    clock = plain("hours.picture.clock", language, zone=hours.zones[0], clock=f"{here:%H:%M}")
    canvas.text(left, 200, clock, 30, SOFT)


def _row(canvas: Canvas, hours: Hours, day: date, y: float, language: str, *, first: bool) -> None:
    """The day's name, its ranges in figures, and as bars on a rail of 24 hours."""
    if first:
        canvas.box(MARGIN - 12, y - 2, WIDTH - 2 * MARGIN + 24, _ROW - 6, TODAY, 22)
    is_feast = hours.holiday_on(day) is not None
    name = plain("hours.picture.today", language) if first else weekday(day.weekday(), language)
    canvas.text(MARGIN + 8, y + 50, name, 38, INK, bold=True)
    canvas.text(MARGIN + 8, y + 90, date_words(day, language), 29, FEAST if is_feast else SOFT)
    parts = hours.open_on(day)
    words = ", ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in parts)
    if not parts:
        words = plain("hours.shut", language)
    if is_feast:
        words = plain("hours.picture.holiday", language, hours=words)
    size = 30
    while canvas.width(words, size) > _RIGHT - _LEFT and size > 18:
        size -= 2
    canvas.text(_LEFT, y + 46, words, size, INK if parts else SOFT)
    canvas.box(_LEFT, y + 64, _RIGHT - _LEFT, 28, RAIL, 8)
    for opens, closes in parts:
        canvas.box(_x(opens), y + 64, max(_x(closes) - _x(opens), 4), 28, OPEN, 8)
    for hour in _MARKS[1:-1]:
        canvas.box(_x(timedelta(hours=hour)) - 1, y + 64, 2, 28, CARD, 0)


def _now(canvas: Canvas, here: datetime) -> None:
    """A mark on today's rail."""
    x = _x(timedelta(hours=here.hour, minutes=here.minute))
    canvas.box(x - 3, _TOP + 54, 6, 48, NOW, 3)
    canvas.box(x - 9, _TOP + 46, 18, 18, NOW, 9)


def _foot(canvas: Canvas, hours: Hours, today: date, language: str) -> None:
    """Holidays to come, those that have room."""
    coming = coming_first(hours.holidays, today)
    y = _TOP + 7 * _ROW + 64
    for one in coming[:_LONGEST_FOOT]:
        feast = plain("hours.picture.holiday", language, hours=holiday_words(one, language))
        canvas.text(MARGIN + 8, y, feast, 30, FEAST)
        y += 42
    if len(coming) > _LONGEST_FOOT:
        more = plain("hours.more", language, count=len(coming) - _LONGEST_FOOT)
        canvas.text(WIDTH - MARGIN, HEIGHT - 30, more, 28, SOFT, anchor="rs")


def _x(time: timedelta) -> float:
    return _LEFT + (_RIGHT - _LEFT) * (time / _DAY)


def _clock(time: timedelta) -> str:
    minutes = time // timedelta(minutes=1)
    return f"{minutes // 60:02}:{minutes % 60:02}"
