"""Says that the store takes nothing now: without it, a full disk looks like a bot that has died."""

from collections.abc import Iterable

import structlog
from telegram import Bot
from telegram.error import TelegramError

from bot.texts import say

log = structlog.get_logger(__name__)

#: Chats told in one outage; more would be a flood of its own.
MOST_TOLD = 100


class NoRoom:
    """Once a chat and outage. What could not be stored is still with Telegram, or waits in the inbox."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._told: set[int] = set()

    async def tell(self, chats: Iterable[int]) -> None:
        for chat in set(chats) - self._told - {0}:
            if len(self._told) >= MOST_TOLD:
                return
            self._told.add(chat)
            try:
                await self.bot.send_message(chat, say("no_room", "en"))
            except TelegramError as silence:
                log.info("no room, and not told", error=type(silence).__name__)

    def over(self) -> None:
        """Something could be stored again."""
        self._told.clear()
