"""Wakes whoever does some work once the unit that wrote it down is committed: in this process at once, in
others through PostgreSQL's NOTIFY (which is told when the transaction commits, and only then)."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

import psycopg
import structlog
from sqlalchemy import URL, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

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


async def notify(connection: AsyncConnection, works: Iterable[Work]) -> None:
    """To other processes, when the transaction commits."""
    await connection.execute(select(func.pg_notify(CHANNEL, " ".join(sorted(works)))))


class WorkWakes:
    """Implements `domain.kernel.work.Wakes`."""

    def __init__(self) -> None:
        self._wakes: defaultdict[Work, list[Callable[[], None]]] = defaultdict(list)

    def on(self, work: Work, wake: Callable[[], None]) -> None:
        self._wakes[work].append(wake)

    def ring(self, works: Iterable[Work]) -> None:
        for work in works:
            for wake in self._wakes[work]:
                wake()

    async def listen(self, url: URL) -> None:
        """Pass on what other processes write, for ever. What was written while nobody listened is looked
        for when the connection is made."""
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.ring(Work)
                    async for told in connection.notifies():
                        self.ring(_known(told.payload))
            except (psycopg.Error, OSError) as error:
                log.warning("not listening to the database", error=type(error).__name__)
            await asyncio.sleep(AGAIN)


def _known(payload: str) -> Iterable[Work]:
    """A newer version, during an upgrade, may have work that this one does not know."""
    return [work for work in Work if work in payload.split()]
