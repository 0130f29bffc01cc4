"""The calls to Telegram that a QR or a code takes: put it there, replace it in place, take it away."""

from typing import Any, Final

import structlog
from telegram import Bot, CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.chat.limiter import TELL_ME
from bot.chat.live_line import GONE
from bot.chat.view import Button, keyboard
from bot.texts import plain

log = structlog.get_logger(__name__)

HALF: Final = 4


def spaced(code: str) -> str:
    """`ABCD-EFGH`, as WhatsApp shows it on the phone."""
    return f"{code[:HALF]}-{code[HALF:]}"


class LinkingLine:
    """Raises what Telegram raises, a flood too: by then there is another QR."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        # Our limiter would wait a flood out by itself and then show a QR that has ended.
        limited = isinstance(bot, ExtBot) and bot.rate_limiter is not None
        self._now: dict[str, Any] = {"rate_limit_args": TELL_ME} if limited else {}

    async def put_qr(
        self, chat_id: int, message_id: int | None, picture: bytes, caption: str, cancel: Button
    ) -> int:
        """The picture, in place of the one before; its message."""
        markup = keyboard(((cancel,),))
        if message_id is not None:
            try:
                await self.bot.edit_message_media(
                    InputMediaPhoto(picture, caption=caption, parse_mode=ParseMode.HTML),
                    chat_id=chat_id, message_id=message_id, reply_markup=markup, **self._now,
                )  # fmt: skip
                return message_id
            except BadRequest as error:
                if not _is_gone(error):
                    raise
        sent = await self.bot.send_photo(
            chat_id, picture, caption=caption, parse_mode=ParseMode.HTML, reply_markup=markup, **self._now
        )
        return sent.message_id

    async def put_code(
        self, chat_id: int, message_id: int | None, code: str, text: str, cancel: Button, lang: str
    ) -> int:
        copy = InlineKeyboardButton(plain("linking.copy", lang), copy_text=CopyTextButton(code))
        cancelling = keyboard(((cancel,),))
        rows = cancelling.inline_keyboard if cancelling is not None else ()
        markup = InlineKeyboardMarkup([[copy], *rows])
        if message_id is not None:
            try:
                await self.bot.edit_message_text(
                    text, chat_id=chat_id, message_id=message_id, reply_markup=markup,
                    parse_mode=ParseMode.HTML, **self._now,
                )  # fmt: skip
                return message_id
            except BadRequest as error:
                if not _is_gone(error):
                    raise
        sent = await self.bot.send_message(
            chat_id, text, reply_markup=markup, parse_mode=ParseMode.HTML, **self._now
        )
        return sent.message_id

    async def take_away(self, chat_id: int, message_id: int) -> bool:
        """False where it has to be tried again; one that cannot be taken away is left."""
        try:
            await self.bot.delete_message(chat_id, message_id)
        except BadRequest as error:
            log.info("message of a linking stays", chat=chat_id, why=error.message[:80])
        except TelegramError as error:
            log.info("message of a linking not taken away yet", chat=chat_id, error=type(error).__name__)
            return False
        return True


def _is_gone(error: BadRequest) -> bool:
    return any(sign in error.message.lower() for sign in GONE)
