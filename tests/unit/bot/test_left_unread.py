"""What people wrote to a session that nobody wants any more: it is read all the same, and until then its
number sends nothing, for a bounded time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

from telegram import Bot

from bot.chat.announcer import ChatAnnouncer
from bot.chat.leftovers import TOLD_AFTER, Leftovers
from bot.chat.reply_files import ReplyFiles
from bot.chat.reply_teller import ReplyTeller
from bot.senders import LONG_POLL, Hints, NewsReaders
from bot.tasks import TaskOwner
from domain.accounts import link_service
from domain.accounts.linking import UNREAD_FOR, Leftover
from domain.accounts.model import Account, AccountState, Channel
from domain.accounts.web import WorkerRefuses
from domain.contacts.model import Consent
from domain.delivery.ports import NewsItem, ReplyNews
from domain.kernel.clock import Clock
from domain.scheduler.news import ReadNews
from tests.fakes.stores import NOW, number_of
from tests.fakes.web_sessions import FakeWebSessions
from tests.unit.bot.told_chats import CountingTelegram, NoFiles
from tests.unit.scheduler.world import World, world

BEFORE, SINCE = "main/before", "main/since"
STOP = ReplyNews(event="e1", sender=number_of(0), text="STOP", at=NOW)


@dataclass
class Quiet:
    """Nobody writes to the present session."""

    waits: list[float] = field(default_factory=list)

    async def after(self, cursor: int, *, wait_seconds: float) -> Sequence[NewsItem]:
        self.waits.append(wait_seconds)
        if wait_seconds == LONG_POLL:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return []


class Undeletable(FakeWebSessions):
    async def delete(self, remote: str) -> None:
        raise WorkerRefuses("internal")


async def a_number(on: World) -> Account:
    async with on.store.write() as unit:
        id = await unit.accounts.create(
            workspace_id=on.space, channel=Channel.WEB, number="+447700900099", name="Bakery", remote=BEFORE,
            state=AccountState.CONNECTED, at=NOW,
        )  # fmt: skip
        account = await unit.accounts.account(id)
        await unit.commit()
    return account


async def linked_anew(on: World) -> Account:
    """Under another session, while something is left to be read in the one before."""
    account = await a_number(on)
    async with on.store.write() as unit:
        await unit.linkings.leave(BEFORE, Leftover.DELETE, at=NOW, news_of=account.id)
        await unit.accounts.relink(account.id, remote=SINCE, name="Bakery", at=NOW)
        fresh = await unit.accounts.account(account.id)
        await unit.commit()
    return fresh


async def removed(on: World) -> Account:
    account = await a_number(on)
    async with on.store.write() as unit:
        await link_service.forget(unit.linkings, unit.accounts, account, at=NOW)
        await unit.accounts.remove(account.id)
        await unit.commit()
    return account


async def a_stop_is_left(web: FakeWebSessions) -> None:
    await web.start(BEFORE)
    web.tell(BEFORE, STOP)


def leftovers(on: World, web: FakeWebSessions, tasks: TaskOwner) -> Leftovers:
    news = ReadNews(
        store=on.store, source_for=lambda account: web.news(account.remote),
        announcer=ChatAnnouncer(on.clock), watcher=Hints(), clock=on.clock,
    )  # fmt: skip
    return Leftovers(on.store, web, news, on.clock, tasks)


def readers(on: World, present: Quiet, clock: Clock, tasks: TaskOwner) -> NewsReaders:
    news = ReadNews(
        store=on.store, source_for=lambda _: present, announcer=on.heard, watcher=Hints(), clock=clock
    )
    return NewsReaders(news, on.store, tasks, frozenset({Channel.WEB}))


async def standing(on: World) -> Consent:
    async with on.store.read() as unit:
        person = await unit.contacts.by_number(on.space, number_of(0))
    assert person is not None
    return person.consent


async def told(on: World) -> list[str]:
    async with on.store.read() as unit:
        due = await unit.chat.due_notices(now=on.clock.now(), limit=9)
    return [str(queued.notice.payload["text"]) for queued in due]


async def told_of_replies(on: World, tasks: TaskOwner) -> list[str]:
    telegram = CountingTelegram(clock=on.clock)
    teller = ReplyTeller(cast(Bot, telegram), on.store, cast(ReplyFiles, NoFiles()), on.clock, tasks)
    await teller.flush()
    return [one.text for one in telegram.sent]


async def asked(present: Quiet, times: int) -> None:
    """The present session has been asked so often from now on."""
    until = len(present.waits) + times
    async with asyncio.timeout(10):
        while len(present.waits) < until:
            await asyncio.sleep(0)


async def until_heard(readers: NewsReaders, account: Account) -> None:
    async with asyncio.timeout(10):
        while not readers.has_heard(account):
            await asyncio.sleep(0)


async def test_the_session_of_a_removed_number_is_read_before_it_is_deleted(tmp_path: Path) -> None:
    """Their STOP is for the whole workspace, and is told."""
    async with world(tmp_path) as on, TaskOwner() as tasks:
        await on.contact(number_of(0))
        await removed(on)
        web = FakeWebSessions()
        await a_stop_is_left(web)
        await leftovers(on, web, tasks).take_back(BEFORE)
        assert web.deleted == [BEFORE] and await standing(on) is Consent.REVOKED
        assert "said stop" in (await told_of_replies(on, tasks))[0]


async def test_a_removed_number_is_read_once_more_if_it_could_not_be_deleted(tmp_path: Path) -> None:
    async with world(tmp_path) as on, TaskOwner() as tasks:
        await on.contact(number_of(0))
        await removed(on)
        web = Undeletable()
        await web.start(BEFORE)
        await leftovers(on, web, tasks).take_back(BEFORE)
        web.tell(BEFORE, STOP)
        await leftovers(on, web, tasks).take_back(BEFORE)
        assert await standing(on) is Consent.REVOKED


async def test_a_number_linked_anew_has_not_heard_all_before_the_session_it_had_is_read(
    tmp_path: Path,
) -> None:
    """However often the present one says that there is nothing; that the other cannot be deleted is no reason
    to wait."""
    async with world(tmp_path) as on, TaskOwner() as tasks:
        await on.contact(number_of(0))
        account, present = await linked_anew(on), Quiet()
        reading = readers(on, present, on.clock, tasks)
        tasks.start("news", reading.run())
        await asked(present, 3)
        assert not reading.has_heard(account)
        assert min(present.waits) > 0 and max(present.waits) < LONG_POLL
        web = Undeletable()
        await a_stop_is_left(web)
        await leftovers(on, web, tasks).take_back(BEFORE)
        await until_heard(reading, account)
        assert await standing(on) is Consent.REVOKED


async def test_for_a_worker_that_is_gone_for_good_it_waits_half_a_day(tmp_path: Path) -> None:
    async with world(tmp_path) as on, TaskOwner() as tasks:
        account, present = await linked_anew(on), Quiet()
        reading = readers(on, present, on.clock, tasks)
        tasks.start("news", reading.run())
        on.clock.advance(seconds=(UNREAD_FOR - timedelta(minutes=1)).total_seconds())
        await asked(present, 3)
        assert not reading.has_heard(account)
        on.clock.advance(minutes=1)
        await until_heard(reading, account)


async def test_operators_are_told_once_what_a_number_waits_for_and_how_long(tmp_path: Path) -> None:
    async with world(tmp_path) as on, TaskOwner() as tasks:
        await linked_anew(on)
        web = FakeWebSessions()
        left = leftovers(on, web, tasks)
        with web.down():
            await left.take_back(BEFORE)
            assert await told(on) == []
            on.clock.advance(seconds=TOLD_AFTER.total_seconds())
            for _ in range(2):
                await left.take_back(BEFORE)
        [text] = await told(on)
        assert "+447700900099 waits" in text and "“main”" in text and "12 hours" in text


async def test_of_a_removed_number_nobody_waits_for_anything(tmp_path: Path) -> None:
    async with world(tmp_path) as on, TaskOwner() as tasks:
        await removed(on)
        web = FakeWebSessions()
        on.clock.advance(seconds=TOLD_AFTER.total_seconds())
        with web.down():
            await leftovers(on, web, tasks).take_back(BEFORE)
        assert await told(on) == []
