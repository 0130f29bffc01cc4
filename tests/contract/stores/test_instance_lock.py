"""A second instance on the same database is refused with a sentence."""

import asyncio

import pytest
from sqlalchemy import text

from storage import lock
from storage.database import Database
from storage.lock import AlreadyRunning, take_lock


async def test_the_second_instance_is_refused_until_the_first_ends(url: str) -> None:
    async with take_lock(url):
        with pytest.raises(AlreadyRunning) as refused:
            async with take_lock(url):
                raise AssertionError("two instances hold the same database")
        assert str(refused.value).startswith("MassSender is already running on this database")
        assert str(refused.value).endswith("Stop that one first.")
    async with take_lock(url):
        pass


async def test_an_instance_that_fails_lets_go(url: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with take_lock(url):
            raise ZeroDivisionError
    async with take_lock(url):
        pass


async def test_a_lock_that_was_lost_with_its_connection_is_taken_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not url.startswith("postgresql"):
        return  # a file's lock ends with its process
    monkeypatch.setattr(lock, "LOOK_EVERY", 0.05)
    async with Database.open(url) as other, take_lock(url):
        async with other.connection() as connection:
            here = "(SELECT oid FROM pg_database WHERE datname = current_database())"
            holds = f"SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = {here}"  # noqa: S608
            before = await connection.scalar(text(holds))
            await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
            async with asyncio.timeout(20):
                while await connection.scalar(text(holds)) in {None, before}:
                    await asyncio.sleep(0.05)
        with pytest.raises(AlreadyRunning):
            async with take_lock(url):
                raise AssertionError("two instances hold the same database")
