"""Five hundred updates waiting, and the bot killed with -9 in the middle, three times over."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.chat.codec import Press, encode
from bot.sandbox.client import SandboxClient
from storage.database import Database
from tests.chat.stage import AYSE, DENIZ, link, register
from tests.crash.processes import Process, bot_environment, sandbox_process

UPDATES = 500
KILLS = 3


async def drafts(database: Database) -> int:
    async with database.read() as unit:
        space = (await unit.operators.workspaces())[0]
        return (await unit.campaigns.of_workspace(space.id, limit=1))[1]


async def waiting(database: Database, bot_id: int) -> int:
    async with database.read() as unit:
        return len(await unit.chat.waiting_updates(bot_id))


async def until_drafts(database: Database, count: int, bot: Process) -> None:
    for _ in range(6000):
        assert bot.running, bot.log.read_text()[-4000:]
        if await drafts(database) >= count:
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"only {await drafts(database)} of {count}")


async def new_campaign_for_a_list(database: Database) -> str:
    """The data of a button that begins a draft for a list at each tap."""
    async with database.write() as unit:
        space = (await unit.operators.workspaces())[0]
        everybody = await unit.contacts.create_list(space.id, "everybody", at=datetime.now(UTC))
        await unit.commit()
    return encode(Press(action="dr.new", id=everybody))


@pytest.mark.crash
async def test_every_update_takes_effect_exactly_once_over_three_kills(tmp_path: Path) -> None:
    async with sandbox_process(tmp_path) as url, SandboxClient(url) as client:
        environment = bot_environment(url, tmp_path)
        bot = Process(["run"], environment, tmp_path / "bot.log")
        await bot.start()
        await register(client.chat(AYSE))
        await link(client.chat(AYSE))
        await register(client.chat(DENIZ))
        assert await bot.stop() == 0

        database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'masssender.db'}")
        # Each tap makes one draft: an effect that can be counted and that is not idempotent by itself.
        button = await new_campaign_for_a_list(database)
        for n in range(UPDATES):
            chat = client.chat(AYSE if n % 2 else DENIZ)
            message = await chat.wait_for(lambda m: m.from_bot)
            await chat.tap_data(message.message_id, button, forged=True)
        assert await client.updates_waiting() >= UPDATES

        for kill in range(1, KILLS + 1):
            bot = Process(["run"], environment, tmp_path / "bot.log")
            await bot.start()
            await until_drafts(database, kill * UPDATES // (KILLS + 1), bot)
            await bot.kill()
            assert await drafts(database) < UPDATES
        bot = Process(["run"], environment, tmp_path / "bot.log")
        await bot.start()
        await until_drafts(database, UPDATES, bot)
        while await client.updates_waiting() or await waiting(database, 7_000_000_001):
            assert bot.running
            await asyncio.sleep(0.02)
        assert await bot.stop() == 0
        assert await drafts(database) == UPDATES
        await database.close()
