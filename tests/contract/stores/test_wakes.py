"""Whoever does some work is woken once it is committed: by a unit of this process, or of another."""

import asyncio
from collections.abc import Callable

import psycopg

from bot.tasks import TaskOwner
from domain.kernel.work import Work
from domain.operators.chat import Notice
from storage.database import POSTGRES_DRIVER, Database
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW


async def queue_a_notice(store: Database, *, key: str = "1", commit: bool = True) -> None:
    async with store.write() as unit:
        notice = Notice(chat_id=1, key=key, kind="text", payload={"text": "hello"})
        await unit.chat.queue_notice(notice, at=NOW)
        if commit:
            await unit.commit()


def woken_by(store: Database) -> list[Work]:
    woken: list[Work] = []

    def notes(work: Work) -> Callable[[], None]:
        return lambda: woken.append(work)

    for work in Work:
        store.wakes.on(work, notes(work))
    return woken


async def test_work_wakes_whoever_does_it_when_it_is_committed_and_nobody_else(
    store: Database, bakery: Bakery
) -> None:
    woken = woken_by(store)
    await queue_a_notice(store)
    assert woken == [Work.NOTICES]


async def test_what_is_undone_wakes_nobody_not_even_with_what_comes_after_it(
    store: Database, bakery: Bakery
) -> None:
    woken = woken_by(store)
    await queue_a_notice(store, commit=False)
    async with store.write() as unit:
        await unit.operators.workspace(bakery.space)
        await unit.commit()
    assert woken == []


async def test_another_process_is_woken_too_also_after_its_connection_broke(
    store: Database, bakery: Bakery
) -> None:
    """A file of SQLite's has no other process: there is nothing to listen to."""
    async with Database.open(store.url) as other, TaskOwner() as tasks:
        rung = asyncio.Event()
        other.wakes.on(Work.NOTICES, rung.set)
        listening = tasks.start("listening", other.listen())
        if store.url.drivername != POSTGRES_DRIVER:
            await listening
            return
        for n in range(2):
            # The first comes of the connection itself: what was written before it is to be looked for.
            await asyncio.wait_for(rung.wait(), 20)
            rung.clear()
            await queue_a_notice(store, key=str(n))
            await asyncio.wait_for(rung.wait(), 20)
            rung.clear()
            if n == 0:
                await put_out_listeners(store)


async def put_out_listeners(store: Database) -> None:
    address = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
