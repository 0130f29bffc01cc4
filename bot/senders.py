"""Drives accounts: one task for each account with work, one for each account's news."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.ops.moments import Moments
from bot.tasks import TaskOwner
from domain.accounts.linking import UNREAD_FOR
from domain.accounts.model import Account, Channel
from domain.delivery.ports import ChannelDown
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId, CampaignId
from domain.kernel.unit import Store
from domain.scheduler.news import ReadNews
from domain.scheduler.punctuality import NobodyWatches
from domain.scheduler.slices import AccountSlices
from domain.scheduler.turns import Turns
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: How often the table is asked for accounts with work, beside being poked.
LOOK_EVERY: Final = 1.0
#: After a fault of ours (a full disk, say) an account rests this long.
REST: Final = timedelta(seconds=5)
#: While it waits, an account looks at least this often whether something came that nobody told it of.
GLANCE: Final = timedelta(seconds=30)
#: Shared with other processes, an account is driven so long at most, and not while it has to wait longer.
TURN: Final = timedelta(seconds=30)
PATIENCE: Final = timedelta(seconds=5)
#: So long news is waited for in one request, in seconds.
LONG_POLL: Final = 20.0
#: Rests of a reader whose channel is down, in seconds: the first, doubling up to the last.
NEWS_BACKOFF: Final = 2.0
LONGEST_BACKOFF: Final = 30.0


@dataclass(slots=True)
class _Drive:
    """An account that is driven here. `poked`: it has work now; `halt`: it is to claim nothing more."""

    poked: asyncio.Event = field(default_factory=asyncio.Event)
    halt: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        self.halt.set()
        self.poked.set()


class Drivers:
    """Drives accounts in this process, one slice after another, each account once at a time. `glance`: see
    GLANCE."""

    def __init__(self, slices: AccountSlices, clock: Clock, moments: Moments | None = None) -> None:
        self.slices, self.clock = slices, clock
        self.glance = GLANCE
        self._moments = moments or Moments(NobodyWatches(), clock)
        self._driven: dict[AccountId, _Drive] = {}
        self._halted = False

    def __len__(self) -> int:
        """How many are being driven."""
        return len(self._driven)

    def __contains__(self, id: AccountId) -> bool:
        return id in self._driven

    def poke(self, id: AccountId) -> None:
        """This account has work now, if it is driven here."""
        if id in self._driven:
            self._driven[id].poked.set()

    def halt(self) -> None:
        """Claim nothing more, for good; what is on its way finishes."""
        self._halted = True
        for drive in self._driven.values():
            drive.stop()

    async def drive(
        self, id: AccountId, *, longest: timedelta | None = None, patience: timedelta | None = None
    ) -> datetime | None:
        """Until there is nothing to come back for (None). Ends sooner, with when to come back: after
        `longest`, where that is more than `patience` away, or when all are halted."""
        at = self._driven[id] = _Drive()
        end = None if longest is None else asyncio.get_running_loop().call_later(_seconds(longest), at.stop)
        wake_at: datetime | None = None
        try:
            while not self._halted:
                at.poked.clear()
                self._moments.planned(id, wake_at)
                wake_at = await self._slice(id, at.halt)
                if wake_at is None or at.halt.is_set():
                    return wake_at
                wait = wake_at - self.clock.now()
                self._moments.rests(id, wait)
                if patience is not None and wait > patience:
                    return wake_at
                if wait > timedelta(0):
                    await _wait(at.poked, _seconds(min(wait, self.glance)))
            return self.clock.now()
        finally:
            if end is not None:
                end.cancel()
            self._moments.forget(id)
            del self._driven[id]

    async def _slice(self, id: AccountId, halt: asyncio.Event) -> datetime | None:
        try:
            return await self.slices.run(id, halt)
        except NotFound:
            return None
        except Exception as error:
            log.error("slice failed", account=id, exc_info=error)
            return self.clock.now() + REST


class Senders:
    """Drives every account with work in this one process, which holds the database's lock."""

    def __init__(self, drivers: Drivers, store: Store[Unit], clock: Clock, tasks: TaskOwner) -> None:
        self.drivers, self.store, self.clock, self.tasks = drivers, store, clock, tasks
        self._wake = asyncio.Event()
        self._stopping = False

    def poke(self, id: AccountId) -> None:
        """This account has work now."""
        self.drivers.poke(id)
        self._wake.set()

    @property
    def at_work(self) -> int:
        """Accounts that are being driven."""
        return len(self.drivers)

    async def run(self) -> None:
        """Look for accounts with work until `drain`."""
        while not self._stopping:
            self._wake.clear()
            try:
                await self._look()
            except Exception as error:
                log.error("cannot look for work", exc_info=error)
            await _wait(self._wake, LOOK_EVERY)

    async def _look(self) -> None:
        with_work, urgent = await self._with_work()
        for id in urgent:
            self.drivers.poke(id)
        for id in sorted(with_work):
            if id not in self.drivers:
                self.tasks.start(f"account-{id}", self._drive(id))
                await asyncio.sleep(0)  # it is among the drivers when it has begun

    async def _with_work(self) -> tuple[set[AccountId], set[AccountId]]:
        """All accounts with work, and those of them that somebody waits for."""
        async with self.store.read() as unit:
            at_work = await unit.campaigns.accounts_at_work()
            urgent = await unit.delivery.accounts_with_directs(now=self.clock.now())
        return {*at_work, *urgent}, set(urgent)

    async def _drive(self, id: AccountId) -> None:
        await self.drivers.drive(id)
        if self._stopping:
            self._wake.set()  # only then: an account that can do nothing would be driven without a pause

    async def drain(self, deadline: float) -> None:
        """Claim nothing more; let what is on its way finish, for at most `deadline` seconds."""
        self._stopping = True
        self.drivers.halt()
        self._wake.set()
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        while len(self.drivers) and loop.time() < end:
            self._wake.clear()
            await _wait(self._wake, 0.2)


