"""What a workspace is called and where it is, as people type it."""

from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from domain.kernel.errors import DomainError

LONGEST_NAME: Final = 60
#: Zones of no place on earth, and the machine's own.
_NO_PLACES: Final = ("Etc/", "SystemV/")
_NO_ZONES: Final = frozenset({"Factory", "localtime", "posixrules"})


class WorkspaceNameRefused(DomainError):
    """`limit`: how many letters at most."""

    code = "workspace.name"


class ZoneUnknown(DomainError):
    """`text`: what was typed."""

    code = "workspace.zone"


def workspace_name(text: str) -> str:
    """One line, with something in it. Raises WorkspaceNameRefused."""
    name = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise WorkspaceNameRefused(limit=LONGEST_NAME)
    return name


def zone_of(text: str, *, now: datetime) -> str:
    """The IANA zone of `Europe/Istanbul`, `europe/istanbul`, `Istanbul` or `New York`. Raises ZoneUnknown:
    also for a city of that name in several zones whose clocks differ."""
    typed = "_".join(text.split()).casefold()
    if typed in _zones():
        return _zones()[typed]
    found = _cities().get(typed, [])
    clocks = {tuple(offsets(name, now.year)) for name in found}
    if len(clocks) != 1:
        raise ZoneUnknown(text=" ".join(text.split())[:40])
    return found[-1]


def offsets(name: str, year: int) -> list[object]:
    """How a zone's clock stands over a year."""
    return [datetime(year, month, 1, tzinfo=ZoneInfo(name)).utcoffset() for month in range(1, 13)]


@cache
def _zones() -> dict[str, str]:
    """Every zone by its name without case."""
    names = available_timezones() - _NO_ZONES
    return {name.casefold(): name for name in sorted(names) if not name.startswith(_NO_PLACES)}


@cache
def _cities() -> dict[str, list[str]]:
    """The same by the last part of the name; a city may stand under two continents (`Istanbul` does)."""
    cities: dict[str, list[str]] = {}
    for folded, name in _zones().items():
        if "/" in name:
            cities.setdefault(folded.rpartition("/")[2], []).append(name)
    return cities
