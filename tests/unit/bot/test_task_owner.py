"""Tasks that are told to end do."""

import asyncio

import pytest

from bot import tasks as tasks_module
from bot.tasks import TaskOwner


async def test_one_that_loses_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `asyncio.wait_for` of Python 3.11 does when what it waits for comes at the same moment."""
    monkeypatch.setattr(tasks_module, "TOLD_AGAIN", 0.01)
    lost: list[str] = []

    async def loses_one() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append("a cancellation")

    async with asyncio.timeout(20), TaskOwner() as tasks:
        tasks.start("loses one", loses_one())
        await asyncio.sleep(0)
    assert lost == ["a cancellation"]
