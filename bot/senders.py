"""Drives accounts: one task for each account with work, one for each account's news."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.tasks import TaskOwner
from domain.accounts.linking import UNREAD_FOR
from domain.accounts.model import Account, Channel
from domain.delivery.ports import ChannelDown
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId, CampaignId
from domain.kernel.unit import Store
from domain.scheduler.news import ReadNews
from domain.scheduler.slices import AccountSlices
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: How often the table is asked for accounts with work, beside being poked.
LOOK_EVERY: Final = 1.0
#: After a fault of ours (a full disk, say) an account rests this long.
REST: Final = timedelta(seconds=5)
#: While it waits, an account looks at least this often whether something came first (a test send).
GLANCE: Final = timedelta(seconds=1)
#: So long news is waited for in one request, in seconds.
LONG_POLL: Final = 20.0
#: Rests of a reader whose channel is down, in seconds: the first, doubling up to the last.
NEWS_BACKOFF: Final = 2.0
LONGEST_BACKOFF: Final = 30.0


class Senders:
    """One process drives an account at a time: this one, holding the database's lock."""

    def __init__(self, slices: AccountSlices, store: Store[Unit], clock: Clock, tasks: TaskOwner) -> None:
        self.slices, self.store, self.clock, self.tasks = slices, store, clock, tasks
        self._driven: dict[AccountId, asyncio.Event] = {}
        self._wake = asyncio.Event()
        self._stopping = False

    def poke(self, id: AccountId) -> None:
        """This account has work now."""
        if id in self._driven:
            self._driven[id].set()
        self._wake.set()

    @property
    def at_work(self) -> int:
        """Accounts that are being driven."""
        return len(self._driven)

    async def run(self) -> None:
        """Look for accounts with work until `drain`."""
        while not self._stopping:
            self._wake.clear()
            for id in await self._with_work():
                if id not in self._driven:
                    self._driven[id] = asyncio.Event()
                    self.tasks.start(f"account-{id}", self._drive(id))
            await _wait(self._wake, LOOK_EVERY)

    async def drain(self, deadline: float) -> None:
        """Claim nothing more; let what is on its way finish, for at most `deadline` seconds."""
        self._stopping = True
        self.slices.halt()
        self._wake.set()
        for event in self._driven.values():
            event.set()
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        while self._driven and loop.time() < end:
            self._wake.clear()
            await _wait(self._wake, 0.2)

    async def _with_work(self) -> set[AccountId]:
        try:
            async with self.store.read() as unit:
                at_work = await unit.campaigns.accounts_at_work()
                now = self.clock.now()
                return {*at_work, *await unit.delivery.accounts_with_directs(now=now)}
        except Exception as error:
            log.error("cannot look for work", exc_info=error)
            return set()

    async def _drive(self, id: AccountId) -> None:
        event = self._driven[id]
        try:
            while not self._stopping:
                event.clear()
                wake_at = await self._slice(id)
                if wake_at is None:
                    return
                wait = min(wake_at - self.clock.now(), GLANCE).total_seconds()
                if wait > 0:
                    await _wait(event, wait)
        finally:
            del self._driven[id]
            if self._stopping:
                self._wake.set()  # only then: an account that can do nothing would be driven without a pause

    async def _slice(self, id: AccountId) -> datetime | None:
        try:
            return await self.slices.run(id)
        except NotFound:
            return None
        except Exception as error:
            log.error("slice failed", account=id, exc_info=error)
            return self.clock.now() + REST


class NewsReaders:
    """Reads the news of every account whose channel keeps a numbered stream of it."""

    def __init__(
        self, news: ReadNews, store: Store[Unit], tasks: TaskOwner, channels: frozenset[Channel]
    ) -> None:
        self.news, self.store, self.tasks, self.channels = news, store, tasks, channels
        self._read: set[AccountId] = set()
        #: The remote id under which an account's news has been read to its end.
        self._heard: dict[AccountId, str] = {}

    def has_heard(self, account: Account) -> bool:
        """Whether what was written to it while this process was away, or under another remote id, has been
        read."""
        return account.channel not in self.channels or self._heard.get(account.id) == account.remote

    async def run(self) -> None:
        while True:
            try:
                async with self.store.read() as unit:
                    accounts = await unit.accounts.all()
            except Exception as error:
                log.error("cannot look for accounts", exc_info=error)
                accounts = []
            for account in accounts:
                if account.channel in self.channels and account.id not in self._read:
                    self._read.add(account.id)
                    self.tasks.start(f"news-{account.id}", self._follow(account.id))
            await asyncio.sleep(LOOK_EVERY)

    async def _follow(self, id: AccountId) -> None:
        rest = NEWS_BACKOFF
        try:
            while True:
                try:
                    await self._once(id)
                    rest = NEWS_BACKOFF
                except NotFound:
                    return
                except ChannelDown:
                    await asyncio.sleep(rest)
                    rest = min(2 * rest, LONGEST_BACKOFF)
                except Exception as error:
                    log.error("news failed", account=id, exc_info=error)
                    await asyncio.sleep(NEWS_BACKOFF)
        finally:
            self._read.discard(id)

    async def _once(self, id: AccountId) -> None:
        """What is not read to its end yet is not waited for. What is left under another remote id somebody
        else reads (bot/chat/leftovers.py)."""
        async with self.store.read() as unit:
            account = await unit.accounts.account(id)
            since = self.news.clock.now() - UNREAD_FOR
            is_left = await unit.linkings.has_news_left(id, since=since)
        wait = LONG_POLL if self.has_heard(account) else LOOK_EVERY if is_left else 0
        if not await self.news.once(account, wait_seconds=wait) and not is_left:
            self._heard[id] = account.remote


class Hints:
    """Passes hints on (domain.scheduler.events.Watcher) to whoever is listening."""

    def __init__(self) -> None:
        self.on_campaign: list[Callable[[CampaignId, bool], None]] = []
        self.on_account: list[Callable[[AccountId], None]] = []

    def campaign_changed(self, id: CampaignId, *, at_once: bool) -> None:
        for listener in self.on_campaign:
            listener(id, at_once)

    def account_has_work(self, id: AccountId) -> None:
        for listener in self.on_account:
            listener(id)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
