"""A live message in a chat, and Telegram as far as it goes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from telegram import Bot
from telegram.error import Forbidden, TelegramError

from bot.chat.progress import Progress
from bot.tasks import TaskOwner
from domain.campaigns import service
from domain.delivery.model import Progress as How
from domain.delivery.ports import Accepted, ReceiptNews
from domain.delivery.recipients import learn
from domain.kernel.ids import AccountId, AttemptKey, CampaignId, WorkspaceId
from domain.operators.chat import ProgressMessage
from domain.scheduler.timers import desk_of
from storage.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.stores import (
    NOW,
    a_list,
    a_member,
    a_running_campaign,
    a_workspace,
    an_account,
    open_store,
)

CHAT, OTHER = 1001, 1002
LATER = NOW + timedelta(minutes=10)


@dataclass
class Sent:
    message_id: int


@dataclass
class FakeTelegram:
    """Remembers calls; `errors` are raised by the next calls of that name."""

    calls: list[tuple[str, int, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    errors: dict[str, list[TelegramError]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    gate: asyncio.Event | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    next_id: int = 500

    async def _call(self, name: str, chat_id: int, about: Any) -> None:
        if self.gate is not None and chat_id == CHAT:
            await self.gate.wait()
        self.calls.append((name, chat_id, about))
        self.heard.set()
        if chat_id in self.blocked:
            raise Forbidden("bot was blocked by the user")
        if self.errors.get(name):
            raise self.errors[name].pop(0)

    async def send_message(self, chat_id: int, text: str, **more: Any) -> Sent:
        self.texts.append(text)
        await self._call("send", chat_id, more["disable_notification"])
        self.next_id += 1
        return Sent(self.next_id)

    async def edit_message_text(self, text: str, *, chat_id: int, message_id: int, **more: Any) -> None:
        self.texts.append(text)
        await self._call("edit", chat_id, message_id)

    async def pin_chat_message(self, chat_id: int, message_id: int, *, disable_notification: bool) -> None:
        assert disable_notification
        await self._call("pin", chat_id, message_id)

    async def unpin_chat_message(self, chat_id: int, message_id: int) -> None:
        await self._call("unpin", chat_id, message_id)

    def names(self) -> list[str]:
        return [name for name, _, _ in self.calls]


@dataclass
class Live:
    """A running campaign of five with a live message asked for in one chat."""

    store: Database
    home: WorkspaceId
    account: AccountId
    campaign: CampaignId
    clock: FakeClock
    telegram: FakeTelegram
    progress: Progress
    keys: list[AttemptKey] = field(default_factory=list)

    async def ask(self, chat_id: int, campaign: CampaignId | None = None) -> None:
        async with self.store.write() as unit:
            await unit.chat.save_progress_message(
                ProgressMessage(
                    campaign_id=campaign or self.campaign, chat_id=chat_id, message_id=None, shown="",
                    edited_at=None, edits=0,
                )
            )  # fmt: skip
            await unit.commit()

    async def send(self, people: int = 1) -> None:
        """So many leave and are accepted."""
        async with self.store.write() as unit:
            claims, _ = await unit.delivery.claim(
                self.campaign, self.account, desk="d", owner="o", now=self.clock.now(),
                lease_until=LATER, limit=people,
            )  # fmt: skip
            learned = [learn(c, Accepted(f"p{c.recipient_id}"), now=self.clock.now()) for c in claims]
            await unit.delivery.record(learned, now=self.clock.now())
            await unit.commit()
        self.keys += [claim.key for claim in claims]
        self._hint(at_once=False)

    async def receipt(self, how: How = How.DELIVERED) -> None:
        """The first message that left got this far."""
        async with self.store.write() as unit:
            news = ReceiptNews(key=self.keys[0], progress=how, at=self.clock.now())
            await unit.delivery.receipts(self.account, [news])
            await unit.commit()
        self._hint(at_once=False)

    async def step(self, name: str) -> None:
        async with self.store.write() as unit:
            known = await unit.campaigns.any(self.campaign)
            verb = getattr(service, name)
            await verb(desk_of(unit), known, expected=known.version, at=self.clock.now())
            await unit.commit()
        self._hint(at_once=True)

    def _hint(self, *, at_once: bool) -> None:
        """What `run` does with a hint, without its waiting."""
        chat = self.progress._chats[CHAT]
        self.progress._plan(chat, self.campaign, self.clock.now(), at_once=at_once)

    async def tick(self, chat_id: int = CHAT) -> datetime | None:
        return await self.progress.tick(chat_id)

    async def after(self, seconds: float) -> datetime | None:
        self.clock.advance(seconds=seconds)
        return await self.tick()

    async def row(self, chat_id: int = CHAT) -> ProgressMessage | None:
        async with self.store.read() as unit:
            rows = await unit.chat.progress_messages()
        return next((row for row in rows if row.chat_id == chat_id), None)


@asynccontextmanager
async def a_live_message(folder: Path) -> AsyncIterator[Live]:
    async with open_store(folder) as store, TaskOwner() as tasks:
        async with store.write() as unit:
            home = await a_workspace(unit)
            member = await a_member(unit, home)
            account = await an_account(unit, home)
            people = await a_list(unit, home, 5)
            campaign = await a_running_campaign(unit, home, member, account, people)
            await unit.commit()
        clock, telegram = FakeClock(NOW), FakeTelegram()
        progress = Progress(store, cast(Bot, telegram), clock, tasks)
        made = Live(store, home, account, campaign, clock, telegram, progress)
        await made.ask(CHAT)
        yield made
