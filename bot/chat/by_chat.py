"""Shows chats what has changed: all chats side by side, each by one task at a time."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import structlog
from telegram.error import RetryAfter, TelegramError

from bot.chat.notices import span_of
from bot.tasks import Bell, TaskOwner
from domain.kernel.clock import Clock

log = structlog.get_logger(__name__)

#: So much of one chat in one go; the next looks at how things stand by then.
MOST_AT_ONCE: Final = 10
#: After a failure a chat rests this long.
REST: Final = timedelta(seconds=10)

T = TypeVar("T")


class ByChat(Generic[T]):
    """`find`: what there is to show, in order, in other chats than these; `chat_of`: in which one, if in any;
    `show`: shows it and keeps that it is shown. What `show` raises lets its chat rest. The table is looked at
    every `look` seconds, and when poked."""

    def __init__(
        self,
        name: str,
        tasks: TaskOwner,
        clock: Clock,
        *,
        find: Callable[[Collection[int]], Awaitable[Sequence[T]]],
        chat_of: Callable[[T], int | None],
        show: Callable[[T], Awaitable[None]],
        look: float,
    ) -> None:
        self.name, self.tasks, self.clock, self.look = name, tasks, clock, look
        self.find, self.chat_of, self.show = find, chat_of, show
        self._bell = Bell()
        self._busy: dict[int | None, asyncio.Task[None]] = {}
        #: Chats that are to be left alone until then.
        self._resting: dict[int | None, datetime] = {}
        # What one look has read, a chat that another look began meanwhile may have shown already.
        self._looking = asyncio.Lock()

    def poke(self) -> None:
        self._bell.ring()

    async def run(self) -> None:
        while True:
            try:
                await self._look()
            except Exception as error:
                log.error("not looked for what to show", job=self.name, exc_info=error)
            await self._bell.wait(self.look)

    async def flush(self) -> None:
        """Until all that can be shown now is."""
        while (begun := await self._look()) or self._busy:
            if begun:
                continue
            await asyncio.wait(list(self._busy.values()), return_when=asyncio.FIRST_COMPLETED)

    async def _look(self) -> int:
        """Begin in each chat that has something and is free. In how many."""
        async with self._looking:
            now = self.clock.now()
            self._resting = {chat: until for chat, until in self._resting.items() if until > now}
            taken = {*self._busy, *self._resting}
            by_chat: defaultdict[int | None, list[T]] = defaultdict(list)
            for one in await self.find({chat for chat in taken if chat is not None}):
                by_chat[self.chat_of(one)].append(one)
            free = [chat for chat in by_chat if chat not in taken]
            for chat in free:
                work = self._show(chat, by_chat[chat][:MOST_AT_ONCE])
                self._busy[chat] = self.tasks.start(f"{self.name}-{chat}", work)
                # These may have hidden others.
                self._bell.ring()
            return len(free)

    async def _show(self, chat: int | None, some: Sequence[T]) -> None:
        try:
            for one in some:
                await self.show(one)
        except RetryAfter as flood:
            self._resting[chat] = self.clock.now() + span_of(flood)
        except Exception as error:
            if isinstance(error, TelegramError):
                log.info("shown later", job=self.name, chat=chat, error=type(error).__name__)
            else:
                log.error("not shown", job=self.name, chat=chat, exc_info=error)
            self._resting[chat] = self.clock.now() + REST
        finally:
            del self._busy[chat]
            self._bell.ring()
