"""Only one MassSender on a database, and only one on a bot's token: the second is told in a sentence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.chat.poller import PROBING_POLLS
from tests.chat.stage import AYSE, Stage, stage
from tests.crash.processes import Process, bot_environment, free_port

REFUSED = 2


@asynccontextmanager
async def bot_process(on: Stage, folder: Path, **environment: str) -> AsyncIterator[Process]:
    """`masssender run` as a process of its own, killed at the end if it still runs."""
    folder.mkdir(exist_ok=True)
    wish = bot_environment(on.sandbox.url, folder, **environment)
    wish.pop("SIMULATED_URL")
    process = Process(["run"], wish, folder / "bot.log")
    await process.start()
    try:
        yield process
    finally:
        await process.kill()


async def ended(process: Process) -> int:
    async with asyncio.timeout(60):
        while process.running:
            await asyncio.sleep(0.05)
    return await process.stop()


async def settled(on: Stage) -> None:
    """Until the first bot has polled often enough to be the one that stays."""
    async with asyncio.timeout(60):
        while len(await on.client.journal("getUpdates")) <= len(PROBING_POLLS):
            await asyncio.sleep(0.05)


async def test_it_can_be_stopped_while_telegram_is_away(tmp_path: Path) -> None:
    """Nobody listens at that address."""
    wish = bot_environment(f"http://127.0.0.1:{free_port()}", tmp_path)
    process = Process(["run"], wish, tmp_path / "bot.log")
    await process.start()
    try:
        async with asyncio.timeout(60):
            while "trying again" not in process.log.read_text():
                await asyncio.sleep(0.05)
        async with asyncio.timeout(10):
            assert await process.stop() == 0
    finally:
        await process.kill()
    assert "Traceback" not in process.log.read_text()


async def test_a_second_one_is_refused_on_the_same_database_and_on_the_same_token(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, bot_process(on, tmp_path / "first"):
        chat = on.client.chat(AYSE)
        await chat.say("/start")
        await chat.wait_for("Before you start", timeout=60)
        await settled(on)
        async with (
            bot_process(on, tmp_path / "first") as same_database,
            bot_process(on, tmp_path / "other") as same_token,
        ):
            assert await ended(same_database) == REFUSED
            assert await ended(same_token) == REFUSED
        said = (tmp_path / "first" / "bot.log").read_text()
        assert "Another MassSender runs on this database already" in said
        said = (tmp_path / "other" / "bot.log").read_text()
        assert "Another program polls Telegram with this bot's token already" in said
        assert "Traceback" not in said
        await chat.tap("☐ I will only message people who agreed")
        await chat.wait_for(lambda m: "☑ I will only message people who agreed" in m.button_texts)


async def test_a_token_that_telegram_does_not_know_is_said_so(tmp_path: Path) -> None:
    async with (
        stage(tmp_path) as on,
        bot_process(on, tmp_path / "wrong", TELEGRAM_BOT_TOKEN="7000000001:not-this-one") as process,
    ):
        assert await ended(process) == REFUSED
        said = (tmp_path / "wrong" / "bot.log").read_text()
        assert "token" in said and "Traceback" not in said
        assert "not-this-one" not in said
