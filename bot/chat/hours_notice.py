"""Active hours as a picture, sent as a notice."""

import asyncio
from collections.abc import Mapping
from typing import Any

from telegram import Bot
from telegram.constants import ParseMode

from bot.chat.notices import Send
from bot.chat.threads import asked_in
from bot.files.hours_picture import draw_hours
from bot.screens.hours_words import stands, week_text
from bot.texts import say
from domain.kernel.clock import Clock
from domain.kernel.ids import AccountId, WorkspaceId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit


def sender_of_hours(store: Store[Unit], clock: Clock) -> Send:
    async def picture(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int | None:
        """As they are when it is sent; nothing where the number is gone, or always open since."""
        async with store.read() as unit:
            space = await unit.operators.workspace(WorkspaceId(payload["workspace_id"]))
            account = await unit.accounts.known(AccountId(payload["account_id"]))
            hours = None if account is None else await unit.hours.of(account.id)
        if account is None or hours is None:
            return None
        now, lang = clock.now(), space.language
        content = await asyncio.to_thread(draw_hours, hours, number=account.number, now=now, language=lang)
        caption = say(
            "hours.picture.caption", lang, number=account.number, stands=stands(hours, now, lang),
            week=week_text(hours, now, lang, holidays=3),
        )  # fmt: skip
        message = await bot.send_photo(
            chat_id, content, caption=caption, parse_mode=ParseMode.HTML, message_thread_id=asked_in(payload)
        )
        return message.message_id

    return picture
