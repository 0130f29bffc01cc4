"""Tells chats what people wrote: a message for each conversation while they are few, one for all of them when
many write at once, so that a burst of replies is within what Telegram lets through. See decision 29.

How far a chat was told is kept (`reply_tellings`), and each message that stands in it (`told_messages`). A
kill between sending and keeping tells one message again; none is lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.chat.notices import BACKOFF, LOOKS, span_of
from bot.chat.receivers import Receiver, receiver
from bot.chat.reply_files import ReplyFiles, put_into_chat
from bot.chat.reply_words import Parcel, buttons_of, gathered_words, parcels_of, words_of
from bot.chat.view import Rows, button, keyboard
from bot.screens.contacts_parts import short
from bot.tasks import Bell, TaskOwner
from bot.texts import Html, plain
from domain.accounts.model import Channel
from domain.conversations.model import Conversation
from domain.conversations.tellings import Gathered, Telling, Told, Untold
from domain.delivery.store import DirectPurpose
from domain.kernel.clock import Clock
from domain.kernel.ids import ReplyId
from domain.kernel.unit import Store
from domain.operators.model import Workspace
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: More people than this at once are gathered into one message.
MOST_PEOPLE: Final = 3
#: So many replies of one person are shown at most, and so many people named.
MOST_REPLIES: Final = 20
MOST_NAMES: Final = 8
#: So many messages leave in one round, and each takes a chat this long: no minute holds more than 20.
MOST_AT_ONCE: Final = 5
SPACING: Final = timedelta(seconds=4)
CHATS_AT_ONCE: Final = 200
LOOK_AGAIN: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is told: a chat, or a topic of it."""

    chat_id: int
    thread_id: int | None = None


async def place_of(unit: Unit, telling: Telling, talk: Conversation | None) -> Place:
    """Where a conversation is told of; what gathers many of them, where it is None."""
    return Place(chat_id=telling.chat_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message that is about to be told."""

    place: Place
    text: str
    rows: Rows
    up_to: ReplyId
    parcel: Parcel | None = None


class ReplyTeller:
    def __init__(
        self, bot: Bot, store: Store[Unit], files: ReplyFiles, clock: Clock, tasks: TaskOwner
    ) -> None:
        self.bot, self.store, self.files, self.clock, self.tasks = bot, store, files, clock, tasks
        self._bell = Bell()
        self._looks: list[float] = []
        #: Chats that are being told: one round a chat at a time.
        self._busy: dict[int, asyncio.Task[None]] = {}
        #: How often in a row Telegram could not be reached for a chat.
        self._failed: dict[int, int] = {}
        #: Told, but the store had no room to say so: not told again by this process.
        self._unrecorded: dict[int, Callable[[], Awaitable[None]]] = {}

    def poke(self) -> None:
        """It looks by itself too, so a lost poke loses nothing."""
        self._looks = list(LOOKS)
        self._bell.ring()

    async def run(self) -> None:
        while True:
            try:
                await self._look()
            except Exception as error:
                log.error("replies not told", exc_info=error)
            await self._bell.wait(self._looks.pop(0) if self._looks else LOOK_AGAIN)

    async def flush(self) -> None:
        """Until every chat was told what is due."""
        while await self._look() or self._busy:
            await asyncio.wait(list(self._busy.values()))

    async def _look(self) -> int:
        """Begin a round in each chat that is due and not at it. How many were begun."""
        async with self.store.read() as unit:
            due = await unit.tellings.due(now=self.clock.now(), limit=CHATS_AT_ONCE)
        begun = 0
        for telling in due:
            if telling.chat_id not in self._busy:
                begun += 1
                work = self._round(telling)
                self._busy[telling.chat_id] = self.tasks.start(f"replies-{telling.chat_id}", work)
        return begun

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
                return [await self._gathered(unit, telling, who)], True
            parcels = await _parcels(unit, telling, untold)
        brought = [await self.files.bring(parcel.last) for parcel in parcels[:MOST_AT_ONCE]]
        if not all(brought):
            return None, False
        async with self.store.read() as unit:
            # Once more, with the files that are here now.
            untold = await unit.tellings.untold(telling, people=MOST_PEOPLE, last=MOST_REPLIES)
            parcels = await _parcels(unit, telling, untold)
            space = await unit.operators.workspace(telling.workspace_id)
            now, later = parcels[:MOST_AT_ONCE], parcels[MOST_AT_ONCE:]
            letters = [await _letter(unit, telling, who, space, one, parcels) for one in now]
        return letters, not later

    async def _gathered(self, unit: Unit, telling: Telling, who: Receiver) -> Letter:
        space = await unit.operators.workspace(telling.workspace_id)
        gathered = await unit.tellings.gathered(telling, names=MOST_NAMES)
        names = await _names(unit, space, gathered)
        text = who.named(gathered_words(gathered, names, space.language), space)
        inbox = button(plain("inbox.button", space.language), "inbox", id=space.id)
        place = await place_of(unit, telling, None)
        return Letter(place=place, text=text, rows=who.buttons(((inbox,),)), up_to=telling.newest)

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

    async def _put_off(self, telling: Telling, wait: timedelta) -> None:
        async with self.store.write() as unit:
            due_at = self.clock.now() + wait
            await unit.tellings.told(telling, [], up_to=None, due_at=due_at)
            await unit.commit()


async def _parcels(unit: Unit, telling: Telling, untold: Sequence[Untold]) -> list[Parcel]:
    made: list[Parcel] = []
    for one in untold:
        talk = await unit.conversations.conversation(telling.workspace_id, one.conversation_id)
        made.extend(parcels_of(talk, one))
    return made


async def _letter(
    unit: Unit, telling: Telling, who: Receiver, space: Workspace, parcel: Parcel, all: Sequence[Parcel]
) -> Letter:
    lang, last = space.language, parcel.last
    campaign = None if last.campaign_id is None else await unit.campaigns.any(last.campaign_id)
    account = await unit.accounts.account(last.account_id)
    is_last = [one for one in all if one.talk.id == parcel.talk.id][-1] is parcel
    text = words_of(
        parcel, lang, campaign=None if campaign is None else short(campaign.name),
        ruled=await _ruled(unit, parcel), on_a_phone=account.channel is not Channel.CLOUD, is_last=is_last,
    )  # fmt: skip
    return Letter(
        place=await place_of(unit, telling, parcel.talk), text=who.named(text, space),
        rows=who.buttons(buttons_of(parcel.talk, lang)), up_to=last.id, parcel=parcel,
    )  # fmt: skip


async def _ruled(unit: Unit, parcel: Parcel) -> str | None:
    """What a rule has answered to these."""
    since = min(one.at for one in parcel.replies)
    last = await unit.delivery.directs_of(parcel.talk.id, limit=MOST_REPLIES)
    texts = [one.text for one in last if one.purpose is DirectPurpose.AUTO and one.queued_at >= since]
    return texts[0] if texts else None


async def _names(unit: Unit, space: Workspace, gathered: Gathered) -> Sequence[Html | str]:
    talks = [await unit.conversations.conversation(space.id, id) for id in gathered.newest]
    return [short(talk.name) or talk.number for talk in talks]
