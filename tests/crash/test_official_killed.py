"""A campaign over the official channel under every fault, and the bot killed with -9 in the middle of it.

What people got is counted by WhatsApp's stand-in, in another process, not by our own tables. Its webhooks
come shuffled and repeated, into a bot that may not be there; what a kill or a silence left unknown, they
resolve. One person says stop just before a kill: once the bot took that in, they get nothing.
"""

import asyncio
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

import httpx
import pytest

from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState, Tally
from domain.kernel.ids import CampaignId
from tests.fakes.stores import number_of
from tests.official_desk import APP_SECRET, OfficialDesk, official_desk
from tests.unit.cloud.bodies import inbound
from tests.unit.cloud.cast import NUMBER_ID
from whatsapp.cloud.webhooks import sign

#: `make crash-test` writes to 20,000 and kills ten times; fewer do for every day.
PEOPLE: Final = int(os.environ.get("MASSSENDER_OFFICIAL_PEOPLE", "6000"))
KILLS: Final = int(os.environ.get("MASSSENDER_OFFICIAL_KILLS", "3"))
SEED: Final = int(os.environ.get("MASSSENDER_CRASH_SEED", "20261126"))
#: What the number may send a second. Each 130429 halves its speed, whoever makes it up: with 2 % of them it
#: keeps to some forty a second.
THROUGHPUT: Final = 1000
PATIENCE: Final = 120 + PEOPLE / 10
FAULTS: Final = (
    {"kind": "error", "share": 0.05, "status": 500},
    {"kind": "silence_after", "share": 0.02},
    {"kind": "code", "share": 0.02, "code": 130429},
)
R = RecipientState


async def until_taken(desk: OfficialDesk, count: int) -> None:
    """Watch the stand-in until it took so many, or the bot ends."""
    async with asyncio.timeout(PATIENCE):
        while desk.bot.running and (await desk.received())["accepted"] < count:
            await asyncio.sleep(0.005)
    assert desk.bot.running, desk.bot.log.read_text()[-4000:]


async def keep_going(desk: OfficialDesk, campaign: CampaignId) -> None:
    """Failures in a row pause a campaign; its operator goes on with it, again and again."""
    async with desk.database.write() as unit:
        now = await unit.campaigns.any(campaign)
        if now.state is CampaignState.PAUSED:
            going = replace(now, state=CampaignState.RUNNING, pause_reason=None, faults_in_row=0)
            await unit.campaigns.save(going, expected=now.version)
            await unit.commit()


async def the_end(desk: OfficialDesk, campaign: CampaignId) -> Tally:
    """Until nobody waits, and everything that WhatsApp tells was told and worked."""
    async with asyncio.timeout(PATIENCE):
        while True:
            assert desk.bot.running, desk.bot.log.read_text()[-4000:]
            await keep_going(desk, campaign)
            async with desk.database.read() as unit:
                state = (await unit.campaigns.any(campaign)).state
            if state is CampaignState.COMPLETED:
                break
            await asyncio.sleep(0.1)
        while not (await desk.control("GET", "webhooks?wait=10&until=done"))["idle"]:
            await asyncio.sleep(0.1)
        while await waiting(desk):
            await asyncio.sleep(0.05)
    return await desk.tally(campaign)


async def waiting(desk: OfficialDesk) -> int:
    async with desk.database.read() as unit:
        return len(await unit.cloud.webhooks(limit=1))


