"""Brings a database up to what this program needs, at every start."""

import asyncio
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio.engine import AsyncConnection, AsyncEngine

from storage.database import SQLITE_DRIVER, parse_url, postgres_engine, sqlite_engine
from storage.marks import mark_as_copy
from storage.revisions import SCRIPTS, read_revisions, revision_of
from storage.tables import desk, metadata
from storage.unit import Unit

if TYPE_CHECKING:
    from alembic.config import Config

#: Keeps two processes that start at once on one PostgreSQL from migrating it together.
_MIGRATION_LOCK: Final = 0x6D69_6772

#: So long we wait for others who hold tables: less than PostgreSQL waits (`deadlock_timeout`, 1 s) before it
#: breaks off whoever stands in a ring, so that this is never a sender that has to write down what it sent.
_MS_TO_TAKE: Final = 500
#: Seconds that they have the tables to themselves before the next attempt.
_BREATH: Final = 0.5
#: After so many attempts, two minutes, it is left to the operator.
MOST_TRIES: Final = 120
#: Cancelled for its time; a ring.
_TAKEN: Final = ("57014", "40P01")


class DatabaseIsNewer(Exception):
    """The database was made by a later version of this program. Nothing was touched.

    `found` is the database's revision, `known` the newest this program knows.
    """

    def __init__(self, *, found: str, known: str) -> None:
        super().__init__(
            f"This database is at revision {found}, but this program knows only up to {known}. "
            "Start the newer program it was used with, or restore an older copy from the backups folder."
        )
        self.found, self.known = found, known


class DatabaseIsOlder(Exception):
    """The database, at revision `found`, was not brought up to `known` yet, which this program needs."""

    def __init__(self, *, found: str, known: str) -> None:
        super().__init__(f"This database is at revision {found or 'none'}; this program needs {known}.")
        self.found, self.known = found, known


class CannotBeShared(Exception):
    """A file of SQLite's is one process's alone."""


class TablesHeld(Exception):
    """Others never let go of all tables for a moment. Nothing was changed."""


class RowsWithoutReference(Exception):
    """A migration would leave rows of `table` that refer to nothing. It was undone."""

    def __init__(self, *, table: str) -> None:
        super().__init__(f"Rows of {table} would refer to nothing after the migration.")
        self.table = table


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """From which revision (None: the database was empty) to which; and where the copy of before lies."""

    before: str | None
    now: str
    copy: Path | None = None


async def migrate(url: str | URL, *, scripts: Path = SCRIPTS) -> Migrated:
    """Bring the database at `url` to the newest revision; a SQLite file is copied first when anything is to
    change. All or nothing: an interrupted migration never was. Raises DatabaseIsNewer or TablesHeld."""
    parsed = parse_url(url)
    engine = _engine(parsed)
    try:
        return await _migrate(engine, parsed, scripts)
    finally:
        await engine.dispose()


async def check_revision(url: str | URL, *, scripts: Path = SCRIPTS) -> None:
    """For whoever shares a database and does not migrate it. Raises CannotBeShared, DatabaseIsOlder or
    DatabaseIsNewer."""
    parsed = parse_url(url)
    if parsed.drivername == SQLITE_DRIVER:
        raise CannotBeShared
    revisions = await asyncio.to_thread(read_revisions, scripts)
    head = revisions.head
    engine = _engine(parsed)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(revision_of) or ""
    finally:
        await engine.dispose()
    if found == head:
        return
    if found in revisions.known or not found:
        raise DatabaseIsOlder(found=found, known=head)
    raise DatabaseIsNewer(found=found, known=head)


async def downgrade(url: str | URL, revision: str, *, scripts: Path = SCRIPTS) -> None:
    """Back to an older revision ("base": to nothing). For tests and repairs by hand; data may be lost."""
    from alembic import command

    engine = _engine(parse_url(url))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(lambda sync: command.downgrade(_config(scripts, sync), revision))
            await _check_references(connection)
            await connection.commit()
    finally:
        await engine.dispose()


async def _migrate(engine: AsyncEngine, url: URL, scripts: Path) -> Migrated:
    revisions = await asyncio.to_thread(read_revisions, scripts)
    head = revisions.head
    copy = None
    async with engine.connect() as connection:
        if url.drivername != SQLITE_DRIVER:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:it)"), {"it": _MIGRATION_LOCK})
        before = await connection.run_sync(revision_of)
        if before is not None and before not in revisions.known:
            raise DatabaseIsNewer(found=before, known=head)
        if before != head:
            if url.drivername == SQLITE_DRIVER and before is not None:
                # Our transaction holds the writers off, so that the copy is the database as it was.
                copy = await asyncio.to_thread(_copy, Path(str(url.database)), f"{before}-to-{head}")
            if url.drivername != SQLITE_DRIVER:
                await _take_tables(connection)
            await connection.run_sync(lambda sync: _upgrade(scripts, sync))
            await _check_references(connection)
        if await connection.run_sync(lambda sync: sync.dialect.has_table(sync, desk.name)):
            await Unit(connection).operators.desk_id()
        await connection.commit()
    return Migrated(before=before, now=head, copy=copy)


async def _take_tables(connection: AsyncConnection) -> None:
    """All of ours, or none yet. Senders of the version before go on until then, and take tables in orders of
    their own: whoever got one after the other, as migrations need them, would stand in a ring with them.
    Raises TablesHeld."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    quoted = connection.dialect.identifier_preparer.quote
    # Without that of the revision, which whoever starts meanwhile is to see.
    tables = ", ".join(quoted(name) for name in sorted(names) if name in metadata.tables)
    if not tables:
        return
    for _ in range(MOST_TRIES):
        try:
            async with connection.begin_nested():
                await connection.execute(text(f"SET LOCAL statement_timeout = {_MS_TO_TAKE}"))
                await connection.execute(text(f"LOCK TABLE {tables}"))
                await connection.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
            return
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _TAKEN:
                raise
        await asyncio.sleep(_BREATH)
    raise TablesHeld


def _engine(url: URL) -> AsyncEngine:
    if url.drivername != SQLITE_DRIVER:
        return postgres_engine(url, pool_size=1)
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    # A table is rebuilt by dropping the old one, which rows refer to; what enforcement would have refused is
    # looked for before anything is committed.
    return sqlite_engine(url, begin="BEGIN IMMEDIATE", pool_size=1, pragmas=["PRAGMA foreign_keys = OFF"])


async def _check_references(connection: AsyncConnection) -> None:
    if connection.dialect.name == "sqlite":
        lost = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
        if lost is not None:
            raise RowsWithoutReference(table=lost[0])


def _upgrade(scripts: Path, connection: Connection) -> None:
    from alembic import command  # at most starts there is nothing to migrate

    command.upgrade(_config(scripts, connection), "head")


def _config(scripts: Path, connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _copy(database: Path, what: str) -> Path:
    """A whole copy in `backups/` beside the database; a half-made one never bears the final name."""
    folder = database.parent / "backups"
    folder.mkdir(exist_ok=True, mode=0o700)
    target = folder / f"{database.stem}-{what}.db"
    if target.exists():
        target = folder / f"{database.stem}-{what}-{secrets.token_hex(3)}.db"
    partial = target.with_suffix(".partial")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(partial)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        mark_as_copy(copy, datetime.now(UTC))
    partial.replace(target)
    return target
