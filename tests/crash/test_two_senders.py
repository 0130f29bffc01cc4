"""One desk on PostgreSQL and several processes that send for it; one is killed with -9 in the middle.

What people got is counted by the simulated phones, in another process, not by our own tables.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import pytest
from sqlalchemy import func, make_url, select, text

from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState, Tally
from domain.kernel.ids import CampaignId
from storage.database import Database
from storage.migrate import migrate
from storage.tables import attempts
from tests.crash.processes import Process, bot_environment, sandbox_process
from tests.desk_data import campaign_to_everybody

#: Numbers, each with a campaign of its own to so many people.
NUMBERS: Final = 6
PEOPLE: Final = 1_500
PATIENCE: Final = 240.0
KEY: Final = "k" * 40


@dataclass(frozen=True, kw_only=True)
class SharedDesk:
    database: Database
    client: httpx.AsyncClient
    phones: str
    folder: Path
    environment: dict[str, str]
    campaigns: list[CampaignId] = field(default_factory=list)

    async def begin(self, people: int = PEOPLE) -> None:
        """A campaign from each number, to `people` of its own."""
        for n in range(NUMBERS):
            linked = (await self.client.post(f"{self.phones}/accounts", json={})).raise_for_status().json()
            id, _ = await campaign_to_everybody(
                self.database, people=people, remote=linked["account"], number=linked["number"],
                telegram_id=1001 + n, first=n * people,
            )  # fmt: skip
            self.campaigns.append(id)

    async def until_at_work(self, *processes: Process) -> None:
        """Until all of them take turns."""
        async with asyncio.timeout(PATIENCE):
            while await self._count("procrastinate.procrastinate_workers") < len(processes):
                for one in processes:
                    assert one.running, one.log.read_text()[-4000:]
                await asyncio.sleep(0.05)

    async def _count(self, table: str) -> int:
        async with self.database.connection() as connection:
            return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608

    def process(self, command: str, name: str) -> Process:
        return Process([command], self.environment, self.folder / f"{name}.log")

    async def received(self) -> dict[str, Any]:
        totals: dict[str, Any] = (await self.client.get(f"{self.phones}/api/received/totals")).json()
        return totals

    async def until_both_send(self, *processes: Process) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(await self.owners()) < len(processes):
                for one in processes:
                    assert one.running, one.log.read_text()[-4000:]
                await asyncio.sleep(0.02)

    async def owners(self) -> Mapping[str, int]:
        """Which processes have sent, and how many messages."""
        async with self.database.connection() as connection:
            a = attempts.c
            rows = await connection.execute(select(a.owner, func.count()).group_by(a.owner))
            return {row[0]: row[1] for row in rows}

    async def the_end(self) -> list[Tally]:
        """Until every campaign is completed."""
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self.database.read() as unit:
                    states = {(await unit.campaigns.any(id)).state for id in self.campaigns}
                    if states == {CampaignState.COMPLETED}:
                        return [await unit.delivery.tally(id) for id in self.campaigns]
                await asyncio.sleep(0.2)


@asynccontextmanager
async def shared_desk(folder: Path) -> AsyncIterator[SharedDesk]:
    async with sandbox_process(folder) as url, fresh_database() as address:
        await migrate(address)
        phones = f"{url}/phones"
        async with (
            Database.open(address) as database,
            httpx.AsyncClient(trust_env=False, timeout=30) as client,
        ):
            environment = bot_environment(
                url, folder, DATABASE_URL=address, SECRET_KEY=KEY, LOG_LEVEL="warning",
                MEDIA_URL=str(folder / "media"), MAX_RECIPIENTS_PER_CAMPAIGN=str(PEOPLE),
                MAX_SENDS_PER_DAY=str(10 * PEOPLE),
            )  # fmt: skip
            yield SharedDesk(
                database=database, client=client, phones=phones, folder=folder, environment=environment
            )


@asynccontextmanager
async def fresh_database() -> AsyncIterator[str]:
    url = make_url(os.environ["MASSSENDER_TEST_POSTGRES"])
    name = f"masssender_shared_{secrets.token_hex(4)}"
    server = url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
        await connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.mark.crash
async def test_one_sender_is_killed_in_the_middle_and_the_others_finish(tmp_path: Path) -> None:
    async with shared_desk(tmp_path) as desk:
        killed, other = desk.process("sender", "killed"), desk.process("sender", "other")
        await killed.start()
        await other.start()
        await desk.until_at_work(killed, other)
        await desk.begin()
        await desk.until_both_send(killed, other)
        await killed.kill()
        tallies = await desk.the_end()
        got = (await desk.received())["numbers"]
        assert await other.stop() == 0
        rows = []
        async with desk.database.read() as unit:
            for id in desk.campaigns:
                rows += [row async for row in unit.delivery.stream_recipients(id)]

    assert [number for number, times in got.items() if times > 1] == []
    assert len(rows) == sum(tally.included for tally in tallies) == NUMBERS * PEOPLE
    reached = {RecipientState.SENT, RecipientState.DELIVERED, RecipientState.READ}
    for row in rows:
        if row.number in got:
            assert row.state in reached | {RecipientState.UNKNOWN}, (row.number, row.state)
        else:
            assert row.state in {RecipientState.UNKNOWN, RecipientState.FAILED}, (row.number, row.state)
    unknown = sum(tally.unknown for tally in tallies)
    print(f"\none of two senders killed: {len(got)} got it once, {unknown} unknown")
