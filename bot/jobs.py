"""Works on what stands in a table: all of it side by side, each by one task at a time."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

import structlog

from bot.tasks import Bell, TaskOwner

log = structlog.get_logger(__name__)

K = TypeVar("K")
J = TypeVar("J")


class Jobs(Generic[K, J]):
    """`due`: what there is to do now, by key; `work`: does it, and raises nothing. The table is looked at
    every `look` seconds, and when poked."""

    def __init__(
        self,
        name: str,
        tasks: TaskOwner,
        due: Callable[[], Awaitable[Mapping[K, J]]],
        work: Callable[[J], Awaitable[None]],
        *,
        look: float,
    ) -> None:
        self.name, self.tasks, self.due, self.work, self.look = name, tasks, due, work, look
        self._busy: set[K] = set()
        #: Those that were found to have more to do while they were at it.
        self._more: set[K] = set()
        self._bell = Bell()

    def poke(self) -> None:
        """There may be something to do."""
        self._bell.ring()

    async def run(self) -> None:
        while True:
            try:
                # Whoever is at it now may be done when what is due is read: that is old of them by then.
                taken = set(self._busy)
                for key, job in (await self.due()).items():
                    if key in self._busy:
                        self._more.add(key)
                    elif key in taken:
                        self._bell.ring()
                    else:
                        self._busy.add(key)
                        self.tasks.start(f"{self.name}-{key}", self._one(key, job))
            except Exception as error:
                log.error("not looked for work", job=self.name, exc_info=error)
            await self._bell.wait(self.look)

    async def _one(self, key: K, job: J) -> None:
        try:
            await self.work(job)
        finally:
            self._busy.discard(key)
            if key in self._more:
                self._more.discard(key)
                self._bell.ring()
