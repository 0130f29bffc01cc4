"""Shows operators how far their answers got: a small message below theirs, edited as news comes in."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from telegram import Bot, ReplyParameters
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.chat.notices import span_of
from bot.screens.talk_parts import name_of, tick
from bot.tasks import Bell
from bot.texts import Html, say
from domain.delivery.store import DirectState, Tick
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

AT_ONCE: Final = 100
#: Between two looks, in seconds: what changes faster is shown together.
LOOK_AGAIN: Final = 1.0
#: After a failure a chat rests this long.
REST: Final = timedelta(seconds=10)
NOT_MODIFIED: Final = "not modified"


@dataclass(kw_only=True)
class Ticks:
    """A kill between sending and keeping shows one of them twice."""

    bot: Bot
    store: Store[Unit]
    clock: Clock
    _bell: Bell = field(default_factory=Bell)
    #: Chats that are to be left alone until then.
    _resting: dict[int, datetime] = field(default_factory=dict)

    def poke(self) -> None:
        self._bell.ring()

    async def run(self) -> None:
        while True:
            try:
                await self.flush()
            except Exception as error:
                log.error("ticks not shown", exc_info=error)
            await self._bell.wait(LOOK_AGAIN)

    async def flush(self) -> None:
        """Once through all that is not shown as it is."""
        async with self.store.read() as unit:
            some = await unit.delivery.ticks(limit=AT_ONCE)
        by_chat: defaultdict[int | None, list[Tick]] = defaultdict(list)
        for one in some:
            by_chat[one.direct.chat_id].append(one)
        await asyncio.gather(*(self._show_all(those) for those in by_chat.values()))

    async def _show_all(self, some: Sequence[Tick]) -> None:
        """Of one chat, which waits for itself only: a group is written to slowly."""
        for one in some:
            await self._show(one)

    async def _show(self, one: Tick) -> None:
        chat_id, now = one.direct.chat_id, self.clock.now()
        if chat_id is not None and self._resting.get(chat_id, now) > now:
            return
        message_id = one.tick_id
        if chat_id is not None:
            try:
                message_id = await self._put(one, chat_id)
            except RetryAfter as flood:
                self._resting[chat_id] = now + span_of(flood)
                return
            except (BadRequest, Forbidden, NotFound) as error:
                log.info("a tick is not shown", chat=chat_id, error=type(error).__name__)
            except TelegramError as error:
                log.info("a tick is shown later", chat=chat_id, error=type(error).__name__)
                self._resting[chat_id] = now + REST
                return
        async with self.store.write() as unit:
            await unit.delivery.tick_shown(one.direct.id, one.direct.state, tick_id=message_id)
            await unit.commit()

    async def _put(self, one: Tick, chat_id: int) -> int:
        text, before = await self._text(one, one.direct.state), None
        if one.shown is not None:
            before = await self._text(one, one.shown)
        if one.tick_id is None:
            reply = None if one.asked_by is None else ReplyParameters(
                one.asked_by, allow_sending_without_reply=True
            )  # fmt: skip
            sent = await self.bot.send_message(
                chat_id, text, reply_parameters=reply, message_thread_id=one.thread_id,
                disable_notification=True,
            )  # fmt: skip
            return sent.message_id
        if text != before:
            try:
                await self.bot.edit_message_text(text, chat_id=chat_id, message_id=one.tick_id)
            except BadRequest as error:
                if NOT_MODIFIED not in error.message:
                    raise
        return one.tick_id

    async def _text(self, one: Tick, state: DirectState) -> Html:
        direct = one.direct
        async with self.store.read() as unit:
            space = await unit.operators.workspace(direct.workspace_id)
            whose = direct.number
            if direct.conversation_id is not None:
                whose = name_of(await unit.conversations.conversation(space.id, direct.conversation_id))
        shown = tick(state, direct.reason, space.language)
        said = state in {DirectState.FAILED, DirectState.UNKNOWN}
        return say("tick.to.said" if said else "tick.to", space.language, tick=shown, name=whose)
