"""Active hours: when an account may speak, read on the clock that hangs on somebody's wall.

A moment is open when the wall shows an open time, and by nothing else. So, when clocks change, what the wall
skips is not open that day, and what it shows twice is open twice: nobody is ever met outside the hours they
see, whatever was done to the clocks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.kernel.errors import DomainError

#: Minutes in a day of the wall.
A_DAY: Final = 24 * 60
MOST_SPANS: Final = 6
MOST_HOLIDAYS: Final = 60
#: How far ahead an opening or a closing is looked for. Behind it there is none: "never".
HORIZON: Final = timedelta(days=400)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_ONE_DAY: Final = timedelta(days=1)
#: Days looked through for an opening at a time. No zone changes its clocks twice in so few.
_FAR_ENOUGH: Final = 8


class SpanRefused(DomainError):
    """A range of hours that ends before it begins, is longer than a day, or begins on no day."""

    code = "hours.span"


class TooManySpans(DomainError):
    """`limit`: ranges in one day."""

    code = "hours.too_many_spans"


class TooManyHolidays(DomainError):
    """`limit`."""

    code = "hours.too_many_holidays"


class NoSuchDay(DomainError):
    """A holiday on a day that no calendar has, 31 April say."""

    code = "hours.no_such_day"


class ZoneUnknown(DomainError):
    """`zone` as it was given."""

    code = "hours.zone"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """One range, in minutes after the midnight of the day it begins on; `closes` itself is shut already.
    `closes` may lie past midnight, at most a day after `opens`: 22:00 to 02:00 is 1320 to 1560."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < A_DAY or not self.opens < self.closes <= self.opens + A_DAY:
            raise SpanRefused()


Spans = tuple[Span, ...]


