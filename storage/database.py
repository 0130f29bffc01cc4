"""Opens units of work on SQLite or PostgreSQL."""

import sqlite3
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import orjson
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolIsEmpty
from sqlalchemy.ext.asyncio.engine import AsyncConnection, AsyncEngine, create_async_engine

from domain.kernel.errors import Interrupted, StoreAway
from storage.base import snapshot
from storage.one_visit import OneVisit
from storage.one_writer import OneWriter
from storage.types import to_json
from storage.unit import Unit
from storage.wakes import WorkWakes, noted

if TYPE_CHECKING:
    from domain.kernel.unit import Store
    from domain.scheduler import unit as asked

SQLITE_DRIVER = "sqlite+aiosqlite"
POSTGRES_DRIVER = "postgresql+psycopg"

#: FULL: a commit is on the disk before anyone is told of it, so that a power cut loses nothing.
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -65536",
    "PRAGMA wal_autocheckpoint = 2000",
    "PRAGMA journal_size_limit = 67108864",
)

#: A process that stands still for so long in the middle of a unit has lost it: its locks would be in the way
#: of those who take over from it (storage/turns.py: after 12 s).
STANDS_STILL = timedelta(seconds=10)

#: What PostgreSQL ends a transaction with that stood in another's way: serialization_failure,
#: deadlock_detected and idle_in_transaction_session_timeout. The same work, begun anew, may well succeed.
_IN_EACH_OTHERS_WAY = frozenset({"40001", "40P01", "25P03"})

#: What SQLite says when the file cannot be used just now, whatever was asked of it.
_FILE_AWAY = frozenset(
    {
        sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM,
    }
)  # fmt: skip


class UnknownDatabase(Exception):
    """The address names neither SQLite nor PostgreSQL, or not the driver that is used for it."""


def parse_url(url: str | URL) -> URL:
    """Check the address. Plain `sqlite:` and `postgresql:` get their driver. Raises UnknownDatabase."""
    try:
        parsed = make_url(url)
    except Exception as error:
        raise UnknownDatabase("This is no database address. Write sqlite+aiosqlite:///file or "
                              "postgresql+psycopg://user@host/name.") from error  # fmt: skip
    driver = {"sqlite": SQLITE_DRIVER, "postgresql": POSTGRES_DRIVER}.get(
        parsed.drivername, parsed.drivername
    )
    if driver not in {SQLITE_DRIVER, POSTGRES_DRIVER}:
        raise UnknownDatabase(
            f"{parsed.drivername} is not supported: use {SQLITE_DRIVER} or {POSTGRES_DRIVER}."
        )
    if driver == SQLITE_DRIVER and parsed.database in {None, "", ":memory:"}:
        raise UnknownDatabase("SQLite needs a file: an in-memory database would lose everything.")
    return parsed.set(drivername=driver)


