"""What somebody who is out of a workspace gets: the word that they are, and its live messages taken away."""

from collections.abc import Mapping
from typing import Any

import structlog
from telegram import Bot
from telegram.error import BadRequest

from bot.texts import plain

log = structlog.get_logger(__name__)


async def farewell(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int:
    """A message too old to be deleted (after 48 hours Telegram keeps it) loses what it says, and its pin."""
    for message_id in payload["live"]:
        try:
            await bot.delete_message(chat_id, message_id)
        except BadRequest:
            await _emptied(bot, chat_id, message_id, plain("notice.live.gone", payload["language"]))
    message = await bot.send_message(chat_id, payload["text"])
    return message.message_id


async def _emptied(bot: Bot, chat_id: int, message_id: int, words: str) -> None:
    try:
        await bot.edit_message_text(words, chat_id=chat_id, message_id=message_id)
        await bot.unpin_chat_message(chat_id, message_id)
    except BadRequest as error:
        log.info("live message stays", chat=chat_id, error=error.message[:80])
