"""Takes back sessions of WhatsApp Web that nobody wants any more: of removed numbers, of numbers that have
another one by now, and of linkings that came to nothing. While a worker does not answer they wait in their
table."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog

from bot.jobs import Jobs
from bot.tasks import TaskOwner
from domain.accounts.linking import Leftover
from domain.accounts.web import WebSessions, WorkerMissing, WorkerRefuses
from domain.delivery.ports import ChannelDown
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.scheduler.events import NewsOutOfReach
from domain.scheduler.news import ReadNews
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: A worker that did not answer is asked again after this long, then after twice that, and so on.
AGAIN: Final = timedelta(seconds=15)
MOST_DOUBLINGS: Final = 6
#: Operators are told of what cannot be read, and keeps a number from sending, once that has lasted this long.
TOLD_AFTER: Final = timedelta(minutes=10)
#: The table is looked at this often, in seconds.
LOOK_AGAIN: Final = 5.0


class Leftovers:
    def __init__(
        self, store: Store[Unit], web: WebSessions, news: ReadNews, clock: Clock, tasks: TaskOwner
    ) -> None:
        self.store, self.web, self.news, self.clock = store, web, news, clock
        #: Held while a session is started or taken back, so that the two never cross.
        self.hands: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tries: Counter[str] = Counter()
        self.jobs = Jobs("leftover", tasks, self._due, self.take_back, look=LOOK_AGAIN)

    def poke(self) -> None:
        """There may be something to take back."""
        self.jobs.poke()

    async def run(self) -> None:
        await self.jobs.run()

    async def _due(self) -> Mapping[str, str]:
        async with self.store.read() as unit:
            due = await unit.linkings.leftovers(now=self.clock.now())
        return {remote: remote for remote, _ in due}

    async def take_back(self, remote: str) -> None:
        async with self.hands[remote]:
            async with self.store.read() as unit:
                what = await unit.linkings.leftover(remote)
            if what is not None:  # else it is wanted again
                await self._settle(remote, what, done=await self._done(remote, what))

    async def _done(self, remote: str, what: Leftover) -> bool:
        try:
            if what is Leftover.LOGOUT:
                await self.web.logout(remote)
            else:
                await self._read_first(remote)
                await self.web.delete(remote)
        except WorkerRefuses as refusal:
            if refusal.reason != "no_session":
                log.warning("session not taken back yet", remote=remote, reason=refusal.reason)
                return False
        except (ChannelDown, WorkerMissing) as error:
            log.info("session not taken back yet", remote=remote, error=type(error).__name__)
            return False
        return True

    async def _read_first(self, remote: str) -> None:
        """What people wrote to a number that is removed, or has another session by now: a STOP may be among
        it."""
        async with self.store.read() as unit:
            left = await unit.linkings.news_left(remote)
            account = None if left is None else await unit.accounts.ever(left[0])
        if account is None:
            return
        await self.web.look(remote)  # one that is gone says so here
        await self.news.to_the_end(account, remote)
        async with self.store.write() as unit:
            # A number that has another session hears what comes from now on there. Of a removed one this is
            # the only session, read once more if it cannot be deleted now.
            if await unit.accounts.known(account.id) is not None:
                await unit.linkings.news_taken_in(remote)
            await unit.commit()

    async def _settle(self, remote: str, what: Leftover, *, done: bool) -> None:
        async with self.store.write() as unit:
            if not done:
                wait = AGAIN * 2 ** min(self._tries[remote], MOST_DOUBLINGS)
                self._tries[remote] += 1
                await unit.linkings.leftover_later(remote, due_at=self.clock.now() + wait)
                await self._tell(unit, remote)
            elif await unit.linkings.leftover(remote) is what:  # it may be to be deleted by now
                await unit.linkings.wanted_again(remote)
            await unit.commit()

    async def _tell(self, unit: Unit, remote: str) -> None:
        """Once, however often this is called."""
        left = await unit.linkings.news_left(remote)
        account = None if left is None else await unit.accounts.known(left[0])
        if left is not None and account is not None and self.clock.now() - left[1] >= TOLD_AFTER:
            await self.news.announcer.announce(unit, NewsOutOfReach(account=account, remote=remote))
