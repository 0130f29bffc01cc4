"""A campaign over WhatsApp Web, and everything it takes killed with -9, again and again.

What people got is counted by the stand-in of WhatsApp, which nobody kills.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest

from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState, Tally
from domain.delivery.store import RecipientRow
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Pacing
from storage.database import Database
from tests.crash.browsers import browsers_in, chromium_in, kill, renderers_of, with_words
from tests.desk_data import started_campaign
from tests.web_desk import WebDesk, arrive, link_by_qr, web_desk

NUMBER: Final = "+905321234567"
PEOPLE: Final = 200
#: Of each victim. All of them: `make crash-test`.
KILLS: Final = int(os.environ.get("MASSSENDER_WEB_KILLS", "3"))
SEED: Final = int(os.environ.get("MASSSENDER_CRASH_SEED", "20261125"))
#: Slow enough that a kill hits something under way, fast enough that the suite is run.
PACING: Final = Pacing(shortest=timedelta(seconds=0.05), longest=timedelta(seconds=0.2))
#: The worker rests longer after each failure in a row. Here they come in a row on purpose.
QUICKLY: Final = {
    "WORKER_BACKOFF_FIRST_SECONDS": "0.2", "WORKER_BACKOFF_MOST_SECONDS": "1", "WORKER_MAX_RESTARTS": "1000",
    "WORKER_START_GAP_SECONDS": "0.1", "WORKER_LAUNCH_SECONDS": "8",
}  # fmt: skip
#: For everything to be back and further along after a kill.
BACK_SECONDS: Final = 120.0
REACHED: Final = {RecipientState.SENT, RecipientState.DELIVERED, RecipientState.READ}


@pytest.mark.crash
@pytest.mark.browser
async def test_nobody_gets_it_twice_whatever_is_killed_over_whatsapp_web(tmp_path: Path) -> None:
    chance = Random(SEED)
    kills = [victim for victim in VICTIMS for _ in range(KILLS)]
    chance.shuffle(kills)
    # A kill may cost one message that never leaves: the last moments would not come.
    moments = sorted(chance.sample(range(1, PEOPLE - len(kills) - 5), len(kills)))
    async with web_desk(tmp_path, QUICKLY) as desk:
        await arrive(desk.owner)
        await link_by_qr(desk, desk.owner, NUMBER)
        # What a phone has just linked is on the disk for certain once the browser was closed in order.
        assert await desk.bot.stop() == 0
        assert not chromium_in(desk.worker_folder)
        async with Database.open(desk.database) as database:
            campaign = await start(database)
            await desk.bot.start()
            for moment, victim in zip(moments, kills, strict=True):
                await until_sent(desk, moment)
                await asyncio.sleep(chance.random() * 0.3)  # anywhere between two messages
                await VICTIMS[victim](desk)
            tally = await the_end(desk, database, campaign)
            await whole_again(desk)
            got = await desk.whatsapp.counts(NUMBER)
            assert await desk.bot.stop() == 0
            async with database.read() as unit:
                rows = [row async for row in unit.delivery.stream_recipients(campaign)]
        assert not chromium_in(desk.worker_folder), "a browser was left behind"
    judge(rows, got, tally)
    print(f"{len(kills)} kills: {dict(Counter(row.state.value for row in rows))}, {len(got)} got it")


def judge(rows: Sequence[RecipientRow], got: Mapping[str, int], tally: Tally) -> None:
    assert [number for number, times in got.items() if times > 1] == []
    assert len(rows) == tally.included == PEOPLE
    for row in rows:
        if row.number in got:
            assert row.state in REACHED | {RecipientState.UNKNOWN}, (row.number, row.state)
        else:
            assert row.state in {RecipientState.UNKNOWN, RecipientState.FAILED}, (row.number, row.state)
        assert row.state is not RecipientState.FAILED or row.reason, row.number


async def start(database: Database) -> CampaignId:
    async with database.write() as unit:
        [account] = await unit.accounts.all()
        [member] = await unit.operators.members(account.workspace_id)
        id = await started_campaign(unit, account.workspace_id, member.id, people=PEOPLE, pacing=PACING)
        await unit.commit()
    return id


async def until_sent(desk: WebDesk, count: int) -> None:
    sent = await desk.whatsapp.messages(NUMBER, at_least=count, within=BACK_SECONDS / 2)
    if len(sent) < count:
        sent = await desk.whatsapp.messages(NUMBER, at_least=count, within=BACK_SECONDS / 2)
    assert len(sent) >= count, f"stuck at {len(sent)} of {count}:\n{desk.bot.log.read_text()[-6000:]}"


async def the_end(desk: WebDesk, database: Database, id: CampaignId) -> Tally:
    """Until nobody waits and nothing is on its way any more."""
    async with asyncio.timeout(BACK_SECONDS):
        while True:
            assert desk.bot.running, desk.bot.log.read_text()[-4000:]
            async with database.read() as unit:
                if (await unit.campaigns.any(id)).state is CampaignState.COMPLETED:
                    return await unit.delivery.tally(id)
            await asyncio.sleep(0.05)


async def whole_again(desk: WebDesk) -> None:
    """Until the session is back at WhatsApp, in one browser."""
    async with asyncio.timeout(BACK_SECONDS):
        while True:
            [account] = await desk.whatsapp.call("GET", "accounts")
            back = sum(device["connected"] for device in account["devices"])
            if back == 1 and len(browsers_in(desk.worker_folder)) == 1:
                return
            await asyncio.sleep(0.05)


# -- victims ---------------------------------------------------------------------------------------------


async def kill_python(desk: WebDesk) -> None:
    """The bot; whoever runs it starts it again."""
    await desk.bot.kill()
    await desk.bot.start()


async def kill_node(desk: WebDesk) -> None:
    await kill_one(lambda: with_words(desk.worker_folder.parents[1], "src/main.js"))


async def kill_chromium(desk: WebDesk) -> None:
    await kill_one(lambda: browsers_in(desk.worker_folder))


async def kill_renderer(desk: WebDesk) -> None:
    await kill_one(lambda: [pid for one in browsers_in(desk.worker_folder) for pid in renderers_of(one)])


VICTIMS: Final = {
    "python": kill_python, "node": kill_node, "chromium": kill_chromium, "renderer": kill_renderer,
}  # fmt: skip


async def kill_one(find: Callable[[], Sequence[int]]) -> None:
    """One of them, as soon as there is one: it may be on its way back from the kill before."""
    async with asyncio.timeout(BACK_SECONDS):
        while not any(kill(pid) for pid in find()[:1]):
            await asyncio.sleep(0.05)
