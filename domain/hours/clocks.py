"""Whose clock it is: the zones a number may be in."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

from domain.hours.model import Hours


@lru_cache(maxsize=4_096)
def zones_of(number: str) -> tuple[str, ...]:
    """Every zone an E.164 number may be in, as far as the number tells; empty when it tells nothing.

    A landline, and a mobile number where those are given out by area, tell one; most mobile numbers tell
    their country alone, and so every zone of it. Nobody's travels are known.
    """
    try:
        zones = time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(sorted(set(zones) - {"Etc/Unknown"}))


def on_the_clock_of(number: str, hours: Hours) -> Hours:
    """`hours` as this person's own wall shows them: open when it is open in every zone they may be in. The
    account's clock stays where the number tells nothing.

    Russia's mobile numbers may lie ten hours apart: office hours have no moment in common there, and
    `next_open` says None. Whoever asks has to say so, and must not wait for it.
    """
    return replace(hours, zones=zones_of(number) or hours.zones)


class Clocks:
    """Whose hours are open at one moment. People on the same clocks are thought about once."""

    def __init__(self, hours: Hours, at: datetime) -> None:
        self._hours, self._at = hours, at
        self._known: dict[tuple[str, ...], datetime | None] = {}

    def opens(self, number: str) -> datetime | None:
        """The moment itself when it is open for them then, or else the first after it; None: never."""
        zones = zones_of(number)
        if zones not in self._known:
            theirs = on_the_clock_of(number, self._hours)
            self._known[zones] = next_opening(theirs, self._at)
        return self._known[zones]


def next_opening(hours: Hours, at: datetime) -> datetime | None:
    """As `Hours.next_open`, for whoever asks at every claim: to find out that hours never open takes far
    longer than when they do, up to 60 ms with many holidays, and is done once a day."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return None if _first_of_the_day(hours, midnight) is None else hours.next_open(at)


@lru_cache(maxsize=1_024)
def _first_of_the_day(hours: Hours, midnight: datetime) -> datetime | None:
    return hours.next_open(midnight)
