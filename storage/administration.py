"""What is done to a desk from outside while it does not run, and copies of it at any time: one door for the
commands."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.operators.copies import NotRestored, Restored
from storage.database import SQLITE_DRIVER, Database, UnknownDatabase, parse_url
from storage.kept_copies import KeptCopies
from storage.lock import AlreadyRunning, take_lock
from storage.migrate import DatabaseIsNewer, DatabaseIsOlder
from storage.moving import (
    CannotHold,
    Differs,
    Moved,
    MovedAway,
    NotEmpty,
    StillACopy,
    Told,
    check_not_moved,
    move,
    take_back,
)
from storage.reach import Unreachable, reached
from storage.restoring import restore

__all__ = [
    "AlreadyRunning",
    "CannotHold",
    "DatabaseIsNewer",
    "DatabaseIsOlder",
    "Differs",
    "MovedAway",
    "NotEmpty",
    "StillACopy",
    "UnknownDatabase",
    "Unreachable",
    "check_not_moved",
    "check_settled",
    "kept_copies",
    "move_desk",
    "put_back",
    "take_back_desk",
]


async def check_settled(database: Database) -> None:
    """Raises StillACopy."""
    async with database.read() as unit:
        if await unit.copies.made_at() is not None:
            raise StillACopy


def kept_copies(url: str, folder: Path, *, days: int) -> KeptCopies | None:
    """None on PostgreSQL. Raises UnknownDatabase."""
    parsed = parse_url(url)
    if parsed.drivername != SQLITE_DRIVER:
        return None
    return KeptCopies(
        database=Path(str(parsed.database)), folder=folder.absolute(), keep=timedelta(days=days)
    )


async def put_back(url: str, copy: Path) -> Restored | NotRestored | None:
    """None on PostgreSQL. Raises UnknownDatabase."""
    parsed = parse_url(url)
    if parsed.drivername != SQLITE_DRIVER:
        return None
    return await restore(Path(str(parsed.database)), copy, at=datetime.now(UTC))


async def move_desk(url: str, to: str, *, told: Told) -> Moved:
    """Raises Unreachable, and what `storage.moving.move` does."""
    with reached():
        return await move(url, to, told=told)


async def take_back_desk(url: str) -> None:
    """Raises UnknownDatabase or AlreadyRunning."""
    async with take_lock(url):
        take_back(url)
