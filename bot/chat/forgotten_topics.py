"""Takes away the topic of somebody who was forgotten: nobody is at its other end any more."""

from collections.abc import Mapping
from typing import Any

import structlog
from telegram import Bot
from telegram.error import BadRequest

from bot.chat.topics_lost import is_gone, is_so_already

log = structlog.get_logger(__name__)


async def forget_topic(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> None:
    """A notice that says nothing. Deleting takes a right that topics do not need; without it the topic is
    closed."""
    thread_id = payload["thread_id"]
    try:
        await bot.delete_forum_topic(chat_id, thread_id)
    except BadRequest as error:
        if is_gone(error):
            return
        log.warning("a topic is closed, not deleted", chat=chat_id, why=error.message[:80])
        await _close(bot, chat_id, thread_id)


async def _close(bot: Bot, chat_id: int, thread_id: int) -> None:
    try:
        await bot.close_forum_topic(chat_id, thread_id)
    except BadRequest as error:
        if not is_so_already(error):
            raise
