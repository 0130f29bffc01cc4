"""What conversations about plans share."""

from datetime import timedelta

from domain.campaigns.model import CampaignState
from domain.kernel.ids import WorkspaceId
from domain.scheduler.unit import Unit
from tests.chat.campaign_desk import Operator
from tests.chat.stage import Stage
from tests.fakes.stores import NOW

S = CampaignState


async def plan_ends_in(unit: Unit, space: WorkspaceId, days: int, on: Stage | Operator) -> None:
    """The plan, bought long ago, ends in so many days and less than one more; below zero it has ended."""
    now = on.clock.now()
    until = (await unit.wallet.wallet(space)).plan_until
    assert until is not None
    fewer = -((until - now).days - days)
    await unit.wallet.change_plan(space, fewer, key=f"ends in {days} {now}", at=NOW - timedelta(days=30))
