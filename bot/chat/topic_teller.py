"""Tells a group what people write, each conversation in its own topic. See decision 34 for the pace of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.chat.letters import MOST_REPLIES, Letter, Place, gathered_letter, letter_of, parcels_in
from bot.chat.receivers import receiver
from bot.chat.reply_files import ReplyFiles
from bot.chat.topics_lost import is_gone, is_so_already, lose, lost_because
from bot.screens.talk_parts import our_numbers
from bot.texts import say
from domain.conversations.model import Conversation
from domain.conversations.tellings import Telling, Told, Untold
from domain.conversations.topics import Topic
from domain.kernel.clock import Clock
from domain.kernel.ids import ConversationId, ReplyId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: Conversations that are told in one round, oldest first. A new topic takes two calls of the group's 20 a
#: minute.
MOST_TOPICS: Final = 4
#: Where more wait than this, the others are gathered into one message in General.
MOST_WAITING: Final = 12
#: Telegram's limit for a topic's name, in UTF-16 units.
LONGEST_NAME: Final = 128


Send = Callable[[Letter], Awaitable[int | None]]
Record = Callable[[Telling, Sequence[Told], ReplyId | None, int], Awaitable[None]]


def topic_name(talk: Conversation, ours: str = "") -> str:
    """The person's name, or their number: one line, as long as Telegram takes it. `ours`: the number of ours
    that they write to, where there are several."""
    name, to = " ".join(talk.name.split()) or talk.number, f" → {ours}" if ours else ""
    units = name.encode("utf-16-le", "replace")[: 2 * (LONGEST_NAME - len(to))]
    return (units.decode("utf-16-le", "ignore").strip() or talk.number) + to


@dataclass(kw_only=True)
class _Calls:
    """How many calls a round has made that put something into the group."""

    made: int = 0


class TopicTeller:
    """`send` puts a letter into Telegram; `record` keeps which messages stand there now, up to which reply
    all is told, and how many calls the chat has to rest for."""

    def __init__(
        self, bot: Bot, store: Store[Unit], files: ReplyFiles, clock: Clock, *, send: Send, record: Record
    ) -> None:
        self.bot, self.store, self.files, self.clock = bot, store, files, clock
        self.send, self.record = send, record

    async def tell(self, telling: Telling) -> bool:
        """One round. False: a file is worth waiting for."""
        try:
            return await self._tell(telling)
        except TelegramError as error:
            if (why := lost_because(error)) is None:
                raise
            await self._lost(telling, why)
            return True

    async def _tell(self, telling: Telling) -> bool:
        async with self.store.read() as unit:
            group = await unit.topics.group_in(telling.chat_id)
            is_off = group is None or group.workspace_id != telling.workspace_id
            untold = await unit.tellings.untold(telling, people=MOST_WAITING + 1, last=MOST_REPLIES)
            parcels = await parcels_in(unit, telling, untold[:MOST_TOPICS])
        if is_off:
            await self._left_over(telling)
            return True
        brought = [await self.files.bring(parcel.last) for parcel in parcels]
        if not all(brought):
            return False
        calls = _Calls()
        for talk_id, letters in await self._letters(telling, untold[:MOST_TOPICS]):
            for letter in letters:
                await self._put(telling, talk_id, letter, calls)
        if len(untold) <= MOST_TOPICS:
            await self.record(telling, [], telling.newest, calls.made)
        elif len(untold) > MOST_WAITING:
            await self._digest(telling, calls)
        return True

    async def _letters(
        self, telling: Telling, untold: Sequence[Untold]
    ) -> Sequence[tuple[ConversationId, Sequence[Letter]]]:
        """With the files that are here now."""
        made = []
        async with self.store.read() as unit:
            who = await receiver(unit, telling.chat_id, telling.workspace_id)
            space = await unit.operators.workspace(telling.workspace_id)
            for one in untold:
                fresh = await self._as_now(unit, one)
                parcels = await parcels_in(unit, telling, [fresh])
                letters = [await letter_of(unit, telling, who, space, parcel, parcels) for parcel in parcels]
                made.append((one.conversation_id, letters))
        return made

    async def _as_now(self, unit: Unit, one: Untold) -> Untold:
        return replace(one, last=[await unit.tellings.reply(reply.id) for reply in one.last])

    async def _put(self, telling: Telling, talk_id: ConversationId, letter: Letter, calls: _Calls) -> None:
        """Into its topic; into a new one where somebody deleted that."""
        if letter.parcel is None:
            return
        talk = letter.parcel.talk
        thread_id = await self._thread(telling, talk, calls)
        try:
            message_id = await self._send(letter, telling.chat_id, thread_id, calls)
        except BadRequest as error:
            if not is_gone(error):
                raise
            async with self.store.write() as unit:
                await unit.topics.gone(telling.chat_id, thread_id)
                await unit.commit()
            thread_id = await self._thread(telling, talk, calls)
            message_id = await self._send(letter, telling.chat_id, thread_id, calls)
        told = [] if message_id is None else [Told(message_id, talk_id, letter.up_to)]
        await self.record(telling, told, None, calls.made)

    async def _send(self, letter: Letter, chat_id: int, thread_id: int, calls: _Calls) -> int | None:
        calls.made += 1
        return await self.send(replace(letter, place=Place(chat_id=chat_id, thread_id=thread_id)))

    async def _thread(self, telling: Telling, talk: Conversation, calls: _Calls) -> int:
        """The conversation's topic: opened when it is first needed, open again where it was closed. A kill
        before it is kept leaves an empty one behind."""
        async with self.store.read() as unit:
            topic = await unit.topics.topic_of(telling.chat_id, talk.id)
            ours = (await our_numbers(unit, talk.workspace_id, [talk])).get(talk.account_id, "")
        if topic is not None and not topic.is_closed:
            return topic.thread_id
        if topic is not None and await self._reopened(topic, calls):
            return topic.thread_id
        calls.made += 1
        made = await self.bot.create_forum_topic(telling.chat_id, topic_name(talk, ours))
        async with self.store.write() as unit:
            await unit.topics.opened(telling.chat_id, made.message_thread_id, talk.id)
            await unit.commit()
        return made.message_thread_id

    async def _reopened(self, topic: Topic, calls: _Calls) -> bool:
        """False: it is not there any more."""
        calls.made += 1
        try:
            await self.bot.reopen_forum_topic(topic.chat_id, topic.thread_id)
        except BadRequest as error:
            if is_gone(error):
                return False
            if not is_so_already(error):
                raise
        async with self.store.write() as unit:
            await unit.topics.turned(topic.chat_id, topic.thread_id, is_closed=False)
            await unit.commit()
        return True

    async def _digest(self, telling: Telling, calls: _Calls) -> None:
        """All the others in one message, in General; they stand in the inbox."""
        async with self.store.read() as unit:
            who = await receiver(unit, telling.chat_id, telling.workspace_id)
            space = await unit.operators.workspace(telling.workspace_id)
            letter = await gathered_letter(unit, telling, who)
        text = str(say("topics.digest", space.language, text=letter.text))
        calls.made += 1
        message_id = await self.send(replace(letter, text=text))
        told = [] if message_id is None else [Told(message_id, None, telling.newest)]
        await self.record(telling, told, telling.newest, calls.made)

    async def _left_over(self, telling: Telling) -> None:
        async with self.store.write() as unit:
            await unit.topics.left_over(telling.workspace_id, telling.chat_id, at=self.clock.now())
            await unit.commit()

    async def _lost(self, telling: Telling, why: str) -> None:
        async with self.store.write() as unit:
            group = await unit.topics.group_in(telling.chat_id)
            if group is not None:
                await lose(unit, group, why, bot=self.bot.username, at=self.clock.now())
                await unit.commit()
