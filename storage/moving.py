"""Moves a desk from SQLite to PostgreSQL, whole or not at all."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Table, func, select, text
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from storage.database import POSTGRES_DRIVER, SQLITE_DRIVER, Database, UnknownDatabase, parse_url
from storage.digests import Digest
from storage.lock import take_lock
from storage.marks import OWN, Mark, as_moved, mark_file, mark_of_file, moved_to, note_target
from storage.migrate import DatabaseIsNewer, DatabaseIsOlder, migrate
from storage.paging import pages_of
from storage.revisions import head_revision, known_revisions, revision_of
from storage.tables import desk, metadata

if TYPE_CHECKING:
    import psycopg

COPYING, COMPARING = "copying", "comparing"
#: Told now and then: what is being done, with which table, how many rows of how many.
Told = Callable[[str, str, int, int], None]


class NotEmpty(Exception):
    """There is something in the target already, in `table`."""

    def __init__(self, *, table: str) -> None:
        super().__init__(table)
        self.table = table


class CannotHold(Exception):
    """PostgreSQL refuses a row of `table`, for `reason`, which holds nothing of the row."""

    def __init__(self, *, table: str, reason: str) -> None:
        super().__init__(f"{table}: {reason}")
        self.table, self.reason = table, reason


class Differs(Exception):
    """What was read back of `table` is not what was written."""

    def __init__(self, *, table: str) -> None:
        super().__init__(table)
        self.table = table


class StillACopy(Exception):
    """The desk was put back to a copy and has not been started since."""


class MovedAway(Exception):
    """The desk was moved at `at` to `to`, its address without the password."""

    def __init__(self, *, at: datetime, to: str) -> None:
        super().__init__(f"moved at {at:%Y-%m-%d %H:%M} UTC to {to}")
        self.at, self.to = at, to


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many rows, by table."""

    rows: dict[str, int]


def check_not_moved(url: str | URL) -> None:
    """Raises MovedAway. Whatever is on PostgreSQL stays there."""
    parsed = parse_url(url)
    if parsed.drivername != SQLITE_DRIVER:
        return
    database = Path(str(parsed.database))
    mark = mark_of_file(database)
    if mark.moved_at is not None:
        raise MovedAway(at=mark.moved_at, to=moved_to(database))


async def move(source: str | URL, target: str | URL, *, told: Told) -> Moved:
    """All tables in one transaction of the target, compared row by row before it ends. The source is marked
    as moved before the target counts: at no moment could both be started.

    Raises UnknownDatabase, AlreadyRunning, DatabaseIsOlder or DatabaseIsNewer (of either), NotEmpty,
    CannotHold, Differs, StillACopy, MovedAway, and what the drivers raise; then nothing was moved.
    """
    of, to = parse_url(source), parse_url(target)
    if of.drivername != SQLITE_DRIVER or to.drivername != POSTGRES_DRIVER:
        raise UnknownDatabase("A desk moves from a SQLite file to postgresql+psycopg://user@host/name.")
    file = Path(str(of.database))
    _check_mark(mark_of_file(file), file, to)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(take_lock(of))
        await stack.enter_async_context(take_lock(to))
        here = await stack.enter_async_context(Database.open(of))
        # Its one transaction waits while SQLite counts a long table.
        there = await stack.enter_async_context(Database.open(to, idle=None))
        _check_revision(await _revision(here))
        if (found := await _revision(there)) is None:
            await migrate(to)
        else:
            _check_revision(found)
        try:
            return await _move(here, there, file, to, told)
        except NotEmpty:
            check_not_moved(of)  # what is there is this desk
            raise


async def _revision(database: Database) -> str | None:
    """None: there is nothing of ours in it."""
    async with database.connection() as connection:
        return await connection.run_sync(revision_of)


def _check_revision(found: str | None) -> None:
    """Raises DatabaseIsOlder or DatabaseIsNewer."""
    if found == head_revision():
        return
    if found is None or found in known_revisions():
        raise DatabaseIsOlder(found=found or "", known=head_revision())
    raise DatabaseIsNewer(found=found, known=head_revision())


