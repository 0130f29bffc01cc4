"""The days a campaign will take, told at its review: by active hours, the day's cap and the pace."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from domain.hours.model import HORIZON, Hours
from domain.pacing.rules import DAY, Pacing

_MINUTE: Final = timedelta(minutes=1)
#: In steps of so much where all of it takes longer than a day: it divides every day of every clock.
_COARSE: Final = timedelta(minutes=15)
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDay:
    """`people` are written to on this day of the workspace's clock, about from `begins` until `ends`."""

    day: date
    people: int
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysPlan:
    """`unreached`: people for whom there is no moment within HORIZON, because their clocks share no open hour
    or the cap lets nobody through."""

    days: tuple[PlannedDay, ...]
    unreached: int = 0

    @property
    def begins(self) -> datetime | None:
        return self.days[0].begins if self.days else None

    @property
    def ends(self) -> datetime | None:
        return self.days[-1].ends if self.days else None


def days_plan(
    people: Mapping[Hours, int],
    *,
    pacing: Pacing,
    a_day: int,
    usage: Sequence[tuple[datetime, int]],
    start: datetime,
    zone: str,
) -> DaysPlan:
    """`people` counts by the hours they are written to in: all under the account's, or by each one's clock.

    Of those who may be written to the ones whose hours end first go first. `usage` is what the account sent
    in the last 24 hours, as in `pacing.rules.room`; the cap holds over any 24 hours here as there. `zone` is
    the workspace's, for what is called a day.
    """
    step = _COARSE if pacing.average * sum(people.values()) > DAY else _MINUTE
    walk = _Walk(gap=pacing.average, a_day=a_day, usage=usage, at=start.astimezone(UTC), zone=zone, step=step)
    waiting = [_Group(hours=hours, people=count) for hours, count in people.items() if count > 0]
    end = walk.at + HORIZON
    while walk.at < end and a_day > 0:
        waiting = [at for group in waiting if group.people and (at := group.seen_at(walk.at)) is not None]
        if not waiting:
            break
        opened = [group for group in waiting if group.opens <= walk.at]
        shut = [group.opens for group in waiting if group.opens > walk.at]
        if not opened:
            walk.at = min(shut)
        elif walk.has_room():
            first = min(opened, key=lambda group: group.closes)
            sent = walk.send(first.people, until=min([first.closes, *shut, end]))
            waiting[waiting.index(first)] = replace(first, people=first.people - sent)
    reached = sum(day.people for day in walk.days.values())
    return DaysPlan(days=tuple(walk.days.values()), unreached=sum(people.values()) - reached)


@dataclass(frozen=True, kw_only=True)
class _Group:
    """`opens` and `closes`: the stretch it is in, or the next one."""

    hours: Hours
    people: int
    opens: datetime = _LONG_AGO
    closes: datetime = _LONG_AGO

    def seen_at(self, at: datetime) -> "_Group | None":
        """None when it opens no more."""
        if at < self.closes:
            return self
        opens = self.hours.next_open(at)
        if opens is None:
            return None
        return replace(self, opens=opens, closes=self.hours.next_close(opens) or _FAR)


class _Walk:
    """Time going by in steps, with what was sent in the last 24 hours."""

    def __init__(
        self, *, gap: timedelta, a_day: int, usage: Sequence[tuple[datetime, int]], at: datetime, zone: str,
        step: timedelta,
    ) -> None:  # fmt: skip
        self.at = at
        self.days: dict[date, PlannedDay] = {}
        self._gap, self._a_day, self._zone, self._step = gap, a_day, ZoneInfo(zone), step
        self._sent_at = deque(sorted(usage))
        self._sent = sum(count for _, count in usage)

    def has_room(self) -> bool:
        """Whether the cap lets somebody through; if not, it is later now."""
        self._forget()
        if self._sent < self._a_day:
            return True
        self.at = max(self.at, self._sent_at[0][0] + self._step + DAY)
        self._forget()
        return False

    def send(self, people: int, *, until: datetime) -> int:
        """As many as the cap and the time allow, at least one."""
        room = min(people, self._a_day - self._sent)
        count = min(room, self._fitting(until))
        left = count
        while left:
            begun = _EPOCH + (self.at - _EPOCH) // self._step * self._step
            now = min(left, self._fitting(begun + self._step))
            self._sent_at.append((begun, now))
            self._note(now)
            self.at += self._gap * now
            left -= now
        self._sent += count
        return count

    def _fitting(self, until: datetime) -> int:
        """How many leave before `until`, the first of them now."""
        return ceil((until - self.at) / self._gap) if self._gap else 1 << 30

    def _note(self, count: int) -> None:
        day, last = self.at.astimezone(self._zone).date(), self.at + self._gap * (count - 1)
        planned = self.days.get(day) or PlannedDay(day=day, people=0, begins=self.at, ends=last)
        self.days[day] = replace(planned, people=planned.people + count, ends=last)

    def _forget(self) -> None:
        while self._sent_at and self._sent_at[0][0] + self._step <= self.at - DAY:
            self._sent -= self._sent_at.popleft()[1]
