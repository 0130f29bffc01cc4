"""SQLite's thread is visited once for each statement, and gives what the driver itself would give."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from storage.tables import workspaces
from tests.fakes.stores import NOW, a_workspace, open_store


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """To the thread, as they are asked for."""
    seen: list[str] = []
    real = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, function: object, *args: object, **more: object) -> object:
        seen.append(getattr(function, "__name__", "?"))
        return await real(self, function, *args, **more)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    yield seen


async def test_a_statement_is_one_visit_and_so_is_the_first_with_its_begin(
    tmp_path: Path, visits: list[str]
) -> None:
    async with open_store(tmp_path) as store, store.connection() as connection:
        visits.clear()
        rows = (await connection.execute(text("SELECT 1 UNION SELECT 2"))).all()
        assert [tuple(row) for row in rows] == [(1,), (2,)]
        assert len(visits) == 1
        await connection.execute(text("SELECT 1"))
        assert len(visits) == 2


async def test_where_nothing_was_asked_nobody_goes_there(tmp_path: Path, visits: list[str]) -> None:
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            await a_workspace(unit)
            await unit.commit()
        visits.clear()
        async with store.connection() as connection:
            await connection.begin()
            await connection.rollback()
            await connection.begin()
            await connection.commit()
        assert visits == []


async def test_what_is_streamed_first_is_of_the_same_snapshot(tmp_path: Path) -> None:
    names = select(workspaces.c.name).order_by(workspaces.c.id)
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            for name in "abc":
                await a_workspace(unit, name=name)
            await unit.commit()
        async with store.reading() as connection:
            streamed = await connection.stream(names)
            seen = [row.name async for row in streamed]
            async with store.write() as unit:
                await a_workspace(unit, name="d")
                await unit.commit()
            assert seen == list("abc") == (await connection.execute(names)).scalars().all()


async def test_nothing_is_kept_of_a_transaction_that_could_not_begin(tmp_path: Path) -> None:
    """Another process writes, for longer than anybody waits; then it is begun with the next statement."""
    named = text("UPDATE workspaces SET name = 'new'")
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            await a_workspace(unit, name="old")
            await unit.commit()
        async with store.connection() as connection:
            await connection.execute(text("PRAGMA busy_timeout = 1"))
            await connection.rollback()
            with closing(sqlite3.connect(str(store.url.database), isolation_level=None)) as another:
                another.execute("BEGIN IMMEDIATE")
                for _ in range(2):
                    with pytest.raises(OperationalError, match="locked"):
                        await connection.execute(named)
                another.execute("ROLLBACK")
                await connection.execute(named)
                assert another.execute("SELECT name FROM workspaces").fetchall() == [("old",)]
            await connection.rollback()
            assert (await connection.execute(select(workspaces.c.name))).scalars().all() == ["old"]


async def test_what_a_failed_commit_left_open_is_undone_at_once(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for words in (
            "CREATE TABLE one (id INTEGER PRIMARY KEY)",
            "CREATE TABLE two (one INTEGER REFERENCES one (id) DEFERRABLE INITIALLY DEFERRED)",
        ):
            async with store.connection() as connection:
                await connection.execute(text(words))
                await connection.commit()
        with pytest.raises(IntegrityError):
            async with store.connection() as connection:
                await connection.execute(text("INSERT INTO two VALUES (7)"))
                await connection.commit()
        with closing(sqlite3.connect(str(store.url.database), isolation_level=None, timeout=0)) as another:
            another.execute("BEGIN IMMEDIATE")
        async with store.write() as unit:
            await a_workspace(unit)
            await unit.commit()
        async with store.reading() as connection:
            assert (await connection.execute(text("SELECT * FROM two"))).all() == []


async def test_who_is_cancelled_before_it_began_leaves_nothing_open(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        async with store.connection() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            goes_on = threading.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(driver._execute(goes_on.wait))
                asked = group.create_task(connection.execute(text("DELETE FROM workspaces")))
                for _ in range(3):
                    await asyncio.sleep(0)
                asked.cancel()
                goes_on.set()
            assert asked.cancelled()
        async with asyncio.timeout(5), store.write() as unit:
            await a_workspace(unit)
            await unit.commit()
        with closing(sqlite3.connect(str(store.url.database), isolation_level=None, timeout=0)) as another:
            another.execute("BEGIN IMMEDIATE")


async def test_what_was_changed_and_returned_is_known(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            first, second = [await a_workspace(unit, name=name) for name in ("One", "Two")]
            await unit.commit()
        async with store.connection() as connection:
            changed = await connection.execute(
                text("UPDATE workspaces SET name = name || '!' RETURNING id, name")
            )
            assert {tuple(row) for row in changed} == {(first, "One!"), (second, "Two!")}
            plain = await connection.execute(text("UPDATE workspaces SET name = 'x' WHERE id = 99"))
            assert plain.rowcount == 0
            many = await connection.execute(
                text("UPDATE workspaces SET name = :name WHERE id = :id"),
                [{"id": first, "name": "a"}, {"id": second, "name": "b"}],
            )
            assert many.rowcount == 2
            names = await connection.execute(select(workspaces.c.name).order_by(workspaces.c.id))
            assert names.scalars().all() == ["a", "b"]


async def test_an_error_is_the_drivers_own_and_the_connection_goes_on(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.connection() as connection:
        with pytest.raises(IntegrityError):
            await connection.execute(insert(workspaces).values(id=1, name=None, created_at=NOW))
        assert (await connection.execute(text("SELECT 7"))).scalar() == 7


async def test_rows_can_be_streamed_without_holding_them_all(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.connection() as connection:
        found = await connection.stream(
            text(
                "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 90) SELECT x FROM n"
            )
        )
        assert sum([row.x async for row in found]) == 90 * 91 // 2
