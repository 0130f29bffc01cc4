"""Shows operators how far their answers got: a small message below theirs, edited as news comes in."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

import structlog
from telegram import Bot, ReplyParameters
from telegram.error import BadRequest, Forbidden

from bot.chat.by_chat import ByChat
from bot.screens.talk_parts import name_of, tick
from bot.tasks import TaskOwner
from bot.texts import Html, say
from domain.delivery.store import DirectState, Tick
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.ids import DirectId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

AT_ONCE: Final = 100
#: Between two looks, in seconds: what changes faster is shown together.
LOOK_AGAIN: Final = 1.0
NOT_MODIFIED: Final = "not modified"


class Ticks:
    """A kill between sending and keeping shows one of them twice."""

    def __init__(self, bot: Bot, store: Store[Unit], clock: Clock, tasks: TaskOwner) -> None:
        self.bot, self.store = bot, store
        #: Sent, but the store had no room to say so: not sent again by this process.
        self._unrecorded: dict[DirectId, int | None] = {}
        chats: ByChat[Tick] = ByChat(
            "ticks", tasks, clock, find=self._find, chat_of=lambda one: one.direct.chat_id,
            show=self._show, look=LOOK_AGAIN,
        )  # fmt: skip
        self.poke, self.run, self.flush = chats.poke, chats.run, chats.flush

    async def _find(self, without: Collection[int]) -> Sequence[Tick]:
        async with self.store.read() as unit:
            return await unit.delivery.ticks(limit=AT_ONCE, without=without)

    async def _show(self, one: Tick) -> None:
        id, chat_id = one.direct.id, one.direct.chat_id
        if one.tick_id is None:
            one = replace(one, tick_id=self._unrecorded.get(id))
        message_id = one.tick_id
        if chat_id is not None:
            try:
                message_id = await self._put(one, chat_id)
            except (BadRequest, Forbidden, NotFound) as error:
                log.info("a tick is not shown", chat=chat_id, error=type(error).__name__)
        self._unrecorded[id] = message_id
        async with self.store.write() as unit:
            await unit.delivery.tick_shown(id, one.direct.state, tick_id=message_id)
            await unit.commit()
        del self._unrecorded[id]

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
