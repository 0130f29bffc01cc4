"""A campaign over the official channel: a template or a text, its speed, its number, again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.accounts.model import Account
from domain.campaigns.model import Campaign, CampaignState
from domain.delivery.template_values import FromColumn
from domain.delivery.templates import Slot
from domain.hours.model import Hours
from domain.hours.presets import read_spans
from domain.kernel.ids import AccountId
from domain.pacing.channel_limits import PeopleLimit
from domain.pacing.rules import DAY, NORMAL
from tests.chat.campaign_desk import PHOTO
from tests.chat.campaign_parts import draft
from tests.chat.drawn import labels
from tests.chat.official import Official
from tests.chat.official_draft import at_review, begin, filled, official_campaigns, running
from tests.fakes.cloud import a_cloud_account
from tests.fakes.stores import NOW, number_of


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Official]:
    async with official_campaigns(tmp_path) as opened:
        yield opened


async def test_the_whole_way_from_a_template_to_a_running_campaign(on: Official) -> None:
    await begin(on)
    view = await on.ayse.look()
    assert "within the last 24 hours" in view.text
    assert {"✅ welcome · en", "✅ spring · en"} <= set(labels(view))
    view = await on.ayse.tap("welcome")
    assert "As Person 0 will read it:\n<blockquote>Welcome Person 0, your code is {{code}}." in view.text
    assert "✅ <b>{{first_name}}</b>: the column <b>name</b>" in view.text
    assert "⚠️ <b>{{code}}</b>: nothing yet" in view.text
    await on.ayse.tap("✏️ {{code}}")
    view = await on.ayse.tap("no")
    assert "Welcome Person 0, your code is 0." in view.text
    view = await on.ayse.tap("Continue")
    assert await on.ayse.at() == "preview"
    assert "Welcome Person 0, your code is 0." in view.text
    view = await on.ayse.tap("Continue")
    assert "Now: 20 messages a second" in view.text
    await on.ayse.tap("As fast as it may: 1,000 a second")
    await on.ayse.tap("⚡ Now")
    view = await on.ayse.look()
    assert "As Person 0 will read it:\n<blockquote>🧾 welcome · en\n" in view.text
    assert "Welcome Person 0, your code is 0." in view.text and "1,000 messages a second" in view.text
    assert "🖼 Media" not in labels(view)
    await on.ayse.tap("✅ Start")
    campaign = await on.ayse.campaign()
    assert (campaign.state, campaign.text, round(campaign.pacing.rate)) == (CampaignState.RUNNING, "", 1000)
    assert campaign.template is not None
    assert campaign.template.values == {
        Slot("body.first_name"): FromColumn(column="name"), Slot("body.code"): FromColumn(column="no")
    }  # fmt: skip


async def test_a_text_is_possible_and_it_is_said_whom_it_reaches(on: Official) -> None:
    await filled(on)
    await on.ayse.press(Press(action="dr.message", id=(await on.ayse.campaign()).id))
    await on.ayse.type("Thank you, {name}!")
    campaign = await on.ayse.campaign()
    assert (campaign.template, campaign.text) == (None, "Thank you, {name}!")
    view = await on.ayse.press(Press(action="dr.review", id=campaign.id))
    account, _ = await on.account()
    assert f"it reaches only those who wrote to {account.number} within the last 24 hours" in view.text
    assert "⚠️ <b>nobody</b> can get it right now" in view.text and "3 people" not in view.text
    assert "Tap <b>Message</b> and choose an approved template" in view.text
    assert not any("Start" in label for label in labels(view)) and "Cost" not in view.text
    await wrote(on, account, (0, timedelta()), (1, DAY))
    view = await on.ayse.press(Press(action="dr.review", id=campaign.id))
    assert "✅ <b>1 person</b> can get it right now" in view.text
    assert "2 people did not, so they do not get it, and cost nothing." in view.text
    assert "nobody" not in view.text and "✅ Start" in labels(view)
    assert "Cost: 1 point. 3 are held until it has ended" in view.text


async def wrote(on: Official, account: Account, *people: tuple[int, timedelta]) -> None:
    """So many of the list, each so long ago."""
    now = on.ayse.clock.now()
    async with on.ayse.store.write() as unit:
        await unit.cloud.people_wrote(account.id, [(number_of(n), now - ago) for n, ago in people])
        await unit.commit()


async def a_text(on: Official) -> Campaign:
    """In place of a template; at its review."""
    await filled(on)
    await on.ayse.press(Press(action="dr.message", id=(await on.ayse.campaign()).id))
    await on.ayse.type("Thank you, {name}!")
    campaign = await on.ayse.campaign()
    await on.ayse.press(Press(action="dr.review", id=campaign.id))
    return campaign


async def test_an_old_start_of_a_text_that_reaches_nobody_any_more_says_so_and_starts_nothing(
    on: Official,
) -> None:
    account, _ = await on.account()
    campaign = await a_text(on)
    await wrote(on, account, (0, timedelta()))
    start = await on.ayse.button("✅ Start")
    on.ayse.clock.advance(hours=25)
    view = await on.ayse.press(start.press)
    assert (
        await on.ayse.at() == "review" and (await on.ayse.campaign(campaign.id)).version == campaign.version
    )
    assert on.ayse.toast == "Nobody can get this text now. Choose an approved template under Message."
    assert "and nobody did. So nobody would get it." in view.text


async def test_a_text_for_later_says_who_can_get_it_then_and_may_wait_for_more(on: Official) -> None:
    account, _ = await on.account()
    campaign = await a_text(on)
    await wrote(on, account, (0, timedelta(hours=1)), (1, timedelta(hours=20)))
    await on.ayse.tap("🕘 When")
    await on.ayse.type("23:30")
    view = await on.ayse.look()
    assert "✅ <b>1 person</b> can get it, as it stands" in view.text
    assert f"when it starts, at 23:30, it reaches only those who wrote to {account.number}" in view.text
    view = await on.ayse.tap("✅ Schedule")
    assert "So far that is 1 person." in view.text and "▶️ Start now" in labels(view)
    assert "Cost: 1 point." in view.text
    start = await on.ayse.button("Start now")
    on.ayse.clock.advance(hours=30)
    view = await on.ayse.look()
    assert "So far that is nobody." in view.text and "▶️ Start now" not in labels(view)
    await on.ayse.press(start.press)
    assert on.ayse.toast is not None and "Nobody can get this text now" in on.ayse.toast
    assert (await on.ayse.campaign(campaign.id)).state is CampaignState.SCHEDULED


async def test_outside_its_hours_a_text_is_for_those_who_can_get_it_when_they_open(on: Official) -> None:
    account, _ = await on.account()
    late = Hours(week=(read_spans("20-21"),) * 7, zones=(on.ayse.workspace.zone,))
    async with on.ayse.store.write() as unit:
        await unit.hours.save(account.id, late, expected=None, at=NOW)
        await unit.commit()
    await wrote(on, account, (0, timedelta(hours=1)), (1, timedelta(hours=22)))
    await a_text(on)
    view = await on.ayse.look()
    assert "✅ <b>1 person</b> can get it, as it stands" in view.text
    assert "when it starts, at 20:00, it reaches only those" in view.text
    on.ayse.clock.advance(hours=24)
    view = await on.ayse.look()
    assert "and so far that is nobody." in view.text and "✅ Start" not in labels(view)


async def test_templates_are_paged_and_fetched_anew_from_the_draft(on: Official) -> None:
    await begin(on)
    for n in range(9):
        await on.template(f"offer_{n}")
    await on.template("gone", status="REJECTED")
    await on.ayse.tap("Fetch the templates")
    view = await on.ayse.look()
    assert sum("· en" in label for label in labels(view)) == 8
    view = await on.ayse.tap("▶")
    assert {"✅ spring · en", "✅ welcome · en"} <= set(labels(view))
    assert not any("gone" in label for label in labels(view))


async def test_the_speed_is_typed_as_messages_a_second_up_to_what_the_number_may(on: Official) -> None:
    await on.whatsapp.control("POST", f"numbers/{on.remote}", {"throughput": 80})
    account, _ = await on.account()
    await on.numbers.refresh(account.id)
    await filled(on)
    view = await on.ayse.tap("Continue")
    assert "✓ 🚶 20 a second" in labels(view) and "🚀 As fast as it may: 80 a second" in labels(view)
    await on.ayse.tap("Custom")
    for wrong in ("8-15", "fast", "-3", "0.5"):
        await on.ayse.type(wrong)
        assert on.ayse.refused is not None and "as a number of messages a second" in on.ayse.refused
    for wrong in ("0", "81", "1000000"):
        await on.ayse.type(wrong)
        assert on.ayse.refused is not None
    assert "1 to 80 messages a second" in str(on.ayse.refused)
    await on.ayse.type("50/s")
    assert round((await on.ayse.campaign()).pacing.rate) == 50
    assert await on.ayse.at() == "when"


async def test_the_finish_is_by_the_speed_and_by_the_limit_of_new_people(on: Official) -> None:
    campaign = await at_review(on)
    assert "Expected finish: 12:00" in (await on.ayse.look()).text
    _, cloud = await on.account()
    async with on.ayse.store.write() as unit:
        await unit.cloud.save(replace(cloud, people=PeopleLimit(people=2)))
        await unit.commit()
    view = await on.ayse.press(Press(action="dr.review", id=campaign.id))
    assert "Expected finish: 3 Mar 12:01" in view.text


async def other_number(on: Official) -> Account:
    async with on.ayse.store.read() as unit:
        return await unit.accounts.account(on.ayse.account)


async def test_another_number_takes_no_template_along_and_goes_as_its_channel_does(on: Official) -> None:
    await at_review(on)
    other, before = await other_number(on), await on.ayse.campaign()
    await on.ayse.tap("Number")
    view = await on.ayse.tap(other.number)
    assert await on.ayse.campaign(before.id) == before, "it is asked first"
    account, _ = await on.account()
    assert f"The template belongs to {account.number}" in view.text
    assert "the template <b>welcome</b> with what went into its blanks" in view.text
    assert labels(view)[0] == f"Stay with {account.number}"
    await on.ayse.tap("choose anew")
    campaign = await on.ayse.campaign()
    assert (campaign.account_id, campaign.template, campaign.pacing) == (other.id, None, NORMAL)
    assert "There is no message yet" in (await on.ayse.look()).text


async def test_who_stays_with_the_number_keeps_the_template_and_what_fills_it(on: Official) -> None:
    before = await at_review(on)
    await on.ayse.tap("Number")
    await on.ayse.tap((await other_number(on)).number)
    view = await on.ayse.tap("Stay with")
    assert await on.ayse.campaign() == before
    assert "🧾 welcome · en" in view.text


async def test_a_template_goes_along_to_a_number_of_the_same_business(on: Official) -> None:
    before, (_, cloud) = await at_review(on), await on.account()
    async with on.ayse.store.write() as unit:
        sister = await a_cloud_account(
            unit, on.ayse.home, number="+447700900063", remote="100000000000008", waba_id=cloud.waba_id
        )
        await unit.commit()
    await on.ayse.tap("Number")
    view = await on.ayse.tap("+447700900063")
    after = await on.ayse.campaign()
    assert await on.ayse.at() == "review" and "🧾 welcome · en" in view.text
    assert (after.account_id, after.template, after.pacing) == (sister, before.template, before.pacing)


async def test_what_a_template_takes_the_place_of_is_said_and_the_other_way_round(on: Official) -> None:
    await begin(on)
    await on.ayse.type("Hello, {name}!")
    await on.ayse.send(PHOTO)
    await on.ayse.press(Press(action="dr.message", id=(await on.ayse.campaign()).id, x=1))
    await on.ayse.tap("welcome")
    said = await on.ayse.said()
    assert "Not sent any more: your text (tap to copy): <code>Hello, {name}!</code>, photo, 0.1 MB." in said
    await on.ayse.press(Press(action="dr.message", id=(await on.ayse.campaign()).id, x=1))
    await on.ayse.type("Hello again")
    said = await on.ayse.said()
    assert said == "↩️ Not sent any more: the template <b>welcome</b> with what went into its blanks."
    await on.ayse.press(Press(action="dr.message", id=(await on.ayse.campaign()).id, x=1))
    await on.ayse.type("Hello once more")
    assert "note" not in (await on.ayse.panel()).args


@pytest.mark.parametrize("typed", ["1", "80"])
async def test_an_official_speed_does_not_go_along_to_a_number_of_another_kind(
    on: Official, typed: str
) -> None:
    campaign = await at_review(on)
    await on.ayse.tap("Speed")
    await on.ayse.tap("Custom")
    view = await on.ayse.type(typed)
    assert f"Speed: {typed} message" in view.text
    await on.ayse.tap("Number")
    await on.ayse.tap((await other_number(on)).number)
    await on.ayse.tap("choose anew")
    assert (await on.ayse.campaign(campaign.id)).pacing == NORMAL
    view = await on.ayse.press(Press(action="dr.review", id=campaign.id))
    assert "Speed: normal, 2-5 s between messages" in view.text
    assert "✓ 🚶 Normal 2-5 s" in labels(await on.ayse.tap("Speed"))


async def ended(on: Official, campaign: Campaign, *, default: AccountId) -> None:
    """Over, and open; new drafts leave from `default`."""
    async with on.ayse.store.write() as unit:
        known = await unit.campaigns.any(campaign.id)
        over = replace(known, state=CampaignState.COMPLETED, finished_at=NOW)
        await unit.campaigns.save(over, expected=known.version)
        await unit.accounts.set_default(default)
        await unit.commit()
    await on.ayse.press(Press(action="cp.open", id=campaign.id))


async def test_a_repeat_keeps_the_template_and_the_number_that_has_it(on: Official) -> None:
    campaign = await running(on)
    await ended(on, campaign, default=on.ayse.account)
    await on.ayse.tap("Repeat")
    again = await on.ayse.campaign()
    assert again.id != campaign.id
    assert (again.account_id, again.template, again.pacing) == (
        campaign.account_id, campaign.template, campaign.pacing
    )  # fmt: skip
    await on.ayse.tap("✅ Start")
    assert (await on.ayse.campaign(again.id)).state is CampaignState.RUNNING


async def test_a_repeated_text_goes_from_the_number_it_went_from_whatever_the_default_is(
    on: Official,
) -> None:
    account, _ = await on.account()
    campaign = await draft(on.ayse)
    await on.ayse.tap("Speed")
    await on.ayse.tap("Custom")
    await on.ayse.type("1-2")
    slow = (await on.ayse.campaign(campaign.id)).pacing
    await on.ayse.tap("✅ Start")
    await ended(on, campaign, default=account.id)
    view = await on.ayse.tap("Repeat")
    again = await on.ayse.campaign()
    assert (again.account_id, again.pacing, again.text) == (on.ayse.account, slow, "Hello {name}")
    assert f"From: {(await other_number(on)).number}" in view.text and "1-2 s between messages" in view.text
    assert "note" not in (await on.ayse.panel()).args


async def test_a_repeated_official_text_stays_with_its_number_and_speed(on: Official) -> None:
    account, _ = await on.account()
    campaign = await a_text(on)
    await wrote(on, account, (0, timedelta()))
    await on.ayse.tap("✅ Start")
    await ended(on, campaign, default=on.ayse.account)
    view = await on.ayse.tap("Repeat")
    assert (await on.ayse.campaign()).account_id == campaign.account_id
    assert "20 messages a second" in view.text


@pytest.mark.parametrize("has_template", [False, True])
async def test_a_repeat_whose_number_was_removed_says_loudly_where_it_goes_from_now(
    on: Official, has_template: bool
) -> None:
    account, _ = await on.account()
    campaign = await at_review(on)
    if not has_template:
        await on.ayse.tap("Message")
        await on.ayse.type("Thank you, {name}!")
        await wrote(on, account, (0, timedelta()))
    await on.ayse.tap("✅ Start")
    await ended(on, campaign, default=on.ayse.account)
    async with on.ayse.store.write() as unit:
        await unit.accounts.remove(account.id)
        await unit.commit()
    await on.ayse.tap("Repeat")
    again, other = await on.ayse.campaign(), await other_number(on)
    assert (again.account_id, again.template, again.pacing) == (other.id, None, NORMAL)
    said = await on.ayse.said()
    assert f"It went from {account.number}, which has been removed here" in said
    assert f"This draft goes from {other.number}: normal, 2-5 s between messages" in said
    assert ("Choose the message anew" in said) == has_template
    assert again.text == ("" if has_template else "Thank you, {name}!")
