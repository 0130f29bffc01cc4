"""Tells chats what people wrote: a message for each conversation while they are few, one for all of them when
many write at once, so that a burst of replies is within what Telegram lets through. See decision 29.

How far a chat was told is kept (`reply_tellings`), and each message that stands in it (`told_messages`). A
kill between sending and keeping tells one message again; none is lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.chat.letters import MOST_REPLIES, Letter, gathered_letter, letter_of, parcels_in
from bot.chat.notices import BACKOFF, span_of
from bot.chat.receivers import receiver
from bot.chat.reply_files import ReplyFiles, put_into_chat
from bot.chat.reply_words import Parcel
from bot.chat.topic_teller import TopicTeller
from bot.chat.topics_lost import is_gone, lost_because
from bot.chat.view import keyboard
from bot.tasks import Bell, TaskOwner
from domain.conversations.tellings import Telling, Told
from domain.kernel.clock import Clock
from domain.kernel.ids import ReplyId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: More people than this at once are gathered into one message.
MOST_PEOPLE: Final = 3
#: So many messages leave in one round, and each takes a chat this long: no minute holds more than 20.
MOST_AT_ONCE: Final = 5
SPACING: Final = timedelta(seconds=4)
CHATS_AT_ONCE: Final = 200
LOOK_AGAIN: Final = 1.0


class ReplyTeller:
    def __init__(
        self, bot: Bot, store: Store[Unit], files: ReplyFiles, clock: Clock, tasks: TaskOwner
    ) -> None:
        self.bot, self.store, self.files, self.clock, self.tasks = bot, store, files, clock, tasks
        self._bell = Bell()
        #: Chats that are being told: one round a chat at a time.
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._looking = asyncio.Lock()
        #: How often in a row Telegram could not be reached for a chat.
        self._failed: dict[int, int] = {}
        self.topics = TopicTeller(bot, store, files, clock, send=self._send, record=self._record_some)
        #: Told, but the store had no room to say so: not told again by this process.
        self._unrecorded: dict[int, Callable[[], Awaitable[None]]] = {}

    def poke(self) -> None:
        """It looks by itself too, so a lost poke loses nothing."""
        self._bell.ring()

    async def run(self) -> None:
        while True:
            try:
                await self._look()
            except Exception as error:
                log.error("replies not told", exc_info=error)
            await self._bell.wait(LOOK_AGAIN)

    async def flush(self) -> None:
        """Until every chat was told what is due."""
        while await self._look() or self._busy:
            await asyncio.wait(list(self._busy.values()))

    async def _look(self) -> int:
        """Begin a round in each chat that is due and not at it. How many were begun."""
        async with self._looking:
            # Whoever is at it now may be done when this look ends: what it has read of them is old by then.
            taken = set(self._busy)
            async with self.store.read() as unit:
                due = await unit.tellings.due(now=self.clock.now(), limit=CHATS_AT_ONCE)
            free = [telling for telling in due if telling.chat_id not in taken]
            for telling in free:
                work = self._round(telling)
                self._busy[telling.chat_id] = self.tasks.start(f"replies-{telling.chat_id}", work)
            return len(free)

    async def _round(self, telling: Telling) -> None:
        """A slow file, a slow Telegram, a fault: none holds up another chat."""
        chat_id = telling.chat_id
        try:
            if (record := self._unrecorded.get(chat_id)) is not None:
                await record()
                del self._unrecorded[chat_id]
            else:
                await self._tell(telling)
                self._failed.pop(chat_id, None)
        except RetryAfter as flood:
            await self._put_off(telling, span_of(flood))
        except Forbidden as error:
            log.warning("replies not told", chat=chat_id, error=type(error).__name__)
            await self._record(telling, [], up_to=telling.newest)
        except Exception as error:
            if not isinstance(error, TelegramError):
                log.error("replies not told", chat=chat_id, exc_info=error)
            failed = self._failed[chat_id] = self._failed.get(chat_id, 0) + 1
            await self._put_off(telling, timedelta(seconds=BACKOFF[min(failed, len(BACKOFF)) - 1]))
        finally:
            del self._busy[chat_id]
            self._bell.ring()

    async def _tell(self, telling: Telling) -> None:
        if telling.chat_id < 0:
            if not await self.topics.tell(telling):
                await self._put_off(telling, timedelta(seconds=BACKOFF[0]))
            return
        letters, is_all = await self._letters(telling)
        if letters is None:
            await self._put_off(telling, timedelta(seconds=BACKOFF[0]))
            return
        if not letters:
            await self._record(telling, [], up_to=telling.newest)
        for n, letter in enumerate(letters, 1):
            message_id = await self._send(letter)
            whose = None if letter.parcel is None else letter.parcel.talk.id
            told = [] if message_id is None else [Told(message_id, whose, letter.up_to)]
            up_to = telling.newest if is_all and n == len(letters) else None
            await self._record(telling, told, up_to=up_to, sent=n)

    async def _letters(self, telling: Telling) -> tuple[Sequence[Letter] | None, bool]:
        """What to tell now, and whether that is all there is. None: a file is worth waiting for."""
        parcels: list[Parcel] = []
        async with self.store.read() as unit:
            who = await receiver(unit, telling.chat_id, telling.workspace_id)
            if who.member is None and not who.is_group:
                return [], True  # they have left
            untold = await unit.tellings.untold(telling, people=MOST_PEOPLE + 1, last=MOST_REPLIES)
            if len(untold) > MOST_PEOPLE:
                return [await gathered_letter(unit, telling, who)], True
            parcels = await parcels_in(unit, telling, untold)
        brought = [await self.files.bring(parcel.last) for parcel in parcels[:MOST_AT_ONCE]]
        if not all(brought):
            return None, False
        async with self.store.read() as unit:
            # Once more, with the files that are here now.
            untold = await unit.tellings.untold(telling, people=MOST_PEOPLE, last=MOST_REPLIES)
            parcels = await parcels_in(unit, telling, untold)
            space = await unit.operators.workspace(telling.workspace_id)
            now, later = parcels[:MOST_AT_ONCE], parcels[MOST_AT_ONCE:]
            letters = [await letter_of(unit, telling, who, space, one, parcels) for one in now]
        return letters, not later

    async def _send(self, letter: Letter) -> int | None:
        """The message's id; None where Telegram refuses this one message for good."""
        markup, place = keyboard(letter.rows), letter.place
        file = None if letter.parcel is None else letter.parcel.file
        content = None if file is None else await self.files.content(file)
        try:
            if file is not None and content is not None:
                return await put_into_chat(
                    self.bot, place.chat_id, file, content, letter.text, markup=markup,
                    thread_id=place.thread_id,
                )  # fmt: skip
        except BadRequest as error:
            log.warning("a file is not shown", chat=place.chat_id, why=error.message[:80])
        try:
            sent = await self.bot.send_message(
                place.chat_id, letter.text, reply_markup=markup, message_thread_id=place.thread_id
            )
        except BadRequest as error:
            if place.chat_id < 0 and (is_gone(error) or lost_because(error) is not None):
                raise
            log.warning("a reply is not told", chat=place.chat_id, why=error.message[:80])
            return None
        return sent.message_id

    async def _record(
        self, telling: Telling, messages: Sequence[Told], *, up_to: ReplyId | None, sent: int = 0
    ) -> None:
        due_at = self.clock.now() + SPACING * sent

        async def record() -> None:
            async with self.store.write() as unit:
                await unit.tellings.told(telling, messages, up_to=up_to, due_at=due_at)
                await unit.commit()

        self._unrecorded[telling.chat_id] = record
        await record()
        del self._unrecorded[telling.chat_id]

    async def _record_some(
        self, telling: Telling, messages: Sequence[Told], up_to: ReplyId | None, sent: int
    ) -> None:
        await self._record(telling, messages, up_to=up_to, sent=sent)

    async def _put_off(self, telling: Telling, wait: timedelta) -> None:
        async with self.store.write() as unit:
            due_at = self.clock.now() + wait
            await unit.tellings.told(telling, [], up_to=None, due_at=due_at)
            await unit.commit()
