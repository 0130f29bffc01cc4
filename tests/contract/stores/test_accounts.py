"""Promises of AccountStore."""

import asyncio
from datetime import timedelta

import pytest

from domain.accounts.model import AccountState, Channel
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import AccountId
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_workspace, an_account


async def test_the_first_account_is_the_default(store: Database, other_process: Database) -> None:
    async with store.write() as unit:
        space = await a_workspace(unit)
        first = await an_account(unit, space)
        second = await an_account(unit, space, number="+447700900002", remote="sim-2")
        await unit.commit()
    async with other_process.read() as unit:
        found = await unit.accounts.of_workspace(space)
        assert [(one.id, one.is_default) for one in found] == [(first, True), (second, False)]
        assert await unit.accounts.all() == found
        assert await unit.accounts.by_remote(Channel.SIMULATED, "sim-2") == found[1]
        assert await unit.accounts.by_remote(Channel.CLOUD, "sim-2") is None


async def test_one_default_at_a_time(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        second = await an_account(unit, bakery.space, number="+447700900002", remote="sim-2")
        await unit.accounts.set_default(second)
        assert not (await unit.accounts.account(bakery.account)).is_default
        assert (await unit.accounts.account(second)).is_default
        await unit.accounts.remove(second)
        assert (await unit.accounts.account(bakery.account)).is_default


async def test_states_pacing_and_cursor_are_kept(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    soon = NOW + timedelta(seconds=3, microseconds=7)
    async with store.write() as unit:
        await unit.accounts.set_state(bakery.account, AccountState.RESTRICTED, reason="spam", at=NOW)
        await unit.accounts.set_next_send_at(bakery.account, soon)
        await unit.accounts.set_news_cursor(bakery.account, 2**40)
        await unit.commit()
    async with other_process.read() as unit:
        account = await unit.accounts.account(bakery.account)
    assert (account.state, account.state_reason) == (AccountState.RESTRICTED, "spam")
    assert (account.state_at, account.next_send_at, account.news_cursor) == (NOW, soon, 2**40)


async def test_a_removed_account_is_gone_but_linking_it_again_keeps_what_it_sent(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        await unit.accounts.count_usage(bakery.account, 500, at=NOW)
        await unit.accounts.remove(bakery.account)
        assert await unit.accounts.of_workspace(bakery.space) == []
        with pytest.raises(NotFound):
            await unit.accounts.account(bakery.account)
        again = await an_account(unit, bakery.space, remote="sim-new")
        assert await unit.accounts.usage(again, since=NOW) == [(NOW, 500)]
        account = await unit.accounts.account(again)
        assert account.is_default and account.remote == "sim-new"


async def test_two_accounts_cannot_be_the_same_remote_one(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        with pytest.raises(Conflict):
            await an_account(unit, bakery.space, number="+447700900009", remote="sim-1")


async def test_an_account_that_is_not_there_is_not_found(store: Database) -> None:
    async with store.write() as unit:
        with pytest.raises(NotFound):
            await unit.accounts.account(AccountId(404))
        with pytest.raises(NotFound):
            await unit.accounts.set_next_send_at(AccountId(404), NOW)


async def test_usage_adds_up_by_the_minute_and_looks_ahead(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        count = unit.accounts.count_usage
        await count(bakery.account, 3, at=NOW + timedelta(seconds=1))
        await count(bakery.account, 4, at=NOW + timedelta(seconds=59, microseconds=999_999))
        await count(bakery.account, 5, at=NOW + timedelta(hours=30))
        await count(bakery.account, 1, at=NOW - timedelta(minutes=1))
        found = await unit.accounts.usage(bakery.account, since=NOW + timedelta(seconds=30))
    assert found == [(NOW, 7), (NOW + timedelta(hours=30), 5)]


async def test_two_senders_never_both_see_the_last_free_place(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    cap = 10

    async def send(database: Database) -> int:
        async with database.write() as unit:
            used = sum(count for _, count in await unit.accounts.usage(bakery.account, since=NOW))
            if used >= cap:
                return 0
            await unit.accounts.count_usage(bakery.account, cap - used, at=NOW)
            await unit.commit()
            return cap - used

    sent = await asyncio.gather(*(send(one) for one in (store, other_process) * 4))
    assert sum(sent) == cap