def sqlite_engine(url: URL, *, begin: str, pool_size: int, pragmas: Sequence[str] = ()) -> AsyncEngine:
    """An engine that begins its transactions itself: the driver's own way would begin them too late.

    Parameters stay out of error messages: they are people's names, numbers and texts.
    """
    engine = create_async_engine(
        url,
        module=OneVisit(),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=60,
        # A unit that is left undoes by itself what it did not commit: a visit more would hold others up.
        pool_reset_on_return=None,
        json_serializer=to_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (*_SQLITE_PRAGMAS, *pragmas):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def postgres_engine(
    url: URL, *, pool_size: int, idle: timedelta | None = None, **options: Any
) -> AsyncEngine:
    """`idle`: a unit that does nothing for so long is undone by the server, with the locks that it holds."""
    settings = {}
    if idle is not None:
        asked = f"-c idle_in_transaction_session_timeout={round(1000 * idle.total_seconds())}"
        settings["options"] = " ".join([*url.normalized_query.get("options", ()), asked])
    return create_async_engine(
        url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, json_serializer=to_json,
        json_deserializer=orjson.loads, hide_parameters=True, connect_args=settings,
        execution_options=options,
    )  # fmt: skip


@contextmanager
def _told() -> Iterator[None]:
    """What is no fault of who asked, in the domain's words."""
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _IN_EACH_OTHERS_WAY:
            raise Interrupted from error
        if _is_away(error):
            raise StoreAway(type(error.orig).__name__) from error
        raise
    except PoolIsEmpty as error:
        raise StoreAway("no connection is free") from error


def _is_away(error: DBAPIError) -> bool:
    """SQLite calls a misspelt statement an operational error too; its extended codes have more bits."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _FILE_AWAY
    is_sqlite = isinstance(error.orig, sqlite3.Error)
    return not is_sqlite and isinstance(error, OperationalError | InterfaceError)


class Database:
    """The place where truth is kept. Satisfies `domain.kernel.unit.Store[Unit]`.

    On SQLite one unit writes at a time within the process (`OneWriter`) and readers never wait for it; on
    PostgreSQL units write side by side, kept apart by row locks and expected states.
    """

    def __init__(self, url: URL, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self.url = url
        self.wakes = WorkWakes()
        self._writer, self._reader = writer, reader
        self._one_writer = OneWriter() if url.drivername == SQLITE_DRIVER else None

    @classmethod
    def open(cls, url: str | URL, *, readers: int = 4, idle: timedelta | None = STANDS_STILL) -> Self:
        """Prepare connections; the first unit makes them. `idle`: see `postgres_engine`. Raises
        UnknownDatabase."""
        parsed = parse_url(url)
        if parsed.drivername == SQLITE_DRIVER:
            return cls(
                parsed,
                sqlite_engine(parsed, begin="BEGIN IMMEDIATE", pool_size=1),
                sqlite_engine(parsed, begin="BEGIN", pool_size=readers, pragmas=["PRAGMA query_only = ON"]),
            )
        return cls(
            parsed,
            postgres_engine(parsed, pool_size=readers, idle=idle, isolation_level="READ COMMITTED"),
            postgres_engine(
                parsed, pool_size=readers, isolation_level="REPEATABLE READ", postgresql_readonly=True
            ),
        )

    @asynccontextmanager
    async def write(
        self, *, bulk: bool = False, leads: bool = False, follows: bool = False
    ) -> AsyncIterator[Unit]:
        """A unit that may change things. Left without `commit()`, it undoes them.

        Raises Interrupted, having undone everything, when two units waited for each other; StoreAway when
        there is no room, or the database is not to be reached.
        """
        one = self._one_writer
        async with nullcontext() if one is None else one.turn(bulk=bulk, leads=leads, follows=follows):
            with _told():
                async with self._writer.connect() as connection:
                    noted(connection)  # of a unit that was left
                    yield Unit(connection, self.wakes)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Unit]:
        """One consistent snapshot; nothing can be changed through it. Raises StoreAway."""
        with _told():
            async with self._reader.connect() as connection:
                with snapshot(connection):
                    yield Unit(connection, self.wakes)

    async def tell(self, words: Collection[str]) -> None:
        """To other processes at once; each word without a space."""
        if self.url.drivername == POSTGRES_DRIVER:
            async with self._writer.connect() as connection:
                await self.wakes.notify(connection, words)
                await connection.commit()

    async def listen(self) -> None:
        """Wake who works here on what other processes write down, for ever. A file of SQLite's has no
        others."""
        if self.url.drivername == POSTGRES_DRIVER:
            await self.wakes.listen(self.url)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """The bare writing connection, for `doctor`, backups and tests."""
        async with self._writer.connect() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A bare connection that writes nothing."""
        async with self._reader.connect() as connection:
            yield connection

    async def close(self) -> None:
        """Give back every connection. Units still open are undone."""
        await self._writer.dispose()
        await self._reader.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


if TYPE_CHECKING:

    def _is_what_the_domain_asks_for(database: Database) -> Store[asked.Unit]:
        return database
