"""The calls to Telegram that a live message takes: edit or send, pin, unpin."""

from typing import Any, Final

import structlog
from telegram import Bot, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.chat.limiter import TELL_ME
from domain.operators.chat import ProgressMessage

log = structlog.get_logger(__name__)

#: How Telegram says that a message to be edited is not there any more.
GONE: Final = ("message to edit not found", "message_id_invalid", "message can't be edited")


class LiveLine:
    """Talks to Telegram for live messages; raises what it raises, save for pins."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        # Our limiter would wait a flood out by itself and then send a text that is old by then.
        limited = isinstance(bot, ExtBot) and bot.rate_limiter is not None
        self._now: dict[str, Any] = {"rate_limit_args": TELL_ME} if limited else {}

    async def put(
        self, message: ProgressMessage, text: str, markup: InlineKeyboardMarkup | None, *, anew: bool
    ) -> int | None:
        """Edit it, or send it (silently) where there is none. Returns its id.

        One that was taken out of the chat is sent again if `anew`; else the answer is None.
        """
        if message.message_id is not None:
            try:
                await self.bot.edit_message_text(
                    text, chat_id=message.chat_id, message_id=message.message_id, reply_markup=markup,
                    parse_mode=ParseMode.HTML, **self._now,
                )  # fmt: skip
                return message.message_id
            except BadRequest as error:
                why = error.message.lower()
                if "not modified" in why:
                    return message.message_id
                if not any(sign in why for sign in GONE):
                    raise
                if not anew:
                    return None
        sent = await self.bot.send_message(
            message.chat_id, text, reply_markup=markup, parse_mode=ParseMode.HTML,
            disable_notification=True, **self._now,
        )  # fmt: skip
        return sent.message_id

    async def pin(self, chat_id: int, message_id: int) -> None:
        """As well as it goes: a live message that is not pinned is still live."""
        try:
            await self.bot.pin_chat_message(chat_id, message_id, disable_notification=True, **self._now)
        except TelegramError as error:
            log.info("not pinned", chat=chat_id, error=type(error).__name__)

    async def unpin(self, chat_id: int, message_id: int) -> None:
        try:
            await self.bot.unpin_chat_message(chat_id, message_id, **self._now)
        except TelegramError as error:
            log.info("not unpinned", chat=chat_id, error=type(error).__name__)
