"""A desk that is put back to a copy sends to nobody again by itself, with real processes from end to end.

What people got is counted by the simulated phones, in another process, not by our own tables.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.sandbox.client import SandboxClient
from domain.campaigns.model import CampaignState, PauseReason
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import CampaignId, WorkspaceId
from domain.pacing.rules import Pacing
from storage.database import Database
from storage.migrate import migrate
from tests.chat.stage import AYSE
from tests.crash.processes import Process, bot_environment, sandbox_process
from tests.crash.test_campaign_killed import received, until_received
from tests.desk_data import campaign_to_everybody, started_campaign

PEOPLE = 200
SLOW = Pacing(shortest=timedelta(milliseconds=40), longest=timedelta(milliseconds=40))
R = RecipientState
#: Seconds in which anything has to happen, on a machine that has other things to do too.
PATIENCE = 90.0


async def ended(command: list[str], environment: dict[str, str]) -> str:
    """A command run to its end, which is good; what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *command, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={**os.environ, **environment},
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@asynccontextmanager
async def at_work(environment: dict[str, str], log: Path) -> AsyncIterator[Process]:
    """The bot, stopped in order at the end; after a failure not left behind."""
    bot = Process(["run"], environment, log)
    await bot.start()
    try:
        yield bot
        assert await bot.stop() == 0
    finally:
        await bot.kill()


async def until(database: Database, campaign: CampaignId, state: CampaignState, bot: Process) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            assert bot.running, bot.log.read_text()[-4000:]
            async with database.read() as unit:
                if (await unit.campaigns.any(campaign)).state is state:
                    return
            await asyncio.sleep(0.05)


async def another_campaign(database: Database, people: int) -> CampaignId:
    async with database.write() as unit:
        space = WorkspaceId((await unit.operators.workspaces())[0].id)
        [member] = await unit.operators.members(space)
        id = await started_campaign(unit, space, member.id, people=people, pacing=SLOW, first=PEOPLE)
        await unit.commit()
    return id


@pytest.mark.crash
async def test_nobody_gets_a_second_message_from_a_desk_that_was_put_back(tmp_path: Path) -> None:
    async with (
        sandbox_process(tmp_path) as url,
        SandboxClient(url) as chats,
        httpx.AsyncClient(trust_env=False, timeout=30) as client,
    ):
        phones, data = f"{url}/phones", tmp_path / "data"
        data.mkdir()
        address = f"sqlite+aiosqlite:///{data / 'masssender.db'}"
        await migrate(address)
        linked = (await client.post(f"{phones}/accounts", json={})).json()
        async with Database.open(address) as database:
            campaign, _ = await campaign_to_everybody(
                database, people=PEOPLE, remote=linked["account"], number=linked["number"], pacing=SLOW
            )
        environment = bot_environment(url, tmp_path, MAX_SENDS_PER_DAY=str(10 * PEOPLE), ADMIN_IDS="1001")
        async with at_work(environment, tmp_path / "bot.log") as bot:
            await chats.chat(AYSE).say("/start")
            await until_received(client, phones, PEOPLE // 5, bot)
            said = await ended(["backup"], environment)
            assert "found whole" in said.replace("\n", " ")
            at_copy = (await received(client, phones))["messages"]
            await until_received(client, phones, at_copy + PEOPLE // 4, bot)
        [copy] = (data / "backups").glob("masssender-*.db")
        before = (await received(client, phones))["numbers"]
        assert len(before) < PEOPLE, "the campaign was over before the desk was put back"
        await ended(["restore", str(copy)], environment)

        async with (
            at_work(environment, tmp_path / "again.log") as bot,
            Database.open(address) as database,
        ):
            told = await chats.chat(AYSE).wait_for("put back to a copy", timeout=PATIENCE)
            async with database.read() as unit:
                stands = await unit.campaigns.any(campaign)
                tally = await unit.delivery.tally(campaign)
            assert (stands.state, stands.pause_reason) == (CampaignState.PAUSED, PauseReason.RESTORED)
            assert tally.left == 0 and tally.unknown >= PEOPLE - at_copy
            assert "Everybody" in told.words and "unknown" in told.words
            # Its number is at work again, and sends what somebody starts now.
            new = await another_campaign(database, 10)
            await until(database, new, CampaignState.COMPLETED, bot)
            after = (await received(client, phones))["numbers"]

    assert [number for number, times in after.items() if times > 1] == []
    assert len(after) == len(before) + 10
    async with Database.open(address) as database, database.read() as unit:
        rows = [row async for row in unit.delivery.stream_recipients(campaign)]
    for row in rows:
        reached = row.state in {R.SENT, R.DELIVERED, R.READ}
        assert row.state is R.UNKNOWN or reached, row
        assert row.number in before or row.state is R.UNKNOWN, row
    print(f"\nput back: {at_copy} sent by then, {len(before)} in all, {tally.unknown} in doubt, none twice")


@pytest.mark.crash
async def test_a_copy_that_was_put_back_by_hand_knows_that_it_is_one(tmp_path: Path) -> None:
    """Without `masssender restore`: the file copied into its place."""
    async with sandbox_process(tmp_path) as url, httpx.AsyncClient(trust_env=False, timeout=30) as client:
        phones, data = f"{url}/phones", tmp_path / "data"
        data.mkdir()
        desk = data / "masssender.db"
        address = f"sqlite+aiosqlite:///{desk}"
        await migrate(address)
        linked = (await client.post(f"{phones}/accounts", json={})).json()
        async with Database.open(address) as database:
            campaign, _ = await campaign_to_everybody(
                database, people=20, remote=linked["account"], number=linked["number"]
            )
        environment = bot_environment(url, tmp_path, ADMIN_IDS="1001")
        await ended(["backup"], environment)
        async with (
            at_work(environment, tmp_path / "bot.log") as bot,
            Database.open(address) as database,
        ):
            await until(database, campaign, CampaignState.COMPLETED, bot)
        [copy] = (data / "backups").glob("masssender-*.db")
        desk.write_bytes(copy.read_bytes())
        for beside in ("-wal", "-shm"):
            desk.with_name(f"{desk.name}{beside}").unlink(missing_ok=True)
        async with (
            at_work(environment, tmp_path / "again.log") as bot,
            Database.open(address) as database,
        ):
            await until(database, campaign, CampaignState.PAUSED, bot)
            new = await another_campaign(database, 5)
            await until(database, new, CampaignState.COMPLETED, bot)
            got = (await received(client, phones))["numbers"]
    assert set(got.values()) == {1} and len(got) == 25
