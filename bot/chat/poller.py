"""Takes updates from Telegram: stored first, confirmed after.

`run_polling` confirms a batch by asking for the next one, whatever became of its handling: 401 of 500
waiting updates were lost to a kill -9 (measured). And one update that does not parse made it loop. So we
poll raw, store, and only then ask past what is stored.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.chat.asked import questions
from bot.chat.no_room import NoRoom
from bot.chat.sealed_updates import SealedUpdates
from bot.chat.secret_texts import may_hold_secret
from bot.vault import Vault
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.operators.chat import InboxUpdate, Json
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

WANTED: Final = ["message", "callback_query", "pre_checkout_query", "my_chat_member"]
LONG_POLL_SECONDS: Final = 25
#: How long the first polls wait, in seconds. The first for nothing: whether Telegram answers, and what has
#: waited there meanwhile, is known at once. The others for little: a newcomer on a token that is polled
#: already is told so within them.
PROBING_POLLS: Final = (0, 2, 2, 2)
LONGEST_BACKOFF: Final = 15.0
#: What moves money is never sealed: it has to be worked whatever becomes of a key.
MONEY: Final = frozenset({"successful_payment", "refunded_payment"})


class TokenInUse(Exception):
    """Another program polls with this token."""


class TokenRefused(Exception):
    """Telegram does not know the token (any more)."""


def lane_key(update: dict[str, Any]) -> int:
    """The chat an update belongs to, so that one chat's updates stay in order."""
    for body in update.values():
        if isinstance(body, dict):
            message = body.get("message", body)
            chat = message.get("chat") if isinstance(message, dict) else None
            who = chat or body.get("from")
            if isinstance(who, dict) and isinstance(who.get("id"), int):
                return int(who["id"])
    return 0


def goes_ahead(row: InboxUpdate) -> bool:
    """Telegram waits ten seconds for a pre-checkout: it is no part of any lane."""
    return "pre_checkout_query" in row.payload


class Poller:
    """`deliver` takes an update and does not wait for what is before it; `ahead` takes pre-checkouts.
    `vault`: seals those in which a secret may stand."""

    def __init__(
        self,
        bot: Bot,
        store: Store[Unit],
        clock: Clock,
        vault: Vault,
        deliver: Callable[[InboxUpdate], Awaitable[None]],
        ahead: Callable[[InboxUpdate], None] | None = None,
    ) -> None:
        self.bot, self.store, self.clock, self.deliver, self.ahead = bot, store, clock, deliver, ahead
        self.sealed = SealedUpdates(vault)
        self.no_room = NoRoom(bot)
        self.last_good_poll: datetime | None = None
        #: How often Telegram was asked, with an answer that is kept, and without.
        self.polls_answered = self.polls_failed = 0
        self._offset = 0
        self._polls = 0

    async def run(self) -> None:
        """Poll until cancelled. Raises TokenInUse (early on) or TokenRefused."""
        backoff, left_over = 1.0, True
        while True:
            try:
                if left_over:
                    await self.deliver_left_over()
                    left_over = False
                await self._poll()
                backoff = 1.0
                continue
            except RetryAfter as flood:
                backoff = max(backoff, _seconds(flood))
            except Conflict as conflict:
                if self._polls <= len(PROBING_POLLS):
                    raise TokenInUse from conflict
                log.warning("another program polls with this token")
            except InvalidToken as error:
                raise TokenRefused from error
            except TelegramError as error:
                log.warning("poll failed", error=type(error).__name__, wait=backoff)
            except Exception as error:
                # A full disk, say: nothing was confirmed, so Telegram keeps it all until there is room.
                log.error("updates not stored", wait=backoff, exc_info=error)
            self.polls_failed += 1
            await asyncio.sleep(backoff)
            backoff = min(LONGEST_BACKOFF, backoff * 2)

    async def deliver_left_over(self) -> None:
        """Hand on what is stored and not worked: after a crash, or once a full disk has room again."""
        await self._hand_on(await self._waiting())

    async def left_in_lanes(self) -> Sequence[InboxUpdate]:
        """What the lanes still have to work, in order of arrival."""
        return [row for row in await self._waiting() if not goes_ahead(row)]

    async def _waiting(self) -> Sequence[InboxUpdate]:
        async with self.store.read() as unit:
            return await unit.chat.waiting_updates(self.bot.id)

    async def _hand_on(self, rows: Sequence[InboxUpdate]) -> None:
        if self.ahead is not None:
            for row in filter(goes_ahead, rows):
                self.ahead(row)
            rows = [row for row in rows if not goes_ahead(row)]
        for row in rows:
            await self.deliver(row)

    async def _poll(self) -> None:
        wait = PROBING_POLLS[self._polls] if self._polls < len(PROBING_POLLS) else LONG_POLL_SECONDS
        self._polls += 1
        raw = await self.bot.do_api_request(
            "getUpdates",
            api_kwargs={"offset": self._offset, "timeout": wait, "limit": 100, "allowed_updates": WANTED},
            read_timeout=wait + 10,
        )
        updates = [u for u in raw if isinstance(u, dict) and isinstance(u.get("update_id"), int)]
        if updates:
            try:
                await self.accept(updates)
            except Exception:
                await self.no_room.tell(lane_key(update) for update in updates)
                raise
            self.no_room.over()
            self._offset = updates[-1]["update_id"] + 1
        self.last_good_poll = self.clock.now()
        self.polls_answered += 1

    async def accept(self, updates: Sequence[dict[str, Any]]) -> None:
        """Store what is new, then hand it on. A full disk raises here, before anything is confirmed."""
        async with self.store.write(leads=True) as unit:
            kept = [(u["update_id"], lane_key(u), await self._kept(unit, u)) for u in updates]
            fresh = await unit.chat.add_updates(self.bot.id, kept, at=self.clock.now())
            await unit.commit()
        await self._hand_on(fresh)

    async def _kept(self, unit: Unit, update: dict[str, Any]) -> Json:
        message = update.get("message")
        if not isinstance(message, dict) or MONEY & message.keys():
            return update
        open_now = [None, *await questions(unit, lane_key(update))]
        secret = any(may_hold_secret(message, asked) for asked in open_now)
        return self.sealed.close(update) if secret else update


def _seconds(flood: RetryAfter) -> float:
    wait = flood.retry_after
    return float(wait) if isinstance(wait, int | float) else wait.total_seconds()
