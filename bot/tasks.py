"""The one owner of detached tasks: logs their failure, cancels them on shutdown."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self

import structlog

log = structlog.get_logger(__name__)

#: Who goes on after being cancelled is cancelled again after so many seconds. On Python 3.11
#: `asyncio.wait_for`, by which psycopg waits, loses a cancellation that comes together with what it waits for
#: (https://github.com/python/cpython/issues/86296).
TOLD_AGAIN: Final = 5.0


class TaskOwner:
    """`async with TaskOwner() as tasks: tasks.start("poller", poll())`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cancel()

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task failed", task=task.get_name(), exc_info=error)

    async def cancel(self) -> None:
        left = set(self._tasks)
        while left:
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=TOLD_AGAIN)


class Bell:
    """Wakes one sleeper. Rings that come close together wake it once, so that a burst of updates does not
    become a burst of looks into the database."""

    def __init__(self, *, rest: float = 0.05) -> None:
        self.rest = rest
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, longest: float) -> None:
        """Until it is rung, or `longest` seconds are over; never less than `rest` seconds."""
        await asyncio.sleep(self.rest)
        try:
            async with asyncio.timeout(longest):
                await self._rung.wait()
        except TimeoutError:
            return
        finally:
            self._rung.clear()
