"""Closes the topic of a conversation that is done, and opens it again when the person writes or an operator
answers."""

from collections.abc import Collection, Sequence
from typing import Final

import structlog
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.chat.by_chat import ByChat
from bot.chat.topics_lost import is_gone, is_so_already, lose, lost_because
from bot.tasks import TaskOwner
from domain.conversations.topics import Topic
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

AT_ONCE: Final = 200
#: Between two looks where nobody rings, in seconds.
LOOK_AGAIN: Final = 30.0


class TopicTurner:
    """What is wanted stands in the conversations, and what is in `topics`; a kill in between turns one of
    them once more, which changes nothing."""

    def __init__(self, bot: Bot, store: Store[Unit], clock: Clock, tasks: TaskOwner) -> None:
        self.bot, self.store, self.clock = bot, store, clock
        chats: ByChat[Topic] = ByChat(
            "topics", tasks, clock, find=self._find, chat_of=lambda topic: topic.chat_id, show=self._turn,
            look=LOOK_AGAIN,
        )  # fmt: skip
        self.poke, self.run, self.flush = chats.poke, chats.run, chats.flush

    async def _find(self, without: Collection[int]) -> Sequence[Topic]:
        async with self.store.read() as unit:
            return await unit.topics.to_turn(limit=AT_ONCE, without=without)

    async def _turn(self, topic: Topic) -> None:
        turn = self.bot.reopen_forum_topic if topic.is_closed else self.bot.close_forum_topic
        try:
            await turn(topic.chat_id, topic.thread_id)
        except TelegramError as error:
            if (why := lost_because(error)) is not None:
                await self._lost(topic, why)
                return
            if not isinstance(error, BadRequest):
                raise
            if is_gone(error):
                await self._gone(topic)
                return
            if not is_so_already(error):
                log.warning("a topic cannot be turned", chat=topic.chat_id, why=error.message[:80])
        async with self.store.write() as unit:
            await unit.topics.turned(topic.chat_id, topic.thread_id, is_closed=not topic.is_closed)
            await unit.commit()

    async def _gone(self, topic: Topic) -> None:
        async with self.store.write() as unit:
            await unit.topics.gone(topic.chat_id, topic.thread_id)
            await unit.commit()

    async def _lost(self, topic: Topic, why: str) -> None:
        async with self.store.write() as unit:
            group = await unit.topics.group_in(topic.chat_id)
            if group is not None:
                await lose(unit, group, why, bot=self.bot.username, at=self.clock.now())
                await unit.commit()
