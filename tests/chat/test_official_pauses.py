"""What pauses a campaign over the official channel, and what lets it go on."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignState, PauseReason
from tests.chat.drawn import labels
from tests.chat.official import Official
from tests.chat.official_draft import at_review, at_whatsapp, official_campaigns, running
from tests.contract.cloud_standin.stage import WELCOME
from tests.fakes.stores import NOW


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Official]:
    async with official_campaigns(tmp_path) as opened:
        yield opened


async def paused(on: Official, reason: PauseReason) -> None:
    known = await running(on)
    async with on.ayse.store.write() as unit:
        held = replace(known, state=CampaignState.PAUSED, pause_reason=reason)
        await unit.campaigns.save(held, expected=known.version)
        await unit.commit()


async def test_one_that_was_paused_meanwhile_cannot_be_chosen_nor_started(on: Official) -> None:
    campaign = await at_review(on)
    start = (await on.ayse.button("✅ Start")).press
    await at_whatsapp(on, "welcome", status="PAUSED")
    await on.ayse.press(start)
    assert await on.ayse.at() == "review"
    assert (await on.ayse.campaign(campaign.id)).state is CampaignState.DRAFT
    assert "WhatsApp has it as <b>paused</b>" in (await on.ayse.look()).text
    view = await on.ayse.tap("Message")
    assert not any("welcome" in label for label in labels(view))


async def test_a_template_paused_in_mid_campaign_is_explained_on_the_card_and_goes_on_when_it_is_back(
    on: Official,
) -> None:
    campaign = await running(on)
    await at_whatsapp(on, "welcome", status="PAUSED")
    view = await on.ayse.press(Press(action="cp.open", id=campaign.id))
    assert "paused (its template cannot be sent" in view.text
    assert "The template <b>welcome</b> is paused at WhatsApp now" in view.text
    assert "When it is approved again tap Resume" in view.text
    [told] = await on.notices()
    assert "The template <b>welcome</b> (en) is paused at WhatsApp now, and cannot be sent. Paused:" in told
    await on.ayse.tap("Resume")
    assert on.ayse.refused is not None and "WhatsApp has it as" in on.ayse.refused
    await at_whatsapp(on, "welcome", status="APPROVED")
    assert "can be sent again. It can go on: tap Resume" in (await on.ayse.look()).text
    await on.ayse.tap("Resume")
    assert (await on.ayse.campaign()).state is CampaignState.RUNNING


async def test_a_template_edited_in_mid_campaign_pauses_it_and_is_not_sent_with_holes(on: Official) -> None:
    campaign = await running(on)
    body = [{"type": "BODY", "text": "Welcome {{first_name}}, {{gift}} waits."}]
    await at_whatsapp(on, "welcome", components=body)
    view = await on.ayse.press(Press(action="cp.open", id=campaign.id))
    assert "The template <b>welcome</b> was edited at WhatsApp" in view.text
    assert "repeat the campaign and choose anew" in view.text
    await on.ayse.tap("Resume")
    assert on.ayse.refused is not None and "has other blanks now" in on.ayse.refused
    await at_whatsapp(on, "welcome", components=WELCOME)
    await on.ayse.tap("Resume")
    assert (await on.ayse.campaign()).state is CampaignState.RUNNING


async def test_one_whose_number_was_removed_goes_on_once_the_same_number_is_back(on: Official) -> None:
    campaign = await running(on)
    account, _ = await on.account()
    await on.ayse.press(Press(action="link.remove.do", id=account.id))
    await on.ayse.press(Press(action="cp.open", id=campaign.id))
    await on.ayse.tap("Resume")
    assert on.ayse.refused is not None
    assert f"Its number {account.number} has been removed here. Add the same number again" in on.ayse.refused
    await on.add()
    await on.ayse.press(Press(action="cp.open", id=campaign.id))
    await on.ayse.tap("Resume")
    going = await on.ayse.campaign(campaign.id)
    assert (going.state, going.account_id) == (CampaignState.RUNNING, account.id)


async def test_a_draft_whose_number_was_removed_is_told_to_choose_another(on: Official) -> None:
    campaign = await at_review(on)
    account, _ = await on.account()
    await on.ayse.press(Press(action="link.remove.do", id=account.id))
    view = await on.ayse.press(Press(action="dr.review", id=campaign.id))
    assert "The number it was to leave from has been removed. Choose another: tap Number" in view.text
    assert "📱 Number" in labels(view)


async def test_a_pause_for_the_token_says_what_to_do_and_when_it_is_done(on: Official) -> None:
    await paused(on, PauseReason.TOKEN)
    account, _ = await on.account()

    async def turn(state: AccountState) -> str:
        async with on.ayse.store.write() as unit:
            await unit.accounts.set_state(account.id, state, reason="token_refused", at=NOW)
            await unit.commit()
        return (await on.ayse.look()).text

    text = await turn(AccountState.RESTRICTED)
    assert "does not accept the number's access token" in text
    assert "Give the number a new access token" in text
    assert "It can go on: tap Resume" in await turn(AccountState.CONNECTED)


async def test_a_refused_token_names_the_campaigns_that_were_paused_for_it(on: Official) -> None:
    campaign = await running(on)
    account, _ = await on.account()
    await on.whatsapp.control("DELETE", f"tokens/{on.token}")
    await on.ayse.press(Press(action="cloud.refresh", id=account.id))
    [told] = await on.notices()
    assert "any more: it has run out or was taken back. Paused: Customers." in told
    held = await on.ayse.campaign(campaign.id)
    assert (held.state, held.pause_reason) == (CampaignState.PAUSED, PauseReason.TOKEN)
    fresh = await on.whatsapp.control("POST", "tokens", {})
    await on.ayse.press(Press(action="cloud.token", id=account.id))
    await on.ayse.type(fresh["token"])
    assert "These wait for your Resume: Customers." in str((await on.ayse.panel()).args["note"])
    await on.ayse.press(Press(action="cp.open", id=campaign.id))
    await on.ayse.tap("Resume")
    assert (await on.ayse.campaign(campaign.id)).state is CampaignState.RUNNING
