"""What a file of SQLite's says of itself in its header: that it is in use, a copy, or moved elsewhere.

It stands in the file (`PRAGMA user_version`, which nothing else here uses), so that a copy is known as one
however it is put back: by `masssender restore`, or by hand.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from storage.types import EPOCH

_MINUTE: Final = timedelta(minutes=1)
READ: Final = "PRAGMA user_version"
#: In use: neither a copy nor moved.
OWN: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`copied_at`: it is a copy, made then. `moved_at`: what it holds was moved to another database then."""

    copied_at: datetime | None = None
    moved_at: datetime | None = None


def mark_of(version: int) -> Mark:
    """Minutes since 1970: of a copy as they are, of a move below zero."""
    if version == OWN:
        return Mark()
    at = (EPOCH + abs(version) * _MINUTE).astimezone(UTC)
    return Mark(copied_at=at) if version > OWN else Mark(moved_at=at)


def as_copy(at: datetime) -> int:
    """To the minute before it: what was sent since then is not in it."""
    return max((at - EPOCH) // _MINUTE, 1)


def as_moved(at: datetime) -> int:
    return -as_copy(at)


def read_mark(connection: sqlite3.Connection) -> Mark:
    return mark_of(connection.execute(READ).fetchone()[0])


def write_mark(connection: sqlite3.Connection, version: int) -> None:
    """Part of the transaction that is open, if one is."""
    connection.execute(f"{READ} = {int(version)}")


def mark_as_copy(connection: sqlite3.Connection, at: datetime) -> None:
    """A copy of a copy that nobody has worked with is as old as the first."""
    known = read_mark(connection).copied_at
    write_mark(connection, as_copy(min(at, known) if known is not None else at))


def mark_of_file(database: Path) -> Mark:
    """A file that is not there is in use, or will be."""
    if not database.exists():
        return Mark()
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        return read_mark(connection)


def mark_file(database: Path, version: int) -> None:
    """On the disk when it returns."""
    with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        write_mark(connection, version)


def note_target(database: Path, address: str) -> None:
    """Beside the database, where it is being moved to; without a password."""
    with _target(database).open("w", encoding="utf-8") as file:
        file.write(f"{address}\n")
        file.flush()
        os.fsync(file.fileno())


def moved_to(database: Path) -> str:
    """The last that was noted."""
    note = _target(database)
    return note.read_text(encoding="utf-8").strip() if note.exists() else "PostgreSQL"


def _target(database: Path) -> Path:
    return database.with_name(f"{database.name}.moved-to")
