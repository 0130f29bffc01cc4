"""Closes the topic of a conversation that is done, and opens it again when the person writes or an operator
takes it up."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.chat.topics_lost import is_gone, is_so_already, lose, lost_because
from bot.tasks import Bell
from domain.conversations.topics import Topic
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

AT_ONCE: Final = 200
#: Between two looks where nobody rings, in seconds.
LOOK_AGAIN: Final = 30.0


@dataclass(kw_only=True)
class TopicTurner:
    """What is wanted stands in the conversations, and what is in `topics`; a kill in between turns one of
    them once more, which changes nothing."""

    bot: Bot
    store: Store[Unit]
    clock: Clock
    _bell: Bell = field(default_factory=Bell)

    def poke(self) -> None:
        self._bell.ring()

    async def run(self) -> None:
        while True:
            try:
                await self.flush()
            except Exception as error:
                log.error("topics not turned", exc_info=error)
            await self._bell.wait(LOOK_AGAIN)

    async def flush(self) -> None:
        """Once through those that stand otherwise than their conversation."""
        async with self.store.read() as unit:
            some = await unit.topics.to_turn(limit=AT_ONCE)
        groups = {topic.chat_id for topic in some}
        await asyncio.gather(
            *(self._turn_all([one for one in some if one.chat_id == chat]) for chat in groups)
        )

    async def _turn_all(self, some: Sequence[Topic]) -> None:
        """Of one group, which waits for itself only."""
        for topic in some:
            try:
                await self._turn(topic)
            except TelegramError as error:
                log.info("a topic is turned later", chat=topic.chat_id, error=type(error).__name__)
                return

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
