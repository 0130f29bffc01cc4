"""Wakes whoever does some work once the unit that wrote it down is committed: in this process at once, in
others through PostgreSQL's NOTIFY (which is told when the transaction commits, and only then)."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

import structlog
from sqlalchemy import URL, func, select
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.kernel.work import Work

log = structlog.get_logger(__name__)

CHANNEL: Final = "masssender"
#: Rests before the listening connection is made again, in seconds.
AGAIN: Final = 2.0
_KEY: Final = "work that was written"


def note(connection: AsyncConnection, work: Work) -> None:
    """The transaction under way writes such work."""
    connection.info.setdefault(_KEY, set()).add(work)


def noted(connection: AsyncConnection) -> frozenset[Work]:
    """What was noted since this was asked last."""
    return frozenset(connection.info.pop(_KEY, ()))


class WorkWakes:
    """Implements `domain.kernel.work.Wakes`."""

    def __init__(self) -> None:
        self._wakes: defaultdict[Work, list[Callable[[], None]]] = defaultdict(list)
        self._hearers: list[Callable[[str], None]] = []
        #: What this one tells, it does not hear.
        self._ours = f"from:{secrets.token_hex(8)}"

    def on(self, work: Work, wake: Callable[[], None]) -> None:
        self._wakes[work].append(wake)

    def on_word(self, heard: Callable[[str], None]) -> None:
        """Call this with each word that another process told with `Database.tell`."""
        self._hearers.append(heard)

    async def notify(self, connection: AsyncConnection, words: Iterable[str]) -> None:
        """To other processes, when the transaction commits."""
        told = " ".join([self._ours, *sorted(words)])
        await connection.execute(select(func.pg_notify(CHANNEL, told)))

    def ring(self, works: Iterable[Work]) -> None:
        for work in works:
            for wake in self._wakes[work]:
                wake()

    def _hear(self, payload: str) -> None:
        """A newer version, during an upgrade, may have words that this one does not know."""
        words = set(payload.split())
        if self._ours in words:
            return
        self.ring([work for work in Work if work in words])
        for word in sorted(words.difference(Work)):
            for heard in self._hearers:
                heard(word)

    async def listen(self, url: URL) -> None:
        """Pass on what other processes write, for ever. What was written while nobody listened is looked
        for when the connection is made."""
        import psycopg  # which a desk on SQLite does without

        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.ring(Work)
                    async for told in connection.notifies():
                        self._hear(told.payload)
            except (psycopg.Error, OSError) as error:
                log.warning("not listening to the database", error=type(error).__name__)
            await asyncio.sleep(AGAIN)
