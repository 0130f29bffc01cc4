"""Which number a campaign leaves from, asked before its message is written."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.accounts.model import AccountState
from domain.kernel.ids import AccountId
from storage.database import Database
from tests.chat.campaign_desk import Operator
from tests.chat.campaign_parts import list_of
from tests.chat.drawn import labels
from tests.chat.official_draft import begin, official_campaigns
from tests.fakes.stores import NOW, an_account, open_store

OTHER = "+447700900002"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ayse(store: Database) -> Operator:
    return await Operator.begin(store)


async def another(ayse: Operator) -> AccountId:
    async with ayse.store.write() as unit:
        made = await an_account(unit, ayse.home, number=OTHER, remote="sim-of-another")
        await unit.commit()
    return made


async def is_unlinked(ayse: Operator, account: AccountId) -> None:
    async with ayse.store.write() as unit:
        await unit.accounts.set_state(account, AccountState.UNLINKED, reason=None, at=NOW)
        await unit.commit()


async def test_of_several_numbers_one_is_chosen_before_the_message_is_written(ayse: Operator) -> None:
    other = await another(ayse)
    await list_of(ayse, 2)
    await ayse.command("new")
    view = await ayse.tap("Customers")
    assert await ayse.at() == "draft.number" and "Send from which number?" in view.text
    assert labels(view) == ["✓ +447700900001 · simulated", f"{OTHER} · simulated", "⬅ Back"]
    assert "Cloud API" not in view.text
    view = await ayse.tap(OTHER)
    assert await ayse.at() == "message" and (await ayse.campaign()).account_id == other
    view = await ayse.tap("⬅ Back")
    assert f"✓ {OTHER} · simulated" in labels(view)
    await ayse.tap("⬅ Back")
    assert await ayse.at() == "audience"
    await ayse.tap("Continue")
    await ayse.tap(f"✓ {OTHER}")
    await ayse.type("Hello {name}")
    assert await ayse.at() == "media"
    view = await ayse.press(Press(action="dr.review", id=(await ayse.campaign()).id))
    assert f"From: {OTHER}" in view.text


async def test_a_draft_that_was_left_at_the_question_goes_on_there(ayse: Operator) -> None:
    await another(ayse)
    id = await list_of(ayse, 2)
    await ayse.press(Press(action="dr.new", id=id))
    assert await ayse.at() == "draft.number"
    campaign = await ayse.campaign()
    await ayse.press(Press(action="cp.open", id=campaign.id))
    await ayse.tap("Go on")
    assert await ayse.at() == "draft.number"


async def test_whoever_changes_the_people_at_the_review_is_not_asked_again(ayse: Operator) -> None:
    await another(ayse)
    await list_of(ayse, 2)
    await list_of(ayse, 1, name="Friends")
    await ayse.command("new")
    await ayse.tap("Customers")
    await ayse.tap("✓")
    await ayse.type("Hello {name}")
    await ayse.press(Press(action="dr.review", id=(await ayse.campaign()).id))
    await ayse.tap("👥 People")
    await ayse.tap("Friends")
    assert await ayse.at() == "review"
    await ayse.tap("✏️ Message")
    await ayse.tap("⬅ Back")
    assert await ayse.at() == "review"


async def test_with_one_number_that_can_send_nobody_is_asked_and_it_is_that_one(ayse: Operator) -> None:
    other = await another(ayse)
    await is_unlinked(ayse, ayse.account)
    await list_of(ayse, 2)
    await ayse.command("new")
    await ayse.tap("Customers")
    assert await ayse.at() == "message" and (await ayse.campaign()).account_id == other
    await ayse.tap("⬅ Back")
    assert await ayse.at() == "audience"


async def test_an_old_choice_of_a_number_changes_no_draft_that_went_on(ayse: Operator) -> None:
    await another(ayse)
    await list_of(ayse, 2)
    await ayse.command("new")
    await ayse.tap("Customers")
    old = await ayse.button(OTHER)
    await ayse.tap("✓")
    await ayse.type("Hello {name}")
    before = await ayse.campaign()
    await ayse.press(old.press)
    assert ayse.refused is not None and await ayse.campaign(before.id) == before


async def test_an_official_number_among_them_says_what_it_may_send_and_keeps_what_was_filled(
    tmp_path: Path,
) -> None:
    async with official_campaigns(tmp_path) as on:
        await begin(on)
        await on.ayse.tap("welcome")
        campaign = await on.ayse.campaign()
        await on.ayse.press(Press(action="dr.message", id=campaign.id))
        view = await on.ayse.tap("⬅ Back")
        assert "with a template that WhatsApp has approved" in view.text
        await on.ayse.tap("simulated")
        await on.ayse.tap("Stay with")
        assert await on.ayse.at() == "message" and await on.ayse.campaign(campaign.id) == campaign
        await on.ayse.tap("⬅ Back")
        await on.ayse.tap("simulated")
        view = await on.ayse.tap("choose anew")
        assert await on.ayse.at() == "message" and "Type it now" in view.text
        assert (await on.ayse.campaign()).account_id == on.ayse.account