@pytest.mark.crash
async def test_under_every_fault_and_kill_nobody_is_sent_twice_and_webhooks_resolve_the_rest(
    tmp_path: Path,
) -> None:
    last = number_of(PEOPLE - 1)
    moments = sorted(Random(SEED).sample(range(100, PEOPLE * 3 // 4), KILLS))
    print(f"\nseed {SEED}: {PEOPLE} people, kill -9 when so many were taken: {moments}")
    arguments = ("--silence-seconds", "1", "--seed", str(SEED))
    async with official_desk(tmp_path, *arguments, throughput=THROUGHPUT) as desk:
        await desk.control("POST", "behaviour", {"read_share": 0.5, "delivered_after": [0, 1]})
        manner = {"shuffle": True, "repeat_share": 0.2, "repeat_posts_share": 0.1, "retry_most": 1}
        await desk.control("POST", "webhooks/manner", manner)
        await desk.bot.start()
        await desk.listen()
        for fault in FAULTS:
            await desk.control("POST", "faults", fault)
        campaign = await desk.campaign(PEOPLE)
        for moment in moments:
            going = asyncio.ensure_future(_going(desk, campaign))  # noqa: TID251
            try:
                await until_taken(desk, moment)
                if moment == moments[0]:
                    await says_stop(desk, last)
            finally:
                going.cancel()
            await desk.bot.kill()
            await desk.bot.start()
        tally = await the_end(desk, campaign)
        received = await desk.received()
        people = await everybody(desk)
        faults = (await desk.control("GET", "faults"))["faults"]
        async with desk.database.read() as unit:
            rows = [row async for row in unit.delivery.stream_recipients(campaign)]
            aside = await unit.cloud.webhooks_aside()
        assert await desk.bot.stop() == 0

    assert (received["twice"], received["accepted_twice"], received["trackers_repeated"]) == (0, 0, 0)
    assert len(rows) == tally.included == PEOPLE
    assert aside == 0
    assert all(fault["spoiled"] for fault in faults), faults
    # Who said stop got the one word that it was heard, if anything; everybody else, the template.
    words = received["content"].pop("text", 0)
    assert words == (last in people)
    assert sum(received["content"].values()) == len(people) - words
    # Unknown stay only those whom nothing reached: of everybody else WhatsApp told.
    unknown = {row.number for row in rows if row.state is R.UNKNOWN}
    assert unknown.isdisjoint(people)
    for row in rows:
        if row.number == last:
            assert row.state is R.SKIPPED, row.reason
        elif row.number in people:
            # WhatsApp told of it: even what a kill or a silence had left unknown is known.
            assert row.state in {R.SENT, R.DELIVERED, R.READ}, (row.number, row.state, row.reason)
        else:
            assert row.state in {R.UNKNOWN, R.FAILED}, (row.number, row.state, row.reason)
    struck = ", ".join(f"{fault['kind']} {fault['spoiled']}" for fault in faults)
    print(
        f"{KILLS} kills; {struck}: {len(people)} got it once, {len(unknown)} unknown, {tally.failed} failed"
    )


async def _going(desk: OfficialDesk, campaign: CampaignId) -> None:
    while True:
        await keep_going(desk, campaign)
        await asyncio.sleep(0.1)


async def says_stop(desk: OfficialDesk, number: str) -> None:
    """The bot answered that it has it: what becomes of the bot now, it counts."""
    told = inbound("text", text={"body": "STOP"}, timestamp=str(int(time.time()) + 1), from_user_id=None)
    told["entry"][0]["changes"][0]["value"]["contacts"] = []
    raw = json.dumps(told).replace(NUMBER_ID, str(desk.account["phone_number_id"]))
    raw = raw.replace("16505551234", number.removeprefix("+"))
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"http://127.0.0.1:{desk.webhooks}/webhooks/whatsapp", content=raw,
            headers={"X-Hub-Signature-256": sign(raw.encode(), APP_SECRET)},
        )  # fmt: skip
    assert answer.status_code == 200, answer.text


async def everybody(desk: OfficialDesk) -> set[str]:
    """The numbers of all whose message was taken."""
    found: set[str] = set()
    after = ""
    while True:
        page = (await desk.control("GET", f"received/people?after={after}&limit=5000"))["people"]
        if not page:
            return found
        found |= {f"+{one['wa_id']}" for one in page if one["accepted"]}
        after = page[-1]["wa_id"]
