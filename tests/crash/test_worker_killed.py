"""A campaign over WhatsApp Web while its worker is killed with -9 again and again.

What people got is counted by the worker's far side, not by our tables.
"""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from bot.clock import SystemClock
from bot.senders import Hints
from domain.accounts.model import AccountState, Channel
from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import AccountId, CampaignId
from domain.pacing.rules import Caps, Pacing
from domain.scheduler.doubts import ClearDoubts
from domain.scheduler.news import ReadNews
from domain.scheduler.slices import AccountSlices
from storage.database import Database
from tests.contract.lines import MemoryMedia
from tests.fakes.stores import a_list, a_member, a_running_campaign, a_workspace, open_store
from tests.unit.scheduler.world import Heard
from tests.web_worker import LINE, Hands, fake_worker, link, workers_at

PEOPLE, KILLS = 60, 4
R = RecipientState


async def paced(store: Database, remote: str) -> tuple[CampaignId, AccountId]:
    """A campaign that sends one after another, without a pause."""
    moment = timedelta(microseconds=1)
    async with store.write() as unit:
        space = await a_workspace(unit)
        ayse = await a_member(unit, space)
        account = await unit.accounts.create(
            workspace_id=space, channel=Channel.WEB, number=LINE, name="Bakery", remote=remote,
            state=AccountState.CONNECTED, at=SystemClock().now(),
        )  # fmt: skip
        everybody = await a_list(unit, space, PEOPLE)
        id = await a_running_campaign(unit, space, ayse, account, everybody)
        campaign = await unit.campaigns.any(id)
        one_by_one = replace(campaign, pacing=Pacing(shortest=moment, longest=moment))
        await unit.campaigns.save(one_by_one, expected=campaign.version)
        await unit.commit()
    return id, account


@pytest.mark.crash
async def test_a_campaign_just_goes_on_while_its_worker_is_killed(tmp_path: Path) -> None:
    rng, clock, heard = Random(7), SystemClock(), Heard()
    async with (
        fake_worker(tmp_path / "worker") as own,
        workers_at(main=own) as web,
        open_store(tmp_path) as store,
    ):
        remote = await link(web, own, "s1")
        id, account = await paced(store, remote)
        gateway = web.gateway(remote, MemoryMedia())
        slices = AccountSlices(
            store=store, gateway_for=lambda _: gateway, announcer=heard, watcher=Hints(), clock=clock,
            rng=rng, caps=Caps(), owner="me", desk="d",
        )  # fmt: skip
        doubts = ClearDoubts(
            store=store, journal_for=lambda _: web.journal(remote), channels=frozenset({Channel.WEB}),
            announcer=heard, watcher=Hints(),
        )  # fmt: skip
        news = ReadNews(
            store=store, source_for=lambda _: web.news(remote), announcer=heard, watcher=Hints(), clock=clock
        )
        kill_at = set(rng.sample(range(PEOPLE), KILLS))
        for n in range(PEOPLE):
            async with asyncio.TaskGroup() as group:
                group.create_task(slices.run(account))
                if n in kill_at:
                    await asyncio.sleep(rng.random() * 0.02)
                    assert own.process is not None
                    own.process.kill()
        async with store.read() as unit:
            linked = await unit.accounts.account(account)
        await news.once(linked)
        await doubts.tick(clock.now())
        async with store.read() as unit:
            campaign = await unit.campaigns.any(id)
            rows = [row async for row in unit.delivery.stream_recipients(id)]
        got = Counter(one["to"] for one in await Hands(own).got("s1"))

    assert campaign.state in {CampaignState.RUNNING, CampaignState.COMPLETED}, campaign.pause_reason
    assert max(got.values()) == 1
    for row in rows:
        if row.state is R.UNKNOWN:
            continue  # the page died under that very send: a person decides
        assert (row.number in got) == (row.state in {R.SENT, R.DELIVERED, R.READ}), row
    states = Counter(row.state for row in rows)
    assert states[R.UNKNOWN] <= KILLS
    print(f"{KILLS} kills: {len(got)} got it once, {dict(states)}")
