"""What a campaign has cost, as its card, its report and the ledger say."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.chat.codec import Press
from bot.screens.campaign import report_caption
from bot.screens.campaign_card import card_of, card_text
from domain.campaigns import service
from domain.campaigns.model import AudienceKind
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Caps
from domain.scheduler.timers import desk_of
from tests.chat.campaign_desk import Operator, leave
from tests.chat.points_parts import S, draft, wallet
from tests.fakes.stores import NOW, open_store


@pytest.fixture
async def ayse(tmp_path: Path) -> AsyncIterator[Operator]:
    async with open_store(tmp_path) as store:
        yield await Operator.begin(store)


async def learn(ayse: Operator, id: int, state: RecipientState, people: int) -> None:
    """So many who wait came to that, and their points were settled."""
    async with ayse.store.write() as unit:
        campaign = await unit.campaigns.any(CampaignId(id))
        claims, _ = await unit.delivery.claim(
            campaign.id, ayse.account, desk="desk", owner="dead", now=NOW, lease_until=NOW, limit=people
        )
        assert len(claims) == people
        await unit.delivery.abandon(owner_not="alive")
        if state is RecipientState.SENT:
            await unit.delivery.count_unknown_as_sent(campaign.id, at=NOW)
        await unit.wallet.settle([campaign.id], at=NOW)
        await unit.commit()


async def test_the_card_says_what_it_has_cost_and_what_is_still_held_as_the_ledger_does(
    ayse: Operator,
) -> None:
    await leave(ayse, 9)
    campaign = await draft(ayse, 5)
    await ayse.tap("Start")
    await ayse.tap("Show it all here")
    await learn(ayse, campaign.id, RecipientState.SENT, 2)
    await learn(ayse, campaign.id, RecipientState.UNKNOWN, 1)
    assert "Cost so far 2 points, 3 held" in (await ayse.look()).text
    known = await wallet(ayse)
    assert (known.balance, known.held) == (7, 3)
    await ayse.tap("Cancel")
    await ayse.tap("Cancel it")
    view = await ayse.look()
    assert "Cost 2 points, 1 held for those that may not have arrived" in view.text
    assert (await wallet(ayse)).held == 1
    view = await ayse.press(Press(action="cp.unknown", id=campaign.id))
    assert "Their points stay held" in view.text


async def test_the_report_says_what_it_cost(ayse: Operator) -> None:
    await leave(ayse, 9)
    campaign = await draft(ayse, 2)
    await ayse.tap("Start")
    await learn(ayse, campaign.id, RecipientState.SENT, 2)
    async with ayse.store.read() as unit:
        known = await unit.campaigns.any(campaign.id)
        ended = replace(known, state=S.COMPLETED, finished_at=NOW)
        assert "Cost 2 points" in report_caption(ended, await unit.delivery.tally(campaign.id), "en")


async def test_sending_again_to_the_unknown_ones_takes_the_points_that_are_held_for_them(
    ayse: Operator,
) -> None:
    await leave(ayse, 3)
    campaign = await draft(ayse, 3)
    await ayse.tap("Start")
    await learn(ayse, campaign.id, RecipientState.UNKNOWN, 3)
    async with ayse.store.write() as unit:
        known = await unit.campaigns.any(campaign.id)
        ended = await unit.campaigns.save(
            replace(known, state=S.COMPLETED, finished_at=NOW), expected=known.version
        )
        again = await service.follow_up(
            desk_of(unit), ended, AudienceKind.UNKNOWN_OF, ayse.member_id, name="b", at=NOW
        )
        await unit.commit()
    await ayse.press(Press(action="dr.review", id=again.id))
    assert "Cost: 3 points, held for them already" in (await ayse.look()).text
    await ayse.tap("Start")
    assert (await ayse.campaign(again.id)).state is S.RUNNING
    known_wallet = await wallet(ayse)
    assert (known_wallet.balance, known_wallet.held) == (3, 3)
    async with ayse.store.read() as unit:
        card = await card_of(unit, await unit.campaigns.any(campaign.id), caps=Caps(), now=NOW)
    assert "Cost 0 points" in card_text(card, zone=ZoneInfo("UTC"), now=NOW, language="en")
