"""Units of work: all or nothing, one writer at a time where the database has room for one only."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import DBAPIError

from domain.kernel.errors import StoreAway
from domain.kernel.ids import AccountId
from storage import one_writer
from storage.database import SQLITE_DRIVER, Database
from storage.tables import members, prompts
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_workspace


async def test_a_writer_that_is_cancelled_leaves_nothing_and_lets_the_next_one_in(store: Database) -> None:
    inside = asyncio.Event()

    async def write_for_ever() -> None:
        async with store.write() as unit:
            await a_workspace(unit, name="never")
            inside.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        writer = group.create_task(write_for_ever())
        await inside.wait()
        writer.cancel()
    async with asyncio.timeout(5), store.write() as unit:
        assert await unit.operators.workspaces() == []
        await a_workspace(unit, name="next")
        await unit.commit()


async def test_a_snapshot_is_asked_once_and_a_unit_that_writes_each_time(
    store: Database, bakery: Bakery
) -> None:
    asked: list[str] = []
    async with store.connection() as writing, store.reading() as reading:
        engines = [writing.engine.sync_engine, reading.engine.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", lambda _, __, words, *more: asked.append(words))

    async def names(unit: Unit, *, rename: str | None = None) -> list[str]:
        seen = [await unit.operators.workspace(bakery.space)]
        if rename is not None:
            async with store.write() as other:
                await other.operators.update_workspace(replace(seen[0], name=rename))
                await other.commit()
        asked.clear()
        seen.append(await unit.operators.workspace(bakery.space))
        assert await unit.accounts.known(AccountId(-1)) is None
        assert await unit.accounts.known(AccountId(-1)) is None
        return [one.name for one in seen]

    async with store.read() as unit:
        [before, after] = await names(unit, rename="Bakery of the sun")
        assert before == after
        assert len(asked) == 1
    async with store.read() as unit:
        assert await names(unit) == ["Bakery of the sun"] * 2
    async with store.write() as unit:
        assert await names(unit) == ["Bakery of the sun"] * 2
        assert len(asked) == 3
        await unit.operators.update_workspace(
            replace(await unit.operators.workspace(bakery.space), name="Bakery")
        )
        assert (await unit.operators.workspace(bakery.space)).name == "Bakery"
        await unit.commit()
    # On the connection of the snapshot that was looked at before.
    async with store.reading() as connection:
        assert (await Unit(connection).operators.workspace(bakery.space)).name == "Bakery"


async def test_who_is_waited_for_goes_before_work_in_bulk_that_asked_earlier(store: Database) -> None:
    went: list[str] = []
    first, gate = asyncio.Event(), asyncio.Event()

    async def write(name: str, *, bulk: bool) -> None:
        async with store.write(bulk=bulk) as unit:
            await unit.operators.workspaces()
            if name == "first":
                first.set()
                await gate.wait()
            went.append(name)

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(write("first", bulk=True))
        await first.wait()
        for n in range(3):
            group.create_task(write(f"bulk {n}", bulk=True))
        for n in range(3):
            group.create_task(write(f"tap {n}", bulk=False))
        await asyncio.sleep(0)
        gate.set()
    if store.url.drivername == SQLITE_DRIVER:
        assert went == ["first", "tap 0", "tap 1", "tap 2", "bulk 0", "bulk 1", "bulk 2"]
    else:
        assert sorted(went) == ["bulk 0", "bulk 1", "bulk 2", "first", "tap 0", "tap 1", "tap 2"]


async def test_work_in_bulk_gives_way_between_a_unit_that_leads_and_the_one_that_follows(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_writer, "FOLLOWED_WITHIN", 60)  # and as soon as it is followed, it goes on
    went: list[str] = []
    first = asyncio.Event()

    async def write(name: str, **how: bool) -> None:
        async with store.write(**how) as unit:
            await unit.operators.workspaces()
            went.append(name)

    async def tap() -> None:
        async with store.write(leads=True) as unit:
            first.set()
            await unit.operators.workspaces()
        # What lies between: the update is handed to its lane, and read.
        async with store.read() as unit:
            await unit.operators.workspaces()
        await write("tap", follows=True)

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(tap())
        await first.wait()
        for n in range(2):
            group.create_task(write(f"bulk {n}", bulk=True))
        group.create_task(write("webhook"))
    assert sorted(went) == ["bulk 0", "bulk 1", "tap", "webhook"]
    if store.url.drivername == SQLITE_DRIVER:
        assert went[:2] == ["webhook", "tap"]


async def test_what_never_follows_holds_nobody_up_for_long(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_writer, "FOLLOWED_WITHIN", 0.01)
    over = asyncio.Event()

    async def lead() -> None:
        while not over.is_set():
            async with store.write(leads=True) as unit:
                await unit.operators.workspaces()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(lead())
        for _ in range(10):
            async with store.write(bulk=True) as unit:
                await unit.operators.workspaces()
        over.set()


async def test_many_writers_at_once_all_get_their_turn(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async def count(database: Database) -> None:
        async with database.write() as unit:
            await unit.accounts.count_usage(bakery.account, 1, at=NOW)
            await unit.commit()

    await asyncio.gather(*(count(database) for database in (store, other_process) * 20))
    async with store.read() as unit:
        assert await unit.accounts.usage(bakery.account, since=NOW) == [(NOW, 40)]


async def test_what_was_committed_stays_when_a_later_step_is_undone(
    store: Database, other_process: Database
) -> None:
    async with store.write() as unit:
        await a_workspace(unit, name="kept")
        await unit.commit()
        await a_workspace(unit, name="undone")
    async with other_process.read() as unit:
        assert [space.name for space in await unit.operators.workspaces()] == ["kept"]


async def test_an_error_of_the_database_does_not_tell_what_was_written(store: Database) -> None:
    secret = "the operator's words"
    row = {"chat_id": 5, "kind": secret, "args": None}
    with pytest.raises(DBAPIError) as failed:
        async with store.connection() as connection:
            await connection.execute(insert(prompts).values(row))
    assert secret not in str(failed.value.statement) and "parameters hidden" in str(failed.value)


async def test_a_row_that_refers_to_nothing_is_refused(store: Database) -> None:
    row = {"workspace_id": 404, "telegram_id": 5, "name": "x", "role": "owner", "created_at": NOW}
    with pytest.raises(DBAPIError):
        async with store.connection() as connection:
            await connection.execute(insert(members).values(row))
            await connection.commit()


async def test_a_moment_without_a_zone_is_refused(store: Database) -> None:
    with pytest.raises(Exception, match="a moment needs a time zone"):
        async with store.write() as unit:
            await unit.operators.add_admin(5, at=NOW.replace(tzinfo=None))


async def _no_room(store: Database) -> None:
    """SQLite cannot grow its file any more."""
    async with store.connection() as connection:
        pages = await connection.scalar(text("PRAGMA page_count"))
        await connection.execute(text(f"PRAGMA max_page_count = {int(pages or 0)}"))
        await connection.rollback()


async def _cut_off(other_process: Database) -> None:
    """PostgreSQL ends everybody's connections."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    async with other_process.connection() as connection:
        mine = "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        await connection.execute(text(f"{others} {mine}"))


async def test_a_store_without_room_or_out_of_reach_says_so_and_not_that_the_work_was_wrong(
    store: Database, other_process: Database
) -> None:
    on_sqlite = store.url.drivername == SQLITE_DRIVER
    if on_sqlite:
        await _no_room(store)
    with pytest.raises(StoreAway):
        async with store.write() as unit:
            await a_workspace(unit, name="lost" * 1_000_000)
            if not on_sqlite:
                await _cut_off(other_process)
            await unit.commit()
    async with store.write() as unit:
        await a_workspace(unit, name="kept")
        await unit.commit()
    async with store.read() as unit:
        assert [space.name for space in await unit.operators.workspaces()] == ["kept"]


async def test_a_statement_that_is_wrong_is_no_store_that_is_away(store: Database) -> None:
    with pytest.raises(DBAPIError):
        async with store.read() as unit:
            await unit._db.execute(text("SELECT misspelt FROM nowhere"))
