"""What is particular to SQLite, and the helper that starts PostgreSQL for tests."""

from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database, parse_url
from tests.fakes.stores import a_workspace, open_store
from tests.postgres import running_postgres


async def test_a_write_inside_ones_own_write_is_refused_rather_than_waiting_for_ever(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.write() as unit:
        await a_workspace(unit)
        with pytest.raises(RuntimeError, match="already inside a write unit"):
            async with store.write():
                raise AssertionError("let in twice")
        await unit.commit()


async def test_a_file_is_written_so_that_a_power_cut_loses_nothing(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.connection() as connection:
        found = [
            await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


async def test_a_store_opened_again_is_the_same_store(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.write() as unit:
        await a_workspace(unit, name="Bakery")
        await unit.commit()
    async with open_store(tmp_path) as store, store.read() as unit:
        assert [space.name for space in await unit.operators.workspaces()] == ["Bakery"]


@pytest.mark.parametrize(
    ("given", "driver"),
    [("sqlite:///a.db", "sqlite+aiosqlite"), ("postgresql://u@h/d", "postgresql+psycopg")],
)
def test_an_address_without_a_driver_gets_ours(given: str, driver: str) -> None:
    assert parse_url(given).drivername == driver
    assert Database.open(given).url.drivername == driver


def test_a_server_that_is_named_is_used_instead_of_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASSSENDER_TEST_POSTGRES", "postgresql+psycopg://somewhere/x")
    with running_postgres() as url:
        assert url == "postgresql+psycopg://somewhere/x"
