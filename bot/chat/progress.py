"""The live message of every campaign at work, one in each chat that asked for it: pinned until the end, and
kept up to date for an hour after it, because people go on reading.

What it shows is read off the database each time, and what was shown is kept in a table, so that a restart
goes on editing the same message. Hints (`changed`) only say when to look; a lost one is made up for by
looking now and then anyway.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.chat.anew import or_anew
from bot.chat.live_line import LiveLine
from bot.chat.receivers import Receiver, receiver
from bot.chat.view import keyboard
from bot.screens.campaign_card import Card, card_of, card_text, digest, live_rows
from bot.tasks import TaskOwner
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.ids import CampaignId
from domain.kernel.unit import Store
from domain.operators.chat import ProgressMessage
from domain.operators.model import Workspace
from domain.pacing.rules import Caps
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: (edits up to this many, this long after the last one).
SCHEDULE: Final = ((12, timedelta(seconds=5)), (24, timedelta(seconds=15)))
SLOWEST: Final = timedelta(seconds=60)
#: A hint may come from inside a transaction that is about to commit: look soon, and again.
LOOKS: Final = (timedelta(seconds=0.2), timedelta(seconds=1.5), timedelta(seconds=6))
#: Without any hint each message is looked at after this long.
LONGEST_BLIND: Final = timedelta(seconds=60)
#: After a dead network or a fault, the next try.
PAUSE: Final = timedelta(seconds=15)
DEFAULT_CAPS: Final = Caps()
#: An ended campaign's message follows late receipts (delivered, read, replied) for so long after the end.
LINGER: Final = timedelta(hours=1)


def gap_after(edits: int) -> timedelta:
    """How long a message that was edited so often is left alone: 5 s at first, then 15, then 60."""
    return next((gap for most, gap in SCHEDULE if edits < most), SLOWEST)


def next_edit_at(
    edits: int,
    edited_at: datetime | None,
    *,
    now: datetime,
    at_once: bool = False,
    closed_until: datetime | None = None,
) -> datetime:
    """When a message that has something new to show may be edited.

    A change of state goes at once, but nothing goes before `closed_until`, when Telegram opens the chat
    again. A clock that was set back must not freeze a message: no wait is longer than its gap.
    """
    due = now
    if not at_once and edited_at is not None:
        gap = gap_after(edits)
        due = min(edited_at + gap, now + gap)
    return max(due, closed_until) if closed_until is not None else due


@dataclass(slots=True)
class _Chat:
    """What is known of one chat between two looks; losing it loses nothing."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    closed_until: datetime | None = None
    changed: set[CampaignId] = field(default_factory=set)
    looks: dict[CampaignId, list[datetime]] = field(default_factory=dict)
    looked: dict[CampaignId, datetime] = field(default_factory=dict)
    #: Campaigns whose end this process has shown and whose message it has unpinned.
    ended: set[CampaignId] = field(default_factory=set)
    task: "asyncio.Task[None] | None" = None


