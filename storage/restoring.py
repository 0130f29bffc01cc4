"""Puts a copy in the place of a SQLite database that nobody has open."""

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from domain.operators.copies import NotRestored, Restored, RestoreTrouble
from storage.carried_stops import carry_stops
from storage.copies import Damaged, UnknownRevision, check_file, copy_into, put_in_place, sync_folder
from storage.lock import AlreadyRunning, take_lock
from storage.marks import read_mark


class SameFile(Exception):
    """The copy is the database itself."""


async def restore(database: Path, copy: Path, *, at: datetime) -> Restored | NotRestored:
    """Only while no process has the desk."""
    try:
        async with take_lock(f"sqlite+aiosqlite:///{database}"):
            return await asyncio.to_thread(put_back, copy, database, at=at)
    except AlreadyRunning as error:
        why, detail = RestoreTrouble.RUNNING, error.holder
    except FileNotFoundError:
        why, detail = RestoreTrouble.NOT_HERE, ""
    except SameFile:
        why, detail = RestoreTrouble.ITSELF, ""
    except UnknownRevision as error:
        why, detail = RestoreTrouble.NEWER, str(error)
    except Damaged as error:
        why, detail = RestoreTrouble.DAMAGED, str(error)
    except (OSError, sqlite3.Error) as error:
        why, detail = RestoreTrouble.FAILED, str(error)
    return NotRestored(why=why, detail=detail)


def put_back(copy: Path, database: Path, *, at: datetime) -> Restored:
    """At every moment there is a whole database under the name: the one from before, or the copy, marked as
    one. Raises FileNotFoundError, SameFile, Damaged, and what sqlite3 and the system raise; then all is as
    it was."""
    if not copy.is_file():
        raise FileNotFoundError(copy)
    if database.exists() and copy.samefile(database):
        raise SameFile
    check_file(copy, thorough=True)
    copy, database = copy.absolute(), database.absolute()
    made_at = _made_at(copy)
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    ready = database.with_name(f".{database.name}.restoring")
    for left in database.parent.glob(f"{ready.name}*"):
        left.unlink()
    try:
        copy_into(copy, ready, at=made_at)
        stops = carry_stops(database, ready) if database.exists() else None
        check_file(ready)
        aside = _set_aside(database, at=at) if database.exists() else None
        put_in_place(ready, database)
    finally:
        for left in database.parent.glob(f"{ready.name}*"):
            left.unlink()
    return Restored(made_at=made_at, aside=aside, stops=stops)


def _made_at(copy: Path) -> datetime:
    """Of a file that somebody copied by hand: when it was last written to, which is never later than that."""
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        known = read_mark(connection)
    return known.copied_at or datetime.fromtimestamp(copy.stat().st_mtime, UTC)


def _set_aside(database: Path, *, at: datetime) -> Path:
    """What SQLite keeps beside a database goes first, and with it: the copy must never be read together with
    what belongs to the other."""
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error:
        pass  # it is damaged, which may be why it is replaced: it is kept as it stands
    folder = database.with_name(f"before-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    folder.mkdir(mode=0o700)
    for beside in (f"{database.name}-wal", f"{database.name}-shm", f"{database.name}-journal"):
        if (file := database.with_name(beside)).exists():
            file.replace(folder / beside)
    # Under both names for a moment: should we be killed now, the desk is still there.
    os.link(database, folder / database.name)
    sync_folder(folder)
    sync_folder(folder.parent)
    return folder
