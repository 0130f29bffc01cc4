"""One instance on one database."""

import asyncio
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio.engine import AsyncConnection, AsyncEngine

from storage.database import SQLITE_DRIVER, parse_url, postgres_engine

#: Names our advisory lock on PostgreSQL. It lives as long as the connection that took it.
_INSTANCE_LOCK: Final = 0x6D61_7373
#: How often it is looked whether it still does, in seconds.
LOOK_EVERY: Final = 5.0

log = structlog.get_logger(__name__)


class AlreadyRunning(Exception):
    """Another instance holds this database. `holder` says which, where that is known."""

    def __init__(self, holder: str) -> None:
        told = f" ({holder})" if holder else ""
        super().__init__(f"MassSender is already running on this database{told}. Stop that one first.")
        self.holder = holder


@asynccontextmanager
async def take_lock(url: str | URL) -> AsyncIterator[None]:
    """Hold the database for this process until the end of the block. Raises AlreadyRunning at once.

    On SQLite a locked file beside the database: the system lets go of it however the process ends. On
    PostgreSQL an advisory lock; another desk keeps its own database.
    """
    parsed = parse_url(url)
    if parsed.drivername == SQLITE_DRIVER:
        with _locked_file(Path(f"{parsed.database}.lock")):
            yield
        return
    async with _advisory_lock(parsed):
        yield


@asynccontextmanager
async def _advisory_lock(url: URL) -> AsyncIterator[None]:
    engine = postgres_engine(url, pool_size=1, isolation_level="AUTOCOMMIT")
    held = _Advisory(engine)
    try:
        if not await held.take():
            raise AlreadyRunning("")
        keeping = asyncio.get_running_loop().create_task(held.keep(), name="instance lock")
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})
    finally:
        await held.let_go()
        await engine.dispose()


class _Advisory:
    """A lock of PostgreSQL, which ends with the connection that holds it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None

    async def take(self) -> bool:
        """False when it is another's."""
        self._connection = await self._engine.connect()
        ask = text("SELECT pg_try_advisory_lock(:it)")
        if await self._connection.scalar(ask, {"it": _INSTANCE_LOCK}):
            return True
        await self.let_go()
        return False

    async def let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def keep(self) -> None:
        """A restart of the server or a network that is cut ends it: it is taken again as soon as that is
        seen."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                if self._connection is None:
                    log.warning("the lock on the database was lost; taken again", is_ours=await self.take())
                else:
                    await self._connection.execute(text("SELECT 1"))
            except (DBAPIError, OSError) as error:
                log.warning("the lock on the database is lost", error=type(error).__name__)
                if self._connection is not None:
                    await self._connection.invalidate()
                    await self.let_go()


@contextmanager
def _locked_file(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # The file stays when the lock is given back: removing it would let two take "the" lock at once.
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise AlreadyRunning(file.read(200).strip()) from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        yield
        file.truncate(0)
