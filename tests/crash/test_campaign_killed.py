"""Ten thousand people, and the bot killed with -9 twenty times in the middle.

What people got is counted by the simulated phones, in another process, not by our own tables.
"""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState, Tally
from domain.kernel.ids import CampaignId
from domain.scheduler.taking import BATCH
from storage.database import Database
from storage.migrate import migrate
from tests.crash.processes import Process, bot_environment, sandbox_process
from tests.desk_data import campaign_to_everybody

PEOPLE = 10_000
KILLS = 20


async def received(client: httpx.AsyncClient, phones: str) -> dict[str, Any]:
    totals: dict[str, Any] = (await client.get(f"{phones}/api/received/totals")).json()
    return totals


async def until_received(client: httpx.AsyncClient, phones: str, count: int, bot: Process) -> None:
    """Watch the phones until they hold `count` messages, or the bot ends."""
    async with asyncio.timeout(60):
        while bot.running and (await received(client, phones))["messages"] < count:
            await asyncio.sleep(0.005)


async def the_end(database: Database, campaign: CampaignId, bot: Process) -> Tally:
    """Until nobody waits and nothing is on its way any more."""
    for _ in range(3000):
        assert bot.running, bot.log.read_text()[-4000:]
        async with database.read() as unit:
            tally = await unit.delivery.tally(campaign)
            state = (await unit.campaigns.any(campaign)).state
        if state is CampaignState.COMPLETED:
            return tally
        await asyncio.sleep(0.05)
    raise AssertionError(f"not finished: {tally}")


@pytest.mark.crash
async def test_nobody_is_sent_twice_and_nobody_is_forgotten_over_twenty_kills(tmp_path: Path) -> None:
    # Each kill may leave a claimed batch that never left: the phones will not see all ten thousand.
    moments = sorted(Random(20261122).sample(range(1, PEOPLE - KILLS * BATCH // 2), KILLS))
    async with sandbox_process(tmp_path) as url:
        phones = f"{url}/phones"
        (tmp_path / "data").mkdir()
        address = f"sqlite+aiosqlite:///{tmp_path / 'data' / 'masssender.db'}"
        await migrate(address)
        database = Database.open(address)
        async with httpx.AsyncClient(trust_env=False) as client:
            linked = (await client.post(f"{phones}/accounts", json={})).json()
        campaign, _ = await campaign_to_everybody(
            database, people=PEOPLE, remote=linked["account"], number=linked["number"]
        )
        environment = bot_environment(
            url, tmp_path, MAX_RECIPIENTS_PER_CAMPAIGN=str(PEOPLE), MAX_SENDS_PER_DAY=str(10 * PEOPLE)
        )
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            for moment in moments:
                bot = Process(["run"], environment, tmp_path / "bot.log")
                await bot.start()
                await until_received(client, phones, moment, bot)
                assert bot.running, bot.log.read_text()[-4000:]
                await bot.kill()
            bot = Process(["run"], environment, tmp_path / "bot.log")
            await bot.start()
            tally = await the_end(database, campaign, bot)
            got = (await received(client, phones))["numbers"]
            assert await bot.stop() == 0
        async with database.read() as unit:
            rows = [row async for row in unit.delivery.stream_recipients(campaign)]
        await database.close()

    assert [n for n, times in got.items() if times > 1] == []
    by_number = {row.number: row.state for row in rows}
    assert len(by_number) == PEOPLE
    reached = {RecipientState.SENT, RecipientState.DELIVERED, RecipientState.READ}
    for person, state in by_number.items():
        if person in got:
            assert state in reached | {RecipientState.UNKNOWN}, (person, state)
        else:
            assert state in {RecipientState.UNKNOWN, RecipientState.FAILED}, (person, state)
    assert tally.included == PEOPLE
    print(f"{KILLS} kills: {len(got)} got it once, {tally.unknown} unknown, {tally.failed} failed")
