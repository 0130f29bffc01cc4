"""A second instance on the same database is refused with a sentence."""

import pytest

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
