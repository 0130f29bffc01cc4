"""A look at a database from outside, whether anybody works with it or not. Nothing is changed."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL

from domain.operators.findings import DatabaseFindings
from storage.database import SQLITE_DRIVER, Database, parse_url
from storage.marks import moved_to, read_mark
from storage.reach import reached
from storage.revisions import head_revision, known_revisions, revision_of


async def examine(url: str) -> DatabaseFindings:
    """Raises UnknownDatabase or Unreachable."""
    parsed = parse_url(url)
    if parsed.drivername == SQLITE_DRIVER:
        return await asyncio.to_thread(_file, Path(str(parsed.database)))
    with reached():
        return await _server(parsed)


def _file(path: Path) -> DatabaseFindings:
    if not path.exists():
        return DatabaseFindings(there=False, needed=head_revision())
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=5)
        ) as connection:
            connection.execute("PRAGMA query_only = ON")
            [found] = connection.execute("PRAGMA quick_check(1)").fetchone()
            [mode] = connection.execute("PRAGMA journal_mode").fetchone()
            mark = read_mark(connection)
            revision = _revision(connection)
    except sqlite3.Error as error:
        return DatabaseFindings(there=True, needed=head_revision(), damage=str(error))
    return DatabaseFindings(
        there=True, revision=revision, needed=head_revision(), is_newer=_is_newer(revision),
        damage=None if found == "ok" else str(found), wal=mode == "wal",
        moved_to=moved_to(path) if mark.moved_at is not None else None, copied_at=mark.copied_at,
    )  # fmt: skip


def _revision(connection: sqlite3.Connection) -> str | None:
    made = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    if connection.execute(made).fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


async def _server(url: URL) -> DatabaseFindings:
    async with Database.open(url) as database, database.connection() as connection:
        revision = await connection.run_sync(revision_of)
    return DatabaseFindings(
        there=True, revision=revision, needed=head_revision(), is_newer=_is_newer(revision)
    )


def _is_newer(revision: str | None) -> bool:
    return revision is not None and revision not in known_revisions()
