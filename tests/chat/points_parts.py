"""What conversations about points share."""

from bot.chat.codec import Press
from domain.campaigns.model import Campaign, CampaignState
from domain.wallet.model import Wallet
from tests.chat.campaign_desk import Operator
from tests.fakes.stores import a_campaign, a_list

S = CampaignState


async def draft(ayse: Operator, people: int) -> Campaign:
    """Complete, and open at its review."""
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, people)
        campaign = await a_campaign(unit, ayse.home, ayse.member_id, ayse.account, made)
        await unit.commit()
    await ayse.press(Press(action="dr.review", id=campaign.id))
    return campaign


async def wallet(ayse: Operator) -> Wallet:
    async with ayse.store.read() as unit:
        return await unit.wallet.wallet(ayse.home)
