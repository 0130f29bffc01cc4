"""Whoever pauses several campaigns takes them in one order: on PostgreSQL, two orders end in a deadlock."""

from datetime import timedelta
from pathlib import Path

from bot.senders import Hints
from domain.campaigns.model import CampaignState, PauseReason
from domain.campaigns.service import pause_all_of
from domain.kernel.ids import CampaignId
from domain.scheduler.licence import AT_A_TIME, stop_workspace
from tests.fakes.stores import NOW, a_campaign
from tests.unit.scheduler.world import World, world


async def running(on: World, many: int) -> list[CampaignId]:
    """The last one was served longest ago."""
    ids = []
    async with on.store.write() as unit:
        for n in range(many):
            campaign = await a_campaign(unit, on.space, on.ayse, on.account, state=CampaignState.RUNNING)
            await unit.campaigns.served(campaign.id, at=NOW - timedelta(minutes=n))
            ids.append(campaign.id)
        await unit.commit()
    return ids


async def test_a_stopped_workspace_pauses_its_campaigns_by_their_ids(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        ids = await running(on, AT_A_TIME + 2)
        async with on.store.write() as unit:
            why = PauseReason.PLAN_ENDED
            paused = await stop_workspace(unit, on.heard, Hints(), on.space, why, NOW)
    assert [campaign.id for campaign in paused] == ids


async def test_a_stopped_number_pauses_its_campaigns_by_their_ids(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        ids = await running(on, 3)
        async with on.store.write() as unit:
            paused = await pause_all_of(unit.campaigns, on.account, PauseReason.RESTRICTED, at=NOW)
    assert [campaign.id for campaign in paused] == ids
