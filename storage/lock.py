"""One instance on one database."""

import fcntl
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, text

from storage.database import SQLITE_DRIVER, parse_url, postgres_engine

#: Names our advisory lock on PostgreSQL. It lives as long as the connection that took it.
_INSTANCE_LOCK: Final = 0x6D61_7373


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
    engine = postgres_engine(parsed, pool_size=1, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            taken = await connection.scalar(text("SELECT pg_try_advisory_lock(:it)"), {"it": _INSTANCE_LOCK})
            if not taken:
                raise AlreadyRunning("")
            yield
    finally:
        await engine.dispose()


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
