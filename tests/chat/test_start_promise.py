"""What the review said is what is done: a Start button from before the price or the cap changed starts
nothing, and shows how it stands now."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.codec import LONGEST_NUMBER, Press, base36
from bot.screens.base import Desk
from bot.screens.start_promise import Promise, promised
from bot.screens.start_review import FIRST, PLAIN, SPLIT
from domain.campaigns import service
from domain.campaigns.model import Campaign, CampaignState
from domain.pacing.rules import Caps
from domain.scheduler.timers import Timers, desk_of
from domain.wallet.model import Tariff
from storage.database import Database
from tests.chat.campaign_desk import HintsSeen, Operator, leave
from tests.fakes.stores import NOW, a_campaign, a_list, open_store
from tests.unit.scheduler.world import Heard

S = CampaignState


class Owner(Operator):
    """At a desk whose price can be changed, as by a restart with other settings."""

    price = 3

    def _desk(self) -> Desk:
        return replace(super()._desk(), tariff=Tariff(points_per_recipient=self.price))

    async def held(self) -> int:
        async with self.store.read() as unit:
            return (await unit.wallet.wallet(self.home)).held


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ayse(store: Database) -> Owner:
    return await Owner.begin(store, caps=Caps(a_campaign=4, a_day=500))


async def draft(ayse: Owner, people: int) -> Campaign:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, people)
        campaign = await a_campaign(unit, ayse.home, ayse.member_id, ayse.account, made)
        await unit.commit()
    await ayse.press(Press(action="dr.review", id=campaign.id))
    return campaign


async def note(ayse: Owner) -> str:
    return str((await ayse.panel()).args.get("note"))


async def test_start_at_an_old_price_starts_nothing_and_shows_the_new_one(ayse: Owner) -> None:
    campaign = await draft(ayse, 2)
    start = await ayse.button("Start")
    assert "Cost: 6 points" in (await ayse.look()).text
    ayse.price = 50
    view = await ayse.press(start.press)
    assert (await ayse.campaign(campaign.id)).state is S.DRAFT
    assert await ayse.at() == "review"
    assert "The price has changed" in await note(ayse)
    assert "Cost: 100 points" in view.text
    await ayse.tap("Start")
    assert ((await ayse.campaign(campaign.id)).state, await ayse.held()) == (S.RUNNING, 100)


@pytest.mark.parametrize("words", ["First 4", "Split into 2"])
async def test_first_or_split_with_another_cap_starts_nothing(ayse: Owner, words: str) -> None:
    campaign = await draft(ayse, 7)
    promise = await ayse.button(words)
    ayse.caps = Caps(a_campaign=2, a_day=500)
    await ayse.press(promise.press)
    assert (await ayse.campaign(campaign.id)).state is S.DRAFT
    assert "How many people one campaign may have was changed" in await note(ayse)


async def test_send_to_fewer_at_an_old_price_starts_nothing(ayse: Owner) -> None:
    campaign = await draft(ayse, 3)
    await leave(ayse, 1000)
    ayse.price = 500
    await ayse.press(Press(action="dr.review", id=campaign.id))
    await ayse.tap("Start")
    two = await ayse.button("Send to 2")
    ayse.price = 1
    await ayse.press(two.press)
    assert ((await ayse.campaign(campaign.id)).state, await ayse.held()) == (S.DRAFT, 0)
    assert "The price has changed" in await note(ayse)


# -- scheduled -------------------------------------------------------------------------------------------


async def timed(ayse: Owner, people: int = 2) -> Campaign:
    """A draft that is to start in two hours, at its review."""
    made = await draft(ayse, people)
    async with ayse.store.write() as unit:
        when = NOW + timedelta(hours=2)
        await service.edit(desk_of(unit), made, expected=made.version, at=NOW, scheduled_at=when)
        await unit.commit()
    return made


async def test_schedule_at_an_old_price_schedules_nothing(ayse: Owner) -> None:
    campaign = await timed(ayse)
    button = await ayse.button("Schedule")
    ayse.price = 50
    await ayse.press(button.press)
    assert (await ayse.campaign(campaign.id)).state is S.DRAFT
    assert "The price has changed" in await note(ayse)


async def test_what_is_scheduled_starts_at_the_price_it_was_scheduled_at(ayse: Owner) -> None:
    campaign = await timed(ayse)
    await ayse.tap("Schedule")
    ayse.price = 50
    assert "Cost: 6 points" in (await ayse.look()).text
    timers = Timers(
        store=ayse.store, announcer=Heard(), watcher=HintsSeen(), clock=ayse.clock, caps=ayse.caps
    )
    await timers.tick(NOW + timedelta(hours=3))
    assert ((await ayse.campaign(campaign.id)).state, await ayse.held()) == (S.RUNNING, 6)


async def test_starting_it_now_costs_what_it_was_scheduled_at_too(ayse: Owner) -> None:
    campaign = await timed(ayse)
    await ayse.tap("Schedule")
    ayse.price = 50
    await ayse.tap("Start now")
    assert ((await ayse.campaign(campaign.id)).state, await ayse.held()) == (S.RUNNING, 6)


async def test_a_draft_again_costs_what_the_desk_asks_now(ayse: Owner) -> None:
    campaign = await timed(ayse)
    await ayse.tap("Schedule")
    ayse.price = 50
    await ayse.press(
        Press(action="cp.unsched", id=campaign.id, rev=(await ayse.campaign(campaign.id)).version)
    )
    assert "Cost: 100 points" in (await ayse.look()).text


# -- in a button -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [PLAIN, FIRST, SPLIT])
def test_a_promise_travels_whole_and_fits_even_with_the_dearest_settings(way: int) -> None:
    for promise in (
        Promise(way=way, price=0, cap=1),
        Promise(way=way, price=1000, cap=1_000_000, people=10_000_000),
    ):
        assert promised(promise.x) == promise
        assert len(base36(promise.x)) <= LONGEST_NUMBER