class Progress:
    """Keeps live messages live. One chat's waiting never holds up another's: each has its own task."""

    def __init__(
        self, store: Store[Unit], bot: Bot, clock: Clock, tasks: TaskOwner, caps: Caps = DEFAULT_CAPS
    ) -> None:
        self.store, self.clock, self.tasks, self.caps = store, clock, tasks, caps
        self.line = LiveLine(bot)
        self._chats: defaultdict[int, _Chat] = defaultdict(_Chat)
        self._hints: dict[CampaignId, bool] = {}
        self._hinted = asyncio.Event()
        #: Hints for campaigns without a message, kept a little: the message may be just being committed.
        self._early: dict[CampaignId, datetime] = {}
        #: Messages of chats that blocked the bot or are gone; not tried again by this process.
        self._given_up: set[tuple[CampaignId, int]] = set()

    def changed(self, campaign_id: CampaignId, at_once: bool = False) -> None:
        """A hint that something about a campaign changed; its state, if `at_once`."""
        self._hints[campaign_id] = self._hints.get(campaign_id, False) or at_once
        self._hinted.set()

    async def run(self) -> None:
        """Hand hints to the chats they concern, for ever."""
        while True:
            self._hinted.clear()
            try:
                await self._spread()
            except Exception as error:
                log.error("progress", exc_info=error)
            wait = LOOKS[0] if self._early else LONGEST_BLIND
            await _until_set(self._hinted, wait.total_seconds())

    async def _spread(self) -> None:
        """A hint reaches every chat with a message of that campaign; a chat that sleeps is woken."""
        now = self.clock.now()
        hints, self._hints = self._hints, {}
        early = {id: until for id, until in self._early.items() if until > now}
        early.update({id: now + LOOKS[-1] for id, at_once in hints.items() if at_once})
        hints |= dict.fromkeys(early, True)
        for message in await self._open():
            chat = self._chats[message.chat_id]
            if message.campaign_id in hints:
                early.pop(message.campaign_id, None)
                self._plan(chat, message.campaign_id, now, at_once=hints[message.campaign_id])
            if chat.task is None or chat.task.done():
                name = f"progress-{message.chat_id}"
                chat.task = self.tasks.start(name, self._follow(message.chat_id))
        self._early = early

    def _plan(self, chat: _Chat, id: CampaignId, now: datetime, *, at_once: bool) -> None:
        chat.changed.add(id)
        if at_once:
            chat.looks[id] = [now, *(now + look for look in LOOKS)]
        chat.woken.set()

    async def _open(self, chat_id: int | None = None) -> Sequence[ProgressMessage]:
        async with self.store.read() as unit:
            messages = await unit.chat.progress_messages()
        return [
            message
            for message in messages
            if (message.campaign_id, message.chat_id) not in self._given_up
            and chat_id in (None, message.chat_id)
        ]

    async def _follow(self, chat_id: int) -> None:
        """Look after one chat until it has no live message any more."""
        chat = self._chats[chat_id]
        while True:
            chat.woken.clear()
            try:
                wake_at = await self.tick(chat_id)
            except Exception as error:
                log.error("progress of a chat", chat=chat_id, exc_info=error)
                wake_at = self.clock.now() + PAUSE
            if wake_at is None:
                return
            await _until_set(chat.woken, (wake_at - self.clock.now()).total_seconds())

    async def tick(self, chat_id: int) -> datetime | None:
        """Show what is due in a chat. Returns when to come back, None when no live message is left."""
        chat = self._chats[chat_id]
        for message in await self._open(chat_id):
            now = self.clock.now()
            if self._due(chat, message, now) <= now:
                await self._look(chat, message, now)
        now = self.clock.now()
        return min((self._due(chat, message, now) for message in await self._open(chat_id)), default=None)

    def _due(self, chat: _Chat, message: ProgressMessage, now: datetime) -> datetime:
        """When a message is to be looked at next."""
        id = message.campaign_id
        when = [min(chat.looked[id], now) + LONGEST_BLIND] if id in chat.looked else [now]
        if message.message_id is None:
            when.append(now)
        if id in chat.changed:
            when.append(self._edit_at(chat, message, now))
        when += chat.looks.get(id, [])[:1]
        return next_edit_at(0, None, now=min(when), closed_until=chat.closed_until)

    def _edit_at(
        self, chat: _Chat, message: ProgressMessage, now: datetime, *, at_once: bool = False
    ) -> datetime:
        """After the end only late receipts come: the slowest pace does."""
        edits = SCHEDULE[-1][0] if message.campaign_id in chat.ended else message.edits
        return next_edit_at(edits, message.edited_at, now=now, at_once=at_once)

    async def _look(self, chat: _Chat, message: ProgressMessage, now: datetime) -> None:
        """Read how it stands, and show it if that is news and its time has come."""
        id = message.campaign_id
        chat.looked[id] = now
        chat.looks[id] = [look for look in chat.looks.get(id, []) if look > now]
        chat.changed.discard(id)
        async with self.store.read() as unit:
            try:
                campaign = await unit.campaigns.any(id)
                home = await unit.operators.workspace(campaign.workspace_id)
                card = await card_of(unit, campaign, caps=self.caps, now=now)
                who = await receiver(unit, message.chat_id, home.id)
            except NotFound:
                self._given_up.add((id, message.chat_id))
                return
        try:
            await self._show(chat, message, card, home, who, now)
        except TelegramError as error:
            await self._refused(chat, message, error, now)

    async def _show(
        self, chat: _Chat, message: ProgressMessage, card: Card, home: Workspace, who: Receiver, now: datetime
    ) -> None:
        rows = who.buttons(live_rows(card, home.language))
        # What they may press is part of what is shown: it changes with their role.
        shown = f"{digest(card, home.language)}:{sum(map(len, rows))}{'+' if who.several else ''}"
        state_changed = shown.partition(":")[0] != message.shown.partition(":")[0]
        if message.message_id is None or shown != message.shown:
            due = self._edit_at(chat, message, now, at_once=state_changed)
            if message.message_id is not None and due > now:
                chat.changed.add(message.campaign_id)
                return
            text = card_text(card, zone=ZoneInfo(home.zone), now=now, language=home.language)
            text = who.named(text, home)
            anew = state_changed or not card.is_final
            id = await self.line.put(message, text, keyboard(rows), anew=anew)
            if id is None:  # taken out of the chat after the end: not put back for a receipt
                await self._close(message)
                return
            fresh = id != message.message_id
            message = replace(message, message_id=id, shown=shown, edited_at=now, edits=message.edits + 1)
            # Not written down, a message sent anew would be sent once more.
            await or_anew(partial(self._keep, message))
            if fresh and not card.is_final:
                await self.line.pin(message.chat_id, id)
        if card.is_final and message.message_id is not None:
            await self._after_the_end(chat, message, message.message_id, card, now)

    async def _keep(self, message: ProgressMessage) -> None:
        async with self.store.write() as unit:
            await unit.chat.save_progress_message(message)
            await unit.commit()

    async def _after_the_end(
        self, chat: _Chat, message: ProgressMessage, id: int, card: Card, now: datetime
    ) -> None:
        """Unpin once; let the message go when nothing more is to be expected."""
        if message.campaign_id not in chat.ended:
            chat.ended.add(message.campaign_id)
            await self.line.unpin(message.chat_id, id)
        ended = card.campaign.finished_at
        open_ends = card.tally.sent or card.tally.unknown
        if not open_ends or ended is None or now >= ended + LINGER:
            chat.ended.discard(message.campaign_id)
            await self._close(message)

    async def _refused(
        self, chat: _Chat, message: ProgressMessage, error: TelegramError, now: datetime
    ) -> None:
        """A flood is waited out, for this chat only; a chat that is gone is let go."""
        log.info("progress not shown", chat=message.chat_id, error=type(error).__name__)
        gone = isinstance(error, Forbidden | ChatMigrated)
        if gone or (isinstance(error, BadRequest) and "chat not found" in error.message.lower()):
            self._given_up.add((message.campaign_id, message.chat_id))
            await self._close(message)
            return
        wait = PAUSE
        if isinstance(error, RetryAfter):
            wait = span_of(error)
        elif isinstance(error, BadRequest):
            wait = SLOWEST
        chat.closed_until = now + wait
        chat.changed.add(message.campaign_id)

    async def _close(self, message: ProgressMessage) -> None:
        async with self.store.write() as unit:
            await unit.chat.close_progress_message(message.campaign_id, message.chat_id)
            await unit.commit()


def span_of(flood: RetryAfter) -> timedelta:
    wait = flood.retry_after
    return timedelta(seconds=wait) if isinstance(wait, int | float) else wait


async def _until_set(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event or for so long, at least a moment: no mistake in a time may spin."""
    try:
        async with asyncio.timeout(max(seconds, 0.02)):
            await event.wait()
    except TimeoutError:
        return
