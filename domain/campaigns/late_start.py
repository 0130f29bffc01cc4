"""When a campaign begins that was due at a time: on time, or after the program was away.

The rule: up to five minutes late nothing is said. Up to twelve hours late it begins at once, or as soon as
its hours are open, and the operator is told how late it is. Later than that it does not begin by itself, and
the operator is asked: what was meant for a Friday evening may be wrong on Saturday. Waiting for hours to open
is not being late.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.hours.model import Hours

UNREMARKED: Final = timedelta(minutes=5)
LATEST: Final = timedelta(hours=12)


class Lateness(StrEnum):
    ON_TIME = "on_time"
    LATE = "late"
    TOO_LATE = "too_late"
    NEVER_OPEN = "never_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """It begins at `at`; None when the operator is asked instead. `late_by` counts from when it was due, or
    from when its hours opened after that."""

    at: datetime | None
    lateness: Lateness
    late_by: timedelta = timedelta()


def beginning(due: datetime, *, now: datetime, hours: Hours | None) -> Beginning:
    """`now` may lie before `due`. `hours` are None for a campaign that heeds none."""
    meant = due if hours is None else hours.next_open(due)
    if meant is None:
        return Beginning(at=None, lateness=Lateness.NEVER_OPEN)
    late_by = now - meant
    if late_by <= timedelta():
        return Beginning(at=meant, lateness=Lateness.ON_TIME)
    opens = now if hours is None else hours.next_open(now)
    if opens is None:
        return Beginning(at=None, lateness=Lateness.NEVER_OPEN, late_by=late_by)
    if late_by > LATEST:
        return Beginning(at=None, lateness=Lateness.TOO_LATE, late_by=late_by)
    lateness = Lateness.ON_TIME if late_by <= UNREMARKED else Lateness.LATE
    return Beginning(at=opens, lateness=lateness, late_by=late_by)
