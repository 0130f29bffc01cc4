"""Turns at driving accounts on PostgreSQL: one process at a time has one, and another takes it over."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self

import psycopg
import pytest
from procrastinate.manager import JobManager

from bot.tasks import TaskOwner
from domain.accounts.model import Account, Channel
from domain.kernel.ids import AccountId
from storage import turns as turns_module
from storage.database import Database
from storage.turns import ProcrastinateTurns
from tests.contract.conftest import Bakery
from tests.fakes.stores import an_account

PATIENCE = 30.0


@pytest.fixture
def kind() -> str:
    """On SQLite there is nobody to share with."""
    return "postgresql"


@dataclass
class Driver:
    """A process that takes turns. `again`: when to come back, of each turn in order; then nothing is left."""

    again: list[datetime | None] = field(default_factory=list)
    holds: asyncio.Event = field(default_factory=asyncio.Event)
    turns: Counter[AccountId] = field(default_factory=Counter)
    now: set[AccountId] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def drive(self, id: AccountId) -> datetime | None:
        assert id not in self.now, "driven twice at once"
        self.now.add(id)
        self.turns[id] += 1
        self.changed.set()
        try:
            await self.holds.wait()
        finally:
            self.now.remove(id)
        self.changed.set()
        return self.again.pop(0) if self.again else None

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


def open_driver() -> Driver:
    driver = Driver()
    driver.holds.set()
    return driver


@asynccontextmanager
async def taking(
    store: Database, driver: Driver, *channels: Channel, at_once: int = 10
) -> AsyncIterator[ProcrastinateTurns]:
    reached = channels or tuple(Channel)
    async with (
        ProcrastinateTurns(store.url, at_once=at_once, channels=reached) as turns,
        TaskOwner() as tasks,
    ):
        tasks.start("taking", turns.take(driver.drive))
        try:
            yield turns
        finally:
            driver.holds.set()


async def accounts(store: Database, bakery: Bakery, count: int) -> list[Account]:
    async with store.write() as unit:
        ids = [
            await an_account(unit, bakery.space, number=f"+4477009001{n:02d}", remote=f"r{n}")
            for n in range(count)
        ]
        made = [await unit.accounts.account(id) for id in ids]
        await unit.commit()
    return made


async def test_an_account_that_is_offered_is_driven_once_however_often_it_is_offered(
    store: Database, bakery: Bakery
) -> None:
    [account] = await accounts(store, bakery, 1)
    here, there = Driver(), Driver()
    there.changed = here.changed
    async with taking(store, here) as turns, taking(store, there):
        for _ in range(3):
            await turns.offer(account, urgent=False)
        await here.until(lambda: bool(here.now or there.now))
        assert set(await turns.known()) == {account.id}
        assert len(here.now) + len(there.now) == 1


async def test_who_comes_back_soon_gets_a_turn_again_and_who_has_nothing_left_is_known_no_more(
    store: Database, bakery: Bakery
) -> None:
    [account] = await accounts(store, bakery, 1)
    driver = open_driver()
    driver.again = [datetime.now(UTC)]
    async with taking(store, driver) as turns:
        await turns.offer(account, urgent=False)
        await driver.until(lambda: driver.turns[account.id] == 2)
        async with asyncio.timeout(PATIENCE):
            while await turns.known():
                await asyncio.sleep(0.05)


async def test_who_waits_until_later_is_brought_forward_when_offered_again(
    store: Database, bakery: Bakery
) -> None:
    [account] = await accounts(store, bakery, 1)
    driver = open_driver()
    driver.again = [datetime.now(UTC) + timedelta(hours=1)]
    async with taking(store, driver) as turns:
        await turns.offer(account, urgent=False)
        await driver.until(lambda: driver.turns[account.id] == 1 and not driver.now)
        await turns.offer(account, urgent=True)
        await driver.until(lambda: driver.turns[account.id] == 2)


@pytest.mark.parametrize("waits_already", [False, True])
async def test_a_persons_test_send_goes_before_all_campaigns_that_wait(
    store: Database, bakery: Bakery, waits_already: bool
) -> None:
    """One place, which is taken; many wait for it; and the test is asked for last of all."""
    busy, *campaigns, tested = await accounts(store, bakery, 20)
    driver = Driver()
    async with taking(store, driver, at_once=1) as turns:
        await turns.offer(busy, urgent=False)
        await driver.until(lambda: busy.id in driver.now)
        for account in [*campaigns, tested] if waits_already else campaigns:
            await turns.offer(account, urgent=False)
        await turns.offer(tested, urgent=True)
        driver.holds.set()
        await driver.until(lambda: len(driver.turns) == 20)
    in_turn = list(driver.turns)
    assert in_turn[:2] == [busy.id, tested.id]
    assert in_turn[2:] == [account.id for account in campaigns], "and the others as they came"


async def test_only_who_reaches_the_channel_drives(store: Database, bakery: Bakery) -> None:
    [account] = await accounts(store, bakery, 1)
    blind, seeing = open_driver(), open_driver()
    async with taking(store, blind, Channel.WEB), taking(store, seeing, account.channel) as turns:
        await turns.offer(account, urgent=False)
        await seeing.until(lambda: seeing.turns[account.id] == 1)
        assert not blind.turns


async def test_a_turn_under_way_ends_before_its_process_does_and_another_has_the_next(
    store: Database, bakery: Bakery
) -> None:
    [account] = await accounts(store, bakery, 1)
    first, second = Driver(again=[datetime.now(UTC)]), open_driver()
    turns = ProcrastinateTurns(store.url, at_once=10, channels=tuple(Channel))
    async with turns, TaskOwner() as tasks:
        task = tasks.start("taking", turns.take(first.drive))
        await turns.offer(account, urgent=False)
        await first.until(lambda: bool(first.now))
        task.cancel()
        async with taking(store, second):
            first.holds.set()
            await second.until(lambda: second.turns[account.id] == 1)
    assert first.turns[account.id] == 1


@pytest.mark.parametrize("offered", [1, 2])
async def test_the_turns_of_a_process_that_is_silent_are_taken_over(
    store: Database, bakery: Bakery, monkeypatch: pytest.MonkeyPatch, offered: int
) -> None:
    """As after kill -9: its sign of life is of long ago, and its turn does not end."""
    [account] = await accounts(store, bakery, 1)
    killed, other = Driver(), open_driver()
    monkeypatch.setattr(turns_module, "HEARTBEAT", 3600.0)
    async with taking(store, killed) as turns:
        await turns.offer(account, urgent=False)
        await killed.until(lambda: bool(killed.now))
        if offered > 1:
            await turns.offer(account, urgent=False)
        await be_silent(store)
        monkeypatch.setattr(turns_module, "HEARTBEAT", 0.1)
        async with taking(store, other):
            await other.until(lambda: other.turns[account.id] == 1)


async def be_silent(store: Database) -> None:
    address = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
        await connection.execute(
            "UPDATE procrastinate.procrastinate_workers SET last_heartbeat = now() - '1 h'::interval"
        )


async def test_a_process_whose_clock_is_ahead_puts_nobody_off(
    store: Database, bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its account waited as long as its clock was wrong, whoever could have driven it meanwhile."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(hours=2)

    monkeypatch.setattr(turns_module, "datetime", Ahead)
    [account] = await accounts(store, bakery, 1)
    driver = open_driver()
    driver.again = [Ahead.now(UTC) + timedelta(seconds=2)]
    async with taking(store, driver) as turns:
        await turns.offer(account, urgent=False)
        await driver.until(lambda: driver.turns[account.id] == 2)


async def test_a_process_that_comes_back_does_not_end_the_turn_of_who_took_over(
    store: Database, bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    [account] = await accounts(store, bakery, 1)
    frozen, other, third = Driver(), Driver(), open_driver()
    other.changed = third.changed = frozen.changed
    monkeypatch.setattr(turns_module, "HEARTBEAT", 3600.0)
    async with taking(store, frozen) as turns:
        await turns.offer(account, urgent=False)
        await frozen.until(lambda: bool(frozen.now))
        await be_silent(store)
        monkeypatch.setattr(turns_module, "HEARTBEAT", 0.1)
        async with taking(store, other):
            await other.until(lambda: bool(other.now))
            async with taking(store, third):
                frozen.again = [datetime.now(UTC)]
                frozen.holds.set()
                await frozen.until(lambda: not frozen.now)
                await asyncio.sleep(3 * turns_module.POLL)
                assert not third.turns, "driven by two at once"
                other.holds.set()
                await third.until(lambda: (frozen.turns + other.turns + third.turns)[account.id] == 3)


async def test_a_turn_whose_end_could_not_be_written_down_holds_up_nobody(
    store: Database, bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    [account] = await accounts(store, bakery, 1)
    monkeypatch.setattr(turns_module, "HEARTBEAT", 0.2)
    driver, cut = open_driver(), [True]
    ends = JobManager.finish_job

    async def away_once(*arguments: Any, **more: Any) -> None:
        if cut:
            cut.clear()
            return  # what the library makes of an error: nothing is written, and its worker goes on
        await ends(*arguments, **more)

    monkeypatch.setattr(JobManager, "finish_job", away_once)
    async with taking(store, driver) as turns:
        await turns.offer(account, urgent=False)
        await driver.until(lambda: driver.turns[account.id] == 2)


async def test_looking_for_others_turns_ends_although_an_answer_came_with_the_cancellation(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`asyncio.wait_for` of Python 3.11, by which the database is waited for, loses it then."""
    asked = asyncio.Event()
    monkeypatch.setattr(turns_module, "HEARTBEAT", 0.0)

    async def answers_when_cancelled(*_: Any, **__: Any) -> list[Any]:
        asked.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return []

    monkeypatch.setattr(JobManager, "get_stalled_jobs", answers_when_cancelled)
    async with asyncio.timeout(PATIENCE), taking(store, Driver()):
        await asked.wait()