def joined(spans: Iterable[Span]) -> Spans:
    """In order, those that touch or overlap made one where a day holds it. Raises TooManySpans."""
    whole: list[Span] = []
    for span in sorted(spans):
        last = whole[-1] if whole else span
        closes = max(last.closes, span.closes)
        if span.opens <= last.closes and closes <= last.opens + A_DAY:
            whole[-1:] = [Span(opens=last.opens, closes=closes)]
        else:
            whole.append(span)
    if len(whole) > MOST_SPANS:
        raise TooManySpans(limit=MOST_SPANS)
    return tuple(whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A day with hours of its own, none unless `spans` says so; without `year` it comes back every year.

    It is the whole day of the wall, from midnight to midnight: what began the evening before ends at
    midnight. A range of its own may go on into the day after.
    """

    month: int
    day: int
    year: int | None = None
    spans: Spans = ()

    def __post_init__(self) -> None:
        try:
            date(self.year or 2000, self.month, self.day)
        except ValueError:
            raise NoSuchDay() from None

    def is_on(self, day: date) -> bool:
        return (day.month, day.day) == (self.month, self.day) and self.year in {None, day.year}


#: In time after midnight, in order of their beginnings.
_Stretches = tuple[tuple[timedelta, timedelta], ...]

_WHOLE: Final[_Stretches] = ((timedelta(), timedelta(minutes=A_DAY)),)


def _stretches(own: Spans, before: Spans) -> _Stretches:
    """What of a day's own ranges lies in it, and of those of the day before."""
    parts = [(0, span.closes - A_DAY) for span in before if span.closes > A_DAY]
    parts += [(span.opens, min(span.closes, A_DAY)) for span in own]
    return tuple((timedelta(minutes=opens), timedelta(minutes=closes)) for opens, closes in sorted(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The ranges of each weekday (Monday first), the holidays, and the clocks they are read on.

    An account has one zone. A person of whom only the country is known may have several: then it is open
    when it is open in every one of them. Times taken are aware, times given are UTC.
    """

    week: tuple[Spans, ...]
    zones: tuple[str, ...]
    holidays: tuple[Holiday, ...] = ()
    _plain: tuple[_Stretches, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not self.zones:
            raise ValueError("a week has seven days, and hours are read on at least one clock")
        if len(self.holidays) > MOST_HOLIDAYS:
            raise TooManyHolidays(limit=MOST_HOLIDAYS)
        for zone in self.zones:
            zone_of(zone)
        plain = (_stretches(spans, self.week[day - 1]) for day, spans in enumerate(self.week))
        object.__setattr__(self, "_plain", tuple(plain))

    @property
    def clock(self) -> ZoneInfo:
        """Of an account's hours, which are read on one."""
        return zone_of(self.zones[0])

    def is_open(self, at: datetime) -> bool:
        return all(self._is_open(wall) for wall in self._walls(at))

    def next_open(self, at: datetime) -> datetime | None:
        """`at` when it is open then, or else the first moment after it that is; None when there is none."""
        return self._next(at, wanted=True)

    def next_close(self, at: datetime) -> datetime | None:
        """`at` when it is shut then, or else the first moment after it that is; None when there is none."""
        if not self.holidays and all(day == _WHOLE for day in self._plain):
            return None
        return self._next(at, wanted=False)

    def open_on(self, day: date) -> tuple[tuple[timedelta, timedelta], ...]:
        """What of a day of the wall is open, in time after its midnight."""
        return self._stretches(day)

    def _next(self, at: datetime, *, wanted: bool) -> datetime | None:
        """From edge to edge. Between two edges nothing opens or shuts, unless a clock is changed."""
        at = at.astimezone(UTC)
        end = at + HORIZON
        while at < end:
            walls = self._walls(at)
            shut = [wall for wall in walls if not self._is_open(wall)]
            if wanted is not bool(shut):
                return at
            # It opens when the last that is shut has opened, and shuts as soon as the first does.
            wait = max(map(self._to_opening, shut)) if wanted else min(map(self._to_edge, walls))
            at = self._steady_until(at, at + wait)
        return None

    def _walls(self, at: datetime) -> set[datetime]:
        """What the clocks show, each time once."""
        return {at.astimezone(zone_of(zone)).replace(tzinfo=None, fold=0) for zone in self.zones}

    def _is_open(self, wall: datetime) -> bool:
        into = _since_midnight(wall)
        return any(opens <= into < closes for opens, closes in self._stretches(wall.date()))

    def _to_opening(self, wall: datetime) -> timedelta:
        """How long until a range begins, or all of a week has gone by without one."""
        into = _since_midnight(wall)
        for days in range(_FAR_ENOUGH):
            day = _ONE_DAY * days
            for opens, _ in self._stretches(wall.date() + day):
                if day + opens > into:
                    return day + opens - into
        return _ONE_DAY * _FAR_ENOUGH - into

    def _to_edge(self, wall: datetime) -> timedelta:
        """How long until a range of this day begins or ends, or until midnight."""
        into = _since_midnight(wall)
        edges = (edge for stretch in self._stretches(wall.date()) for edge in stretch)
        return min((edge for edge in edges if edge > into), default=_ONE_DAY) - into

    def _stretches(self, day: date) -> _Stretches:
        """What is open of one day of the wall."""
        if not self.holidays:
            return self._plain[day.weekday()]
        own = self._begun_on(day)
        if self.holiday_on(day) is not None:
            return _stretches(own, ())
        return _stretches(own, self._begun_on(day - _ONE_DAY))

    def _begun_on(self, day: date) -> Spans:
        holiday = self.holiday_on(day)
        return self.week[day.weekday()] if holiday is None else holiday.spans

    def holiday_on(self, day: date) -> Holiday | None:
        return next((holiday for holiday in self.holidays if holiday.is_on(day)), None)

    def _steady_until(self, at: datetime, until: datetime) -> datetime:
        """`until`, or when the first clock is changed if that is sooner."""
        offsets = self._offsets(at)
        if self._offsets(until) == offsets:
            return until
        # Clocks are changed on whole seconds.
        same, other = (at - _EPOCH) // _SECOND, -((_EPOCH - until) // _SECOND)
        while other - same > 1:
            middle = (same + other) // 2
            if self._offsets(_EPOCH + _SECOND * middle) == offsets:
                same = middle
            else:
                other = middle
        return min(until, _EPOCH + _SECOND * other)

    def _offsets(self, at: datetime) -> list[timedelta | None]:
        return [at.astimezone(zone_of(zone)).utcoffset() for zone in self.zones]


@lru_cache(maxsize=1_024)
def zone_of(name: str) -> ZoneInfo:
    """Kept: of itself Python keeps eight at a time, and reads the others' files again at every question.
    Raises ZoneUnknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZoneUnknown(zone=name) from None


def _since_midnight(wall: datetime) -> timedelta:
    return timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
