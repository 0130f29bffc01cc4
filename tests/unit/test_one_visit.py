"""SQLite's thread is visited once for each statement, and gives what the driver itself would give."""

from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from storage.tables import workspaces
from tests.fakes.stores import NOW, a_workspace, open_store


async def test_a_statement_is_one_visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[str] = []
    real = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, function: object, *args: object, **more: object) -> object:
        visits.append(getattr(function, "__name__", "?"))
        return await real(self, function, *args, **more)  # type: ignore[no-untyped-call]

    async with open_store(tmp_path) as store, store.connection() as connection:
        await connection.execute(text("SELECT 1"))
        monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
        rows = (await connection.execute(text("SELECT 1 UNION SELECT 2"))).all()
        assert [tuple(row) for row in rows] == [(1,), (2,)]
        assert len(visits) == 1
        monkeypatch.undo()


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
