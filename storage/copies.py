"""Copies of a SQLite database that is in use. Everything here waits for the disk: call it in a thread."""

import errno
import fcntl
import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from domain.operators.copies import CopyTrouble
from storage.marks import mark_as_copy
from storage.revisions import head_revision, known_revisions

#: Pages copied before somebody else gets a turn at the disk: 4 MB.
PAGES: Final = 1024
#: And for how long, in seconds.
PAUSE: Final = 0.01
#: Free room that a copy leaves: the desk itself has to be able to go on writing.
ROOM_LEFT: Final = 64 * 1024**2
_STAMP: Final = "%Y%m%dT%H%M%SZ"


class CopyFailed(Exception):
    """No copy was made, and nothing half-made is left. `detail` is the system's own reason."""

    def __init__(self, why: CopyTrouble, *, folder: Path, detail: str = "") -> None:
        super().__init__(f"{why.value}: {detail}" if detail else why.value)
        self.why, self.folder, self.detail = why, folder, detail


class Damaged(Exception):
    """A file is no database of this program's, or not whole; the text says what is wrong with it."""


class UnknownRevision(Damaged):
    """It is whole, and of a revision that this program does not know: a later one made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """`at`: what the copy holds is what the database held then. `size` in bytes, `seconds` it took."""

    path: Path
    at: datetime
    size: int
    seconds: float


def copy_database(
    database: Path,
    folder: Path,
    *,
    at: datetime,
    stop: threading.Event | None = None,
    room: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> Copy:
    """One moment of `database`, whole and checked, in `folder`, under a name with that moment. Writers go on
    meanwhile. A copy that is not finished, or found damaged, never bears such a name. Raises CopyFailed."""
    began = time.monotonic()
    if not database.exists():
        raise CopyFailed(CopyTrouble.NO_DESK, folder=folder, detail=str(database))
    with _told(folder), _alone(folder):
        for left in folder.glob(f".{database.stem}-*.partial*"):
            left.unlink()
        needed = _size(database) + ROOM_LEFT
        if (free := room(folder)) < needed:
            detail = f"{free // 1024**2} MB are free, {needed // 1024**2 + 1} MB are needed"
            raise CopyFailed(CopyTrouble.NO_ROOM, folder=folder, detail=detail)
        target = folder / f"{database.stem}-{at.astimezone(UTC).strftime(_STAMP)}.db"
        partial = folder / f".{target.stem}.partial"
        try:
            copy_into(database, partial, at=at, stop=stop)
            check_file(partial)
            size = partial.stat().st_size
            put_in_place(partial, target)
        except BaseException:
            for left in folder.glob(f"{partial.name}*"):
                left.unlink(missing_ok=True)
            raise
    return Copy(path=target, at=at, size=size, seconds=time.monotonic() - began)


def copy_into(source: Path, target: Path, *, at: datetime, stop: threading.Event | None = None) -> None:
    """`target` is a new file, readable by its owner alone, marked as a copy, and on the disk. Raises
    CopyFailed (STOPPED) when `stop` is set meanwhile, and what sqlite3 and the system raise."""
    opened = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:

        def after_some(_status: int, left: int, _total: int) -> None:
            if stop is not None and stop.is_set():
                raise CopyFailed(CopyTrouble.STOPPED, folder=target.parent)
            # What is written lies on the disk at once: all of it together would hold up whoever commits.
            os.fdatasync(opened)
            if left:
                time.sleep(PAUSE)

        address = f"{source.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as of:
            of.execute("PRAGMA busy_timeout = 10000")
            # One snapshot to the end: without it a writer would make the copy begin again, for ever perhaps.
            of.execute("BEGIN")
            of.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with closing(sqlite3.connect(target, isolation_level=None)) as to:
                to.execute("PRAGMA synchronous = OFF")  # nobody reads it before it is synced as a whole
                of.backup(to, pages=PAGES, progress=after_some)
                to.execute("PRAGMA journal_mode = DELETE")
                mark_as_copy(to, at)
        os.fsync(opened)
    finally:
        os.close(opened)


#: What SQLite 3.44 says of every index of FTS5's in a file that may not be written, and no other does.
_UNTOLD: Final = re.compile(r"unable to validate the inverted index for FTS5 table .*readonly database")


def check_file(path: Path, *, thorough: bool = False) -> str:
    """Read all of it; `thorough`: and compare each index with its table, which takes some six times as long.
    Its revision. Raises Damaged."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            check = "PRAGMA integrity_check(9)" if thorough else "PRAGMA quick_check(9)"
            found = [one for (one,) in connection.execute(check) if not _UNTOLD.fullmatch(one)]
            if found not in ([], ["ok"]):
                raise Damaged(f"SQLite finds: {found[0]}")
            if (lost := connection.execute("PRAGMA foreign_key_check").fetchone()) is not None:
                raise Damaged(f"rows of {lost[0]} refer to nothing")
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.Error as error:
        raise Damaged(f"SQLite says: {error}") from error
    if len(rows) != 1:
        raise Damaged(f"it names {len(rows)} revisions")
    revision = str(rows[0][0])
    if revision not in known_revisions():
        raise UnknownRevision(f"it is at revision {revision}, and this program knows up to {head_revision()}")
    return revision


def put_in_place(file: Path, target: Path) -> None:
    """Under its name at once or not at all, and so after a power cut too."""
    file.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def copies_in(folder: Path, stem: str) -> list[tuple[datetime, Path]]:
    """Those that `copy_database` made of a database of that name, the newest first; nobody else's files."""
    name = re.compile(rf"{re.escape(stem)}-(\d{{8}}T\d{{6}}Z)\.db")
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if (match := name.fullmatch(path.name)) is None or path.is_symlink() or not path.is_file():
            continue
        try:
            found.append((datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC), path))
        except ValueError:
            continue
    return sorted(found, reverse=True)


def remove_old(folder: Path, stem: str, *, before: datetime) -> list[Path]:
    """Copies from before then, but never the newest. Call it when a good one was made."""
    gone = []
    for at, path in copies_in(folder, stem)[1:]:
        if at < before:
            path.unlink(missing_ok=True)
            gone.append(path)
    return gone


def _size(database: Path) -> int:
    beside = (database, database.with_name(f"{database.name}-wal"))
    return sum(one.stat().st_size for one in beside if one.exists())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The chat's process and `masssender backup` may come at once."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CopyFailed(CopyTrouble.UNDER_WAY, folder=folder) from error
        yield


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Whatever the system and SQLite say, as the trouble that it is."""
    try:
        yield
    except Damaged as error:
        raise CopyFailed(CopyTrouble.DAMAGED, folder=folder, detail=str(error)) from error
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        broken = getattr(error, "sqlite_errorcode", None) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
        why = CopyTrouble.NO_ROOM if full else CopyTrouble.DAMAGED if broken else CopyTrouble.FAILED
        raise CopyFailed(why, folder=folder, detail=str(error)) from error
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        closed = error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}
        why = CopyTrouble.NO_ROOM if full else CopyTrouble.NOT_WRITABLE if closed else CopyTrouble.FAILED
        raise CopyFailed(why, folder=folder, detail=str(error.strerror or error)) from error
