"""Whose turn it is to write, in a database that has room for one writer at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

#: So long work in bulk waits after a unit that leads, for the one that follows it. Seconds.
FOLLOWED_WITHIN: Final = 0.05


class OneWriter:
    """Turns in order of asking, but never two in bulk while another waits; and one in bulk whose turn comes
    between a unit that leads and the one that follows it lets that go first."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        #: Work in bulk asks for the turn one after the other: everybody else waits for one such unit at most.
        self._in_bulk = asyncio.Lock()
        self._writing: asyncio.Task[Any] | None = None
        #: Set when the unit that is to follow has its turn; None while none is to.
        self._followed: asyncio.Event | None = None

    @asynccontextmanager
    async def turn(self, *, bulk: bool, leads: bool, follows: bool) -> AsyncIterator[None]:
        """As asked of `domain.kernel.unit.Store.write`."""
        if self._writing is asyncio.current_task():
            raise RuntimeError("this task is already inside a write unit, and would wait for itself for ever")
        async with self._turn_in_bulk() if bulk else self._turn:
            if follows and self._followed is not None:
                self._followed.set()
                self._followed = None
            self._writing = asyncio.current_task()
            try:
                yield
            finally:
                self._writing = None
            if leads:
                self._followed = self._followed or asyncio.Event()

    @asynccontextmanager
    async def _turn_in_bulk(self) -> AsyncIterator[None]:
        async with self._in_bulk:
            async with self._turn:
                if (followed := self._followed) is None:
                    yield
                    return
            # Once: whoever leads meanwhile waits for this one as for any other.
            with suppress(TimeoutError):
                async with asyncio.timeout(FOLLOWED_WITHIN):
                    await followed.wait()
            if self._followed is followed:
                self._followed = None
            async with self._turn:
                yield