class SharedSenders(Senders):
    """Drives accounts together with other processes, each in turns. `before`: done before each turn."""

    def __init__(
        self, drivers: Drivers, store: Store[Unit], clock: Clock, tasks: TaskOwner, *, turns: Turns,
        before: Callable[[AccountId], Awaitable[None]],
    ) -> None:  # fmt: skip
        super().__init__(drivers, store, clock, tasks)
        self.turns, self.before = turns, before
        self._poked: set[AccountId] = set()
        self._taking: asyncio.Task[None] | None = None

    def poke(self, id: AccountId) -> None:
        if id not in self.drivers:
            self._poked.add(id)
        super().poke(id)

    async def run(self) -> None:
        taking = self._taking = self.tasks.start("turns", self.turns.take(self._turn))
        await super().run()
        taking.cancel()
        await asyncio.wait({taking})

    async def drain(self, deadline: float) -> None:
        """The end of each turn is written down too: else others would take it over only after a while."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        await super().drain(deadline)
        if self._taking is not None:
            await asyncio.wait({self._taking}, timeout=max(0.0, end - loop.time()))

    async def _look(self) -> None:
        """Offer those with work whom nobody drives or waits for; and those that were poked, at once."""
        poked, self._poked = self._poked, set()
        known = set(await self.turns.known())
        with_work, urgent = await self._with_work()
        for id in urgent:
            self.drivers.poke(id)
        async with self.store.read() as unit:
            ids = sorted((with_work - known) | (with_work & poked))
            wanted = [await unit.accounts.known(id) for id in ids]
        for account in wanted:
            if account is not None:
                await self.turns.offer(account, urgent=account.id in urgent)

    async def _turn(self, id: AccountId) -> datetime | None:
        if id in self.drivers:
            return self.clock.now() + REST  # taken over from ourselves, who were silent for a while
        await self.before(id)
        return await self.drivers.drive(id, longest=TURN, patience=PATIENCE)


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

    async def read_up(self, id: AccountId) -> None:
        """Read its news to the end, in a process that does not follow it. What cannot be read now keeps the
        account from sending (`has_heard`)."""
        try:
            async with self.store.read() as unit:
                account = await unit.accounts.account(id)
            self._heard.pop(id, None)
            while not self.has_heard(account):
                is_left = await self._once(id)
                if is_left:
                    return
        except (NotFound, ChannelDown):
            return
        except Exception as error:
            log.error("news failed", account=id, exc_info=error)

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

    async def _once(self, id: AccountId) -> bool:
        """What is not read to its end yet is not waited for. What is left under another remote id somebody
        else reads (bot/chat/leftovers.py): whether there is some."""
        async with self.store.read() as unit:
            account = await unit.accounts.account(id)
            since = self.news.clock.now() - UNREAD_FOR
            is_left = await unit.linkings.has_news_left(id, since=since)
        wait = LONG_POLL if self.has_heard(account) else LOOK_EVERY if is_left else 0
        if not await self.news.once(account, wait_seconds=wait) and not is_left:
            self._heard[id] = account.remote
        return is_left


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


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
