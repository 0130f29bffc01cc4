"""A world whose plan and suspension a test sets."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.campaigns import service
from domain.campaigns.model import Campaign
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import AccountId, CampaignId
from domain.pacing.rules import NORMAL
from domain.scheduler.timers import desk_of
from domain.wallet.model import Wallet
from tests.fakes.stores import a_list, a_running_campaign
from tests.unit.scheduler.world import World

RICH = 3650


ONE_MINUTE = timedelta(minutes=1)


async def plan(on: World, days: int, *, key: str = "test") -> datetime:
    """So many days more, or fewer; returns where the plan ends then."""
    async with on.store.write() as unit:
        change = await unit.wallet.change_plan(on.space, days, key=key, at=on.clock.now())
        await unit.commit()
    assert change is not None
    return change.ends_at


async def plan_of(on: World, days: int) -> datetime:
    """A plan of just so many days, bought now."""
    return await plan(on, days - RICH, key=f"of {days}")


async def suspend(on: World, why: str | None) -> None:
    async with on.store.write() as unit:
        at = on.clock.now() if why is not None else None
        await unit.operators.suspend(on.space, why=why, at=at)
        await unit.commit()


async def one_by_one(on: World, people: int, account: AccountId | None = None) -> CampaignId:
    """Under way, with a pause after each."""
    async with on.store.write() as unit:
        name = f"list {account}"
        everybody = await a_list(unit, on.space, people, name=name, first=100 * (account or 0))
        id = await a_running_campaign(unit, on.space, on.ayse, account or on.account, everybody)
        made = await unit.campaigns.any(id)
        await unit.campaigns.save(replace(made, pacing=NORMAL), expected=made.version)
        await unit.commit()
    return id


async def campaign(on: World, id: CampaignId) -> Campaign:
    async with on.store.read() as unit:
        return await unit.campaigns.any(id)


async def states(on: World, id: CampaignId) -> Sequence[RecipientState]:
    async with on.store.read() as unit:
        return [row.state for row in await unit.delivery.recipients(id)]


async def wallet(on: World) -> Wallet:
    async with on.store.read() as unit:
        return await unit.wallet.wallet(on.space)


async def resume(on: World, id: CampaignId) -> None:
    async with on.store.write() as unit:
        paused = await unit.campaigns.any(id)
        await service.resume(desk_of(unit), paused, expected=paused.version, at=on.clock.now())
        await unit.commit()


async def drive(on: World, slices: int = 12) -> None:
    for _ in range(slices):
        await on.slices().run(on.account)
        on.clock.advance(seconds=10)
