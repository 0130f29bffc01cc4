"""What a start costs, and what is offered when there are too few points for it."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.codec import Press
from bot.chat.panels import open_to
from bot.chat.view import View
from bot.screens.base import Desk
from domain.campaigns import service
from domain.campaigns.model import Campaign
from domain.kernel.ids import CampaignId
from domain.operators.model import Role
from domain.pacing.rules import Caps
from domain.scheduler.timers import desk_of
from domain.wallet.model import Tariff, Wallet
from storage.database import Database
from tests.chat.campaign_desk import Operator, leave
from tests.chat.drawn import labels
from tests.chat.points_parts import S, draft, wallet
from tests.fakes.stores import NOW, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ayse(store: Database) -> Operator:
    return await Operator.begin(store)


async def fates(ayse: Operator, id: int) -> Mapping[str, int]:
    """Whoever is excluded by their reason, the others by their state."""
    async with ayse.store.read() as unit:
        rows = await unit.delivery.recipients(CampaignId(id), limit=1000)
    return Counter(str(row.reason or row.state) for row in rows)


async def become(ayse: Operator, role: Role) -> None:
    async with ayse.store.write() as unit:
        await unit.operators.set_role(ayse.member_id, role)
        await unit.commit()


async def as_shown(ayse: Operator) -> View:
    """The present screen without what whoever looks may not press, as the chat shows it."""
    view = await ayse.look()
    async with ayse.store.read() as unit:
        return replace(view, rows=open_to(await ayse.scene(unit), view.rows))


# -- the review --------------------------------------------------------------------------------------------


async def test_the_review_says_what_it_costs_and_what_there_is(ayse: Operator) -> None:
    await leave(ayse, 900)
    await draft(ayse, 150)
    view = await ayse.look()
    assert "Cost: 150 points, 900 available" in view.text
    assert "more than there is" not in view.text


async def test_over_the_cap_it_says_what_the_first_of_them_cost_and_what_all_of_them_do(
    store: Database,
) -> None:
    ayse = await Operator.begin(store, caps=Caps(a_campaign=2, a_day=500))
    await leave(ayse, 900)
    await draft(ayse, 5)
    assert "Cost: 2 points for the first 2, 5 for everybody; 900 available" in (await ayse.look()).text


async def test_with_too_few_points_it_says_so_and_start_is_still_there(ayse: Operator) -> None:
    await leave(ayse, 3)
    await draft(ayse, 5)
    view = await ayse.look()
    assert "Cost: 5 points, 3 available" in view.text
    assert "more than there is" in view.text
    assert "✅ Start" in labels(view)


async def test_where_sending_is_free_nothing_is_said_of_points_and_none_are_needed(store: Database) -> None:
    ayse = await Free.begin(store)
    await leave(ayse, 0)
    await draft(ayse, 5)
    assert "Cost" not in (await ayse.look()).text
    await ayse.tap("Start")
    assert await ayse.at() == "campaign"
    assert "Cost" not in (await ayse.tap("Show it all here")).text


class Free(Operator):
    """At a desk that sends for nothing."""

    def _desk(self) -> Desk:
        return replace(super()._desk(), tariff=Tariff(points_per_recipient=0))


# -- too few -----------------------------------------------------------------------------------------------


async def test_too_few_points_at_start_offer_to_buy_or_to_send_to_as_many_as_there_are(
    ayse: Operator,
) -> None:
    await leave(ayse, 3)
    campaign = await draft(ayse, 5)
    view = await ayse.tap("Start")
    assert await ayse.at() == "points.short"
    assert "Needs 5 points, you have 3." in view.text
    assert labels(view) == ["⭐ Buy", "✅ Send to 3", "⬅ Back"]
    assert (await ayse.button("Buy")).press.action == "bl.buy"
    assert (await ayse.campaign(campaign.id)).state is S.DRAFT
    assert await wallet(ayse) == Wallet(
        workspace_id=ayse.home, balance=3, plan_until=(await wallet(ayse)).plan_until
    )


async def test_send_to_three_sends_to_three_and_the_others_are_excluded_for_want_of_points(
    ayse: Operator,
) -> None:
    await leave(ayse, 3)
    campaign = await draft(ayse, 5)
    await ayse.tap("Start")
    await ayse.tap("Send to 3")
    assert (await ayse.campaign(campaign.id)).state is S.RUNNING
    assert await fates(ayse, campaign.id) == {"waiting": 3, "no_points": 2}
    assert (await wallet(ayse)).available == 0
    assert (await wallet(ayse)).held == 3
    view = await ayse.tap("Show it all here")
    assert "Cost so far 0 points, 3 held" in view.text
    assert "Excluded 2" in view.text


async def test_no_more_are_sent_to_than_was_promised_though_points_came_in_meanwhile(ayse: Operator) -> None:
    await leave(ayse, 3)
    campaign = await draft(ayse, 5)
    await ayse.tap("Start")
    promised = await ayse.button("Send to 3")
    await leave(ayse, 100, key="bought")
    await ayse.press(promised.press)
    assert await fates(ayse, campaign.id) == {"waiting": 3, "no_points": 2}


async def test_points_that_are_gone_by_the_tap_lead_to_the_same_question(ayse: Operator) -> None:
    await leave(ayse, 9)
    campaign = await draft(ayse, 5)
    start = await ayse.button("Start")
    await leave(ayse, 4, key="spent elsewhere")
    view = await ayse.press(start.press)
    assert "Needs 5 points, you have 4." in view.text
    promised = await ayse.button("Send to 4")
    await leave(ayse, 2, key="and more")
    view = await ayse.press(promised.press)
    assert await ayse.at() == "points.short"
    assert "Needs 5 points, you have 2." in view.text
    assert ayse.toast is not None
    assert "fewer" in ayse.toast
    assert (await ayse.campaign(campaign.id)).state is S.DRAFT
    await ayse.tap("Send to 2")
    assert await fates(ayse, campaign.id) == {"waiting": 2, "no_points": 3}


async def test_with_no_points_at_all_there_is_nothing_to_send_to(ayse: Operator) -> None:
    await leave(ayse, 0)
    campaign = await draft(ayse, 5)
    view = await ayse.tap("Start")
    assert labels(view) == ["⭐ Buy", "⬅ Back"]
    assert "Buy points first" in view.text
    await ayse.press(Press(action="ps.send", id=campaign.id, rev=campaign.version, x=0))
    assert (await ayse.at(), (await ayse.campaign(campaign.id)).state) == ("points.short", S.DRAFT)


async def test_back_leads_to_the_review_and_enough_points_show_the_review_by_themselves(
    ayse: Operator,
) -> None:
    await leave(ayse, 3)
    await draft(ayse, 5)
    await ayse.tap("Start")
    await leave(ayse, 5, key="bought")
    view = await ayse.look()
    assert "Cost: 5 points, 5 available" in view.text
    await leave(ayse, 3, key="gone again")
    await ayse.look()
    await ayse.tap("Back")
    assert await ayse.at() == "review"


async def test_held_points_are_said_to_be_held(ayse: Operator) -> None:
    await leave(ayse, 6)
    await draft(ayse, 4)
    await ayse.tap("Start")
    async with ayse.store.write() as unit:
        campaign = await unit.campaigns.any((await ayse.campaign()).id)
        again = await service.repeat(desk_of(unit), campaign, ayse.member_id, name="b", at=NOW)
        await unit.commit()
    await ayse.press(Press(action="dr.review", id=again.id))
    view = await ayse.tap("Start")
    assert "Needs 4 points, you have 2." in view.text
    assert "4 more are held" in view.text


async def test_a_manager_is_told_to_ask_the_owner_and_has_no_way_to_buy(ayse: Operator) -> None:
    await become(ayse, Role.MANAGER)
    await leave(ayse, 3)
    campaign = await draft(ayse, 5)
    await ayse.tap("Start")
    view = await as_shown(ayse)
    assert "Ask the owner to buy points" in view.text
    assert labels(view) == ["✅ Send to 3", "⬅ Back"]
    await ayse.tap("Send to 3")
    assert await fates(ayse, campaign.id) == {"waiting": 3, "no_points": 2}


async def test_two_taps_on_send_to_fewer_start_once(ayse: Operator) -> None:
    await leave(ayse, 3)
    campaign = await draft(ayse, 5)
    await ayse.tap("Start")
    promised = await ayse.button("Send to 3")
    await ayse.press(promised.press)
    await ayse.press(promised.press)
    assert ayse.refused == "That had changed meanwhile. Here is how it stands now."
    assert await fates(ayse, campaign.id) == {"waiting": 3, "no_points": 2}
    assert (await wallet(ayse)).held == 3


# -- together with the cap ---------------------------------------------------------------------------------


async def test_the_first_of_a_long_list_can_be_too_many_as_well(store: Database) -> None:
    ayse = await Operator.begin(store, caps=Caps(a_campaign=4, a_day=500))
    await leave(ayse, 3)
    campaign = await draft(ayse, 9)
    view = await ayse.tap("First 4")
    assert "Needs 4 points, you have 3." in view.text
    await ayse.tap("Send to 3")
    assert (await fates(ayse, campaign.id))["waiting"] == 3
    assert sum((await fates(ayse, campaign.id)).values()) == 9


async def test_a_split_that_is_too_dear_can_go_to_fewer_in_as_many_parts_as_they_need(
    store: Database,
) -> None:
    ayse = await Operator.begin(store, caps=Caps(a_campaign=4, a_day=500))
    await leave(ayse, 6)
    campaign = await draft(ayse, 9)
    view = await ayse.tap("Split into 3")
    assert "Needs 9 points, you have 6." in view.text
    await ayse.tap("Send to 6, in 2 parts")
    async with store.read() as unit:
        parts, total = await unit.campaigns.of_workspace(ayse.home, states=[S.RUNNING])
    assert total == 2
    first, second = sorted(parts, key=lambda part: part.id)
    assert (first.id, first.name, second.name) == (campaign.id, "March (1/2)", "March (2/2)")
    assert await fates(ayse, first.id) == {"waiting": 4}
    assert (await fates(ayse, second.id))["waiting"] == 2
    assert (await wallet(ayse)).held == 6


async def test_a_split_for_fewer_than_a_campaign_takes_is_one_campaign(store: Database) -> None:
    ayse = await Operator.begin(store, caps=Caps(a_campaign=4, a_day=500))
    await leave(ayse, 2)
    campaign = await draft(ayse, 9)
    await ayse.tap("Split into 3")
    await ayse.tap("Send to 2")
    started = await ayse.campaign(campaign.id)
    assert (started.state, started.name) == (S.RUNNING, "March")
    assert (await fates(ayse, campaign.id))["waiting"] == 2


# -- scheduled ones ----------------------------------------------------------------------------------------


async def scheduled(ayse: Operator, people: int) -> Campaign:
    made = await draft(ayse, people)
    async with ayse.store.write() as unit:
        on = desk_of(unit)
        when = NOW + timedelta(hours=2)
        saved = await service.schedule(on, made, when, price=1, expected=made.version, at=NOW)
        await unit.commit()
    await ayse.press(Press(action="cp.open", id=saved.id))
    return saved


async def test_a_scheduled_campaign_that_there_are_too_few_points_for_says_so_beforehand(
    ayse: Operator,
) -> None:
    await leave(ayse, 3)
    await scheduled(ayse, 5)
    view = await ayse.look()
    assert "Cost: 5 points, 3 available" in view.text
    assert "Buy points before it starts" in view.text


async def test_starting_a_scheduled_one_now_asks_the_same_question_and_leads_back_to_it(
    ayse: Operator,
) -> None:
    await leave(ayse, 3)
    made = await scheduled(ayse, 5)
    view = await ayse.tap("Start now")
    assert "Needs 5 points, you have 3." in view.text
    await ayse.tap("Back")
    assert await ayse.at() == "campaign"
    await ayse.tap("Start now")
    await ayse.tap("Send to 3")
    assert (await ayse.campaign(made.id)).state is S.RUNNING
    assert await fates(ayse, made.id) == {"waiting": 3, "no_points": 2}