def take_back(url: str | URL) -> None:
    """The desk is in use again although it was moved: as a copy of the moment when it was."""
    parsed = parse_url(url)
    if parsed.drivername != SQLITE_DRIVER:
        raise UnknownDatabase("A desk on PostgreSQL was not moved away from here.")
    database = Path(str(parsed.database))
    mark = mark_of_file(database)
    if mark.moved_at is not None:
        mark_file(database, -as_moved(mark.moved_at))


def _check_mark(mark: Mark, file: Path, to: URL) -> None:
    if mark.copied_at is not None:
        raise StillACopy
    # An earlier move to the same place, which is found empty: it was killed before it counted.
    if mark.moved_at is not None and moved_to(file) != to.render_as_string(hide_password=True):
        raise MovedAway(at=mark.moved_at, to=moved_to(file))


async def _move(here: Database, there: Database, file: Path, to: URL, told: Told) -> Moved:
    async with here.connection() as reading, there.connection() as writing:
        await _check_empty(writing)
        await writing.execute(desk.delete())
        written = {}
        for table in metadata.sorted_tables:
            written[table.name] = await _copy(table, reading, writing, told)
        await _go_on_counting(reading, writing)
        for table in metadata.sorted_tables:
            if await _digest(table, writing, written[table.name].rows, told) != written[table.name]:
                raise Differs(table=table.name)
        await reading.rollback()
        note_target(file, to.render_as_string(hide_password=True))
        mark_file(file, as_moved(datetime.now(UTC)))
        try:
            await writing.commit()
        except BaseException:
            mark_file(file, OWN)
            raise
    return Moved(rows={name: digest.rows for name, digest in written.items()})


async def _check_empty(writing: AsyncConnection) -> None:
    """But for the desk's name, which is made with the tables."""
    for table in metadata.sorted_tables:
        if table is not desk and await writing.scalar(select(1).select_from(table).limit(1)) is not None:
            raise NotEmpty(table=table.name)


async def _copy(table: Table, reading: AsyncConnection, writing: AsyncConnection, told: Told) -> Digest:
    """By COPY, a page at a time."""
    import psycopg  # which a desk on SQLite does without

    total = await _count(table, reading)
    digest = Digest()
    raw: Any = (await writing.get_raw_connection()).driver_connection
    processors = [column.type.bind_processor(writing.dialect) for column in table.columns]
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    statement = f'COPY "{table.name}" ({names}) FROM STDIN'
    try:
        async with raw.cursor() as cursor, cursor.copy(statement) as copy:
            async for page in pages_of(table, reading):
                for row in page:
                    digest.add(row)
                    bound = [
                        value if into is None else into(value)
                        for into, value in zip(processors, row, strict=True)
                    ]
                    await copy.write_row(bound)
                told(COPYING, table.name, digest.rows, total)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise CannotHold(table=table.name, reason=_reason(error)) from None
    return digest


async def _digest(table: Table, connection: AsyncConnection, total: int, told: Told) -> Digest:
    digest = Digest()
    async for page in pages_of(table, connection):
        for row in page:
            digest.add(row)
        told(COMPARING, table.name, digest.rows, total)
    return digest


async def _count(table: Table, connection: AsyncConnection) -> int:
    return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


async def _go_on_counting(reading: AsyncConnection, writing: AsyncConnection) -> None:
    """From the highest number that was ever given: some are never to be given again."""
    rows = await reading.execute(text("SELECT name, seq FROM sqlite_sequence"))
    given: dict[str, int] = {row.name: row.seq for row in rows}
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.identity is None:
                continue
            highest = int(await reading.scalar(select(func.max(column))) or 0)
            if (last := max(highest, int(given.get(table.name) or 0))) > 0:
                sequence = {"of": table.name, "in": column.name, "last": last}
                await writing.execute(
                    text("SELECT setval(pg_get_serial_sequence(:of, :in), :last)"), sequence
                )


def _reason(error: "psycopg.Error") -> str:
    """Without the row itself, which holds people's names and texts."""
    return error.diag.message_primary or type(error).__name__
