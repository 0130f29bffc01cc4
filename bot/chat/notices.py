"""Sends notices from the outbox, at least once, each chat in its own order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.chat.view import keyboard_from_json
from bot.tasks import Bell
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.unit import Store
from domain.operators.chat import QueuedNotice
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: Waits between tries, in seconds; the last one repeats.
BACKOFF: Final = (5, 15, 60, 300)
MOST_TRIES: Final = 50
AT_ONCE: Final = 100
LOOK_AGAIN: Final = 3.0

#: Sends one notice; returns the id of the message it became, if one.
Send = Callable[[Bot, int, Mapping[str, Any]], Awaitable[int | None]]


class NotYet(Exception):
    """Raised by a `Send` for what is better sent after a `wait`. No failure: others of its chat go ahead."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait


async def send_text(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int:
    markup = keyboard_from_json(payload.get("rows", []))
    message = await bot.send_message(chat_id, payload["text"], reply_markup=markup)
    return message.message_id


class Notices:
    """`kinds` says how each kind of notice is sent; "text" is known already."""

    def __init__(self, bot: Bot, store: Store[Unit], clock: Clock, kinds: Mapping[str, Send]) -> None:
        self.bot, self.store, self.clock = bot, store, clock
        self.kinds: dict[str, Send] = {"text": send_text, **kinds}
        self._bell = Bell()
        self._next_look = LOOK_AGAIN
        # At a stop the last flush must not meet one under way: both would send the same notice.
        self._flushing = asyncio.Lock()
        #: Sent, but the store had no room to say so: not sent again by this process.
        self._unrecorded: dict[int, int | None] = {}

    def poke(self) -> None:
        self._bell.ring()

    async def run(self) -> None:
        """Flush for ever; woken by `poke`, and by itself every few seconds for what had to wait."""
        while True:
            while await self._flush_or_log():
                pass
            wait, self._next_look = self._next_look, LOOK_AGAIN
            await self._bell.wait(wait)

    async def _flush_or_log(self) -> int:
        """A fault of the store (a full disk) must not end the sending of notices for good."""
        try:
            return await self.flush()
        except Exception as error:
            log.error("notices not sent", exc_info=error)
            return 0

    async def flush(self) -> int:
        """Send what is due, one flush at a time. Returns how many went or were given up: then more may be
        due."""
        async with self._flushing:
            return await self._flush()

    async def _flush(self) -> int:
        async with self.store.read() as unit:
            due = await unit.chat.due_notices(now=self.clock.now(), limit=AT_ONCE)
        by_chat: dict[int, list[QueuedNotice]] = {}
        for queued in due:
            by_chat.setdefault(queued.notice.chat_id, []).append(queued)
        return sum(await asyncio.gather(*(self._flush_chat(rows) for rows in by_chat.values())))

    async def _flush_chat(self, rows: Sequence[QueuedNotice]) -> int:
        for done, queued in enumerate(rows):
            if not await self._send(queued):
                return done
        return len(rows)

    async def _send(self, queued: QueuedNotice) -> bool:
        """False when the chat has to wait: what comes after must not overtake."""
        notice = queued.notice
        try:
            if queued.id not in self._unrecorded:
                message_id = await self.kinds[notice.kind](self.bot, notice.chat_id, notice.payload)
                self._unrecorded[queued.id] = message_id
        except NotYet as early:
            await self._put_off(queued, early.wait)
            return True
        except RetryAfter as flood:
            await self._failed(queued, span_of(flood), "flood")
            return False
        except (Forbidden, BadRequest, NotFound, KeyError) as error:
            log.warning("notice given up", id=queued.id, kind=notice.kind, error=type(error).__name__)
            await self._failed(queued, None, type(error).__name__)
            return True
        except Exception as error:
            if not isinstance(error, TelegramError):
                log.error("notice failed", id=queued.id, kind=notice.kind, exc_info=error)
            wait = timedelta(seconds=BACKOFF[min(queued.tries, len(BACKOFF) - 1)])
            await self._failed(queued, wait if queued.tries < MOST_TRIES else None, type(error).__name__)
            return False
        async with self.store.write() as unit:
            message_id = self._unrecorded[queued.id]
            await unit.chat.notice_sent(queued.id, message_id=message_id, at=self.clock.now())
            await unit.commit()
        del self._unrecorded[queued.id]
        return True

    async def _put_off(self, queued: QueuedNotice, wait: timedelta) -> None:
        async with self.store.write() as unit:
            await unit.chat.notice_put_off(queued.id, until=self.clock.now() + wait)
            await unit.commit()
        self._next_look = min(self._next_look, wait.total_seconds())

    async def _failed(self, queued: QueuedNotice, wait: timedelta | None, error: str) -> None:
        retry_at = None if wait is None else self.clock.now() + wait
        async with self.store.write() as unit:
            await unit.chat.notice_failed(queued.id, retry_at=retry_at, error=error)
            await unit.commit()


def span_of(flood: RetryAfter) -> timedelta:
    wait = flood.retry_after
    return timedelta(seconds=wait) if isinstance(wait, int | float) else wait
