"""Campaigns in the states that tests of their screens begin from."""

from dataclasses import replace

from bot.chat.codec import Press
from domain.campaigns.model import Campaign, CampaignState
from domain.kernel.ids import CampaignId
from tests.chat.campaign_desk import Operator
from tests.fakes.stores import NOW, a_campaign, a_list, a_running_campaign

S = CampaignState


async def list_of(ayse: Operator, people: int, *, name: str = "Customers", agreed: bool = True) -> int:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, people, name=name, agreed=agreed)
        await unit.commit()
    return made


async def draft(ayse: Operator, people: int = 5, *, text: str = "Hello {name}") -> Campaign:
    """A draft with everything in it, open at its review."""
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, people)
        campaign = await a_campaign(unit, ayse.home, ayse.member_id, ayse.account, made, text=text)
        await unit.commit()
    await ayse.press(Press(action="dr.review", id=campaign.id))
    return campaign


async def running(ayse: Operator, people: int = 5) -> CampaignId:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, people)
        campaign = await a_running_campaign(unit, ayse.home, ayse.member_id, ayse.account, made)
        await unit.commit()
    await ayse.press(Press(action="cp.open", id=campaign))
    return campaign


async def make_unknown(ayse: Operator, campaign: CampaignId, people: int) -> None:
    """Claims that were never answered."""
    async with ayse.store.write() as unit:
        await unit.delivery.claim(
            campaign, ayse.account, desk="desk", owner="dead", now=NOW, lease_until=NOW, limit=people
        )
        await unit.delivery.abandon(owner_not="alive")
        await unit.commit()


async def end(ayse: Operator, campaign: CampaignId) -> None:
    async with ayse.store.write() as unit:
        known = await unit.campaigns.any(campaign)
        ended = replace(known, state=S.COMPLETED, finished_at=NOW)
        await unit.campaigns.save(ended, expected=known.version)
        await unit.commit()
