"""A per-chat limiter of our own.

python-telegram-bot's AIORateLimiter has no limit for a private chat, and one chat's 429 held every other
chat for seconds (measured). Here each chat waits for itself only.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from telegram import Bot
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter, ExtBot

#: Messages a second in one chat (bursts of BURST pass); Telegram allows about one.
CHAT_RATE: Final = 1.0
BURST: Final = 6.0
#: The same in a group, where Telegram lets about 20 through in any minute: BURST + 60 x RATE, no more.
GROUP_RATE: Final = 0.25
GROUP_BURST: Final = 5.0
#: Over all chats; Telegram allows about 30.
ALL_RATE: Final = 28.0
#: A wait longer than this is handed back to the caller, who knows whether it is still worth it.
LONGEST_WAIT: Final = 300.0
#: Calls that put no message into a chat are not counted.
FREE: Final = frozenset(
    {
        "getUpdates", "answerCallbackQuery", "getFile", "getMe", "sendChatAction", "deleteMessage",
        "pinChatMessage", "unpinChatMessage",
    }
)  # fmt: skip
CHATS_REMEMBERED: Final = 10_000
#: `rate_limit_args` of whoever wants to be told of a flood rather than have it waited out. Not 0: that,
#: python-telegram-bot takes for none at all.
TELL_ME: Final = 1


def not_waited_out(bot: Bot) -> dict[str, Any]:
    """To be handed to a method of `bot` whose content can be read only once: after a flood that is raised
    the whole is done anew."""
    limited = isinstance(bot, ExtBot) and bot.rate_limiter is not None
    return {"rate_limit_args": TELL_ME} if limited else {}


class Bucket:
    """A token bucket; `reserve` answers how long to wait, in seconds, and never waits itself."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self.tokens, self.at = burst, now
        self.closed_until = now

    def reserve(self, now: float) -> float:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        self.tokens -= 1
        wait = 0.0 if self.tokens >= 0 else -self.tokens / self.rate
        return max(wait, self.closed_until - now)

    def close(self, until: float) -> None:
        self.closed_until = max(self.closed_until, until)


class Waits(Protocol):
    """Who counts them."""

    def telegram_waited(self, seconds: float, *, in_group: bool) -> None: ...

    def telegram_flooded(self) -> None: ...


class ChatLimiter(BaseRateLimiter[int]):
    """Paces every call by its chat, and waits out a 429 for that chat alone, once. `told`: who counts it."""

    def __init__(
        self, *, chat_rate: float = CHAT_RATE, burst: float = BURST, all_rate: float = ALL_RATE,
        group_rate: float = GROUP_RATE, group_burst: float = GROUP_BURST, told: Waits | None = None,
    ) -> None:  # fmt: skip
        self.chat_rate, self.burst = chat_rate, burst
        self.group_rate, self.group_burst = group_rate, group_burst
        self.all = Bucket(all_rate, all_rate, 0.0)
        self.chats: dict[object, Bucket] = {}
        self._told = told

    async def initialize(self) -> None:
        self.all.at = _now()

    async def shutdown(self) -> None:
        self.chats.clear()

    def _bucket(self, chat: object) -> Bucket:
        bucket = self.chats.pop(chat, None) or self._new_bucket(chat)
        self.chats[chat] = bucket
        if len(self.chats) > CHATS_REMEMBERED:
            self.chats.pop(next(iter(self.chats)))
        return bucket

    def _new_bucket(self, chat: object) -> Bucket:
        if _is_group(chat):
            return Bucket(self.group_rate, self.group_burst, _now())
        return Bucket(self.chat_rate, self.burst, _now())

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        chat = data.get("chat_id")
        if endpoint in FREE or chat is None:
            return await callback(*args, **kwargs)
        bucket = self._bucket(chat)
        await self._turn(chat, bucket)
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as flood:
            wait = _seconds(flood)
            if self._told is not None:
                self._told.telegram_flooded()
            bucket.close(_now() + wait)
            if wait > LONGEST_WAIT or rate_limit_args == TELL_ME:
                raise
            await asyncio.sleep(wait)
            return await callback(*args, **kwargs)

    async def _turn(self, chat: object, bucket: Bucket) -> None:
        wait = max(0.0, bucket.reserve(_now()), self.all.reserve(_now()))
        if self._told is not None:
            self._told.telegram_waited(wait, in_group=_is_group(chat))
        await asyncio.sleep(wait)


def _is_group(chat: object) -> bool:
    """A group's number is below zero."""
    return isinstance(chat, int) and chat < 0


def _seconds(flood: RetryAfter) -> float:
    wait = flood.retry_after
    return float(wait) if isinstance(wait, int | float) else wait.total_seconds()


def _now() -> float:
    return asyncio.get_running_loop().time()
