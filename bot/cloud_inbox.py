"""Bodies of webhooks: kept, many in one transaction where they come thick; and worked, oldest first."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.tasks import Bell
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.scheduler.cloud_webhooks import WorkWebhooks
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: WhatsApp repeats for seven days; a day more, so that a repeat is always known.
KEPT: Final = timedelta(days=8)
#: So long after a trouble of ours, in seconds; and how often the table is looked at without being told.
REST: Final = 1.0
LOOK_EVERY: Final = 5.0
#: So many are written in one transaction, and so many bytes.
A_GROUP: Final = 200
GROUP_BYTES: Final = 8 * 1024 * 1024


class GroupedInbox:
    """Implements `domain.delivery.channel.WebhookInbox`. Whoever comes first writes for all who wait: one
    commit to the disk is paid by many, and nobody waits for a timer."""

    def __init__(self, store: Store[Unit], told: Callable[[], None]) -> None:
        self._store, self._told = store, told
        self._waiting: list[tuple[bytes, datetime, asyncio.Future[None]]] = []
        self._turn = asyncio.Lock()

    async def store(self, raw: bytes, at: datetime) -> None:
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((raw, at, kept))
        async with self._turn:
            while not kept.done():
                await self._write_group()
        await kept
        self._told()

    async def _write_group(self) -> None:
        """Those who have waited longest; each learns what became of theirs."""
        group = self._next_group()
        try:
            async with self._store.write() as unit:
                await unit.cloud.store_webhooks([(raw, at) for raw, at, _ in group])
                await unit.commit()
        except BaseException as error:
            # Whoever is cancelled has its own reason; the others are told that theirs was not kept.
            told = error if isinstance(error, Exception) else ConnectionError("stopped while writing")
            for _, _, kept in group:
                _fail(kept, told)
            raise
        for _, _, kept in group:
            if not kept.done():
                kept.set_result(None)

    def _next_group(self) -> list[tuple[bytes, datetime, asyncio.Future[None]]]:
        size = count = 0
        for raw, _, _ in self._waiting[:A_GROUP]:
            size, count = size + len(raw), count + 1
            if size >= GROUP_BYTES:
                break
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group


def _fail(kept: asyncio.Future[None], error: Exception) -> None:
    if not kept.done():
        kept.set_exception(error)
        kept.exception()  # looked at: nobody may be left to ask


class WebhookWorker:
    """Empties the inbox. `rest` in seconds after a trouble."""

    def __init__(self, work: WorkWebhooks, store: Store[Unit], clock: Clock, *, rest: float = REST) -> None:
        self._work, self._store, self._clock, self._rest = work, store, clock, rest
        self.bell = Bell(rest=0.02)

    async def run(self) -> None:
        while True:
            if not await self._some():
                await self.bell.wait(LOOK_EVERY)

    async def _some(self) -> bool:
        """Whether there was something to do."""
        try:
            return await self._work.some() > 0
        except Exception as error:
            log.error("webhooks are left waiting", exc_info=error)
            await asyncio.sleep(self._rest)
            return True

    async def prune(self) -> None:
        """Forget what WhatsApp repeats no more."""
        async with self._store.write() as unit:
            await unit.cloud.prune_webhooks(before=self._clock.now() - KEPT)
            await unit.commit()
