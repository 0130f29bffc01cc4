"""A campaign over the official channel: a template, what goes into its blanks, its file, its speed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.accounts.model import Account, AccountState
from domain.campaigns.model import Campaign, CampaignState, PauseReason
from domain.contacts.ports import ImportedRow
from domain.delivery.content import Media, MediaKind
from domain.delivery.template_values import Always, FromColumn
from domain.delivery.templates import Slot
from domain.pacing.channel_limits import PeopleLimit
from domain.pacing.rules import NORMAL
from tests.chat.campaign_desk import PHOTO
from tests.chat.campaign_parts import list_of
from tests.chat.drawn import labels
from tests.chat.official import Official, official
from tests.contract.cloud_standin.stage import WELCOME
from tests.fakes.stores import AGREED, NOW

MEGABYTE = 1024 * 1024
PDF = Media(kind=MediaKind.DOCUMENT, key="b" * 64, filename="menu.pdf", mime="application/pdf", size=9000)


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Official]:
    """With an official number, which campaigns leave from by themselves."""
    async with official(tmp_path) as opened:
        account, _ = await opened.add()
        await opened.ayse.press(Press(action="link.default", id=account.id))
        yield opened


async def begin(on: Official, people: int = 3) -> None:
    """A draft to so many, at its message."""
    await list_of(on.ayse, people)
    await on.ayse.command("new")
    await on.ayse.tap("Customers")


async def filled(on: Official) -> None:
    """The template `welcome` chosen and filled; at the preview."""
    await begin(on)
    await on.ayse.tap("welcome")
    await on.ayse.tap("✏️ {{code}}")
    await on.ayse.tap("no")
    await on.ayse.tap("Continue")


async def at_review(on: Official) -> Campaign:
    await filled(on)
    for step in ("Continue", "Continue", "Continue"):
        await on.ayse.tap(step)
    assert await on.ayse.at() == "review"
    return await on.ayse.campaign()


async def running(on: Official) -> Campaign:
    await at_review(on)
    await on.ayse.tap("✅ Start")
    campaign = await on.ayse.campaign()
    assert campaign.state is CampaignState.RUNNING
    return campaign


async def paused(on: Official, reason: PauseReason) -> None:
    known = await running(on)
    async with on.ayse.store.write() as unit:
        held = replace(known, state=CampaignState.PAUSED, pause_reason=reason)
        await unit.campaigns.save(held, expected=known.version)
        await unit.commit()


async def at_whatsapp(on: Official, name: str, **change: object) -> None:
    """Something about a template changes there, and is fetched."""
    _, cloud = await on.account()
    async with on.ayse.store.read() as unit:
        known = await unit.cloud.templates(cloud.waba_id)
    id = next(one.id for one in known if one.name == name)
    await on.whatsapp.control("POST", f"templates/{id}", dict(change))
    await on.numbers.refresh(cloud.account_id)


async def test_the_whole_way_from_a_template_to_a_running_campaign(on: Official) -> None:
    await begin(on)
    view = await on.ayse.look()
    assert "within the last 24 hours" in view.text
    assert {"✅ welcome · en", "✅ spring · en"} <= set(labels(view))
    view = await on.ayse.tap("welcome")
    assert "Welcome Person 0, your code is {{code}}." in view.text
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
    assert "🧾 welcome · en" in view.text and "1,000 messages a second" in view.text
    assert "🖼 Media" not in labels(view)
    await on.ayse.tap("✅ Start")
    campaign = await on.ayse.campaign()
    assert (campaign.state, campaign.text, round(campaign.pacing.rate)) == (CampaignState.RUNNING, "", 1000)
    assert campaign.template is not None
    assert campaign.template.values == {
        Slot("body.first_name"): FromColumn(column="name"), Slot("body.code"): FromColumn(column="no")
    }  # fmt: skip


async def test_a_blank_takes_a_text_that_is_the_same_for_everybody(on: Official) -> None:
    await begin(on)
    await on.ayse.tap("welcome")
    view = await on.ayse.tap("✏️ {{code}}")
    assert "Tap a column, or type a text" in view.text
    await on.ayse.type("  ")
    assert on.ayse.refused is not None and "That is empty" in on.ayse.refused
    await on.ayse.type("x" * 40_000)
    assert on.ayse.refused is not None and "32,768 are possible there" in on.ayse.refused
    view = await on.ayse.type("BREAD10")
    assert "“BREAD10” for everybody" in view.text
    assert "your code is BREAD10." in view.text
    campaign = await on.ayse.campaign()
    assert campaign.template is not None
    assert campaign.template.values[Slot("body.code")] == Always(text="BREAD10")


async def somebody_without_a_city(on: Official) -> None:
    async with on.ayse.store.write() as unit:
        [everybody] = await unit.contacts.lists(on.ayse.home)
        row = ImportedRow(number="+905312345678", name="Zeynep", attributes={"no": "7"})
        await unit.contacts.save_rows(on.ayse.home, everybody.id, [row], at=NOW)
        await unit.contacts.record_list_consent(everybody.id, AGREED)
        await unit.commit()


async def test_a_column_that_some_lack_asks_for_a_word_for_them_at_once(on: Official) -> None:
    await begin(on)
    await somebody_without_a_city(on)
    await on.ayse.tap("welcome")
    await on.ayse.tap("✏️ {{code}}")
    await on.ayse.tap("city")
    assert await on.ayse.at() == "value.fallback"
    assert "Nothing stands in the column city for 1 person" in str((await on.ayse.panel()).args["note"])
    view = await on.ayse.type("your town")
    assert "the column <b>city</b>, or “your town”" in view.text
    await on.ayse.tap("Continue")
    assert "No value" not in (await on.ayse.look()).text


async def test_who_lacks_what_stands_in_the_review_and_a_fallback_lets_it_start(on: Official) -> None:
    await at_review(on)
    await somebody_without_a_city(on)
    await on.ayse.tap("Message")
    await on.ayse.tap("What goes into the blanks")
    await on.ayse.tap("✏️ {{code}}")
    await on.ayse.tap("city")
    await on.ayse.press(Press(action="dr.review", id=(await on.ayse.campaign()).id))
    view = await on.ayse.look()
    assert "1 person for {{code}}" in view.text
    assert not any("Start" in label for label in labels(view))
    await on.ayse.tap("Give a fallback: {{code}}")
    view = await on.ayse.tap("Give a fallback")
    assert "for example <i>friend</i>" in view.text
    await on.ayse.type("your town")
    await on.ayse.tap("Continue")
    assert await on.ayse.at() == "review"
    assert any("Start" in label for label in labels(await on.ayse.look()))


async def test_a_test_of_a_template_with_a_hole_says_which(on: Official) -> None:
    await begin(on)
    await on.ayse.tap("welcome")
    campaign = await on.ayse.campaign()
    async with on.ayse.store.write() as unit:
        await unit.operators.set_test_number(on.ayse.member_id, "+905321234567")
        await unit.commit()
    await on.ayse.press(Press(action="dr.preview", id=campaign.id))
    assert "No value for: {{code}}. This person would not get it" in (await on.ayse.look()).text
    await on.ayse.tap("Send me a test")
    assert on.ayse.refused is not None and "wants a value here: {{code}}" in on.ayse.refused


async def test_a_blank_that_nothing_was_chosen_for_holds_up_the_start_for_everybody(on: Official) -> None:
    await begin(on)
    await on.ayse.tap("welcome")
    campaign = await on.ayse.campaign()
    view = await on.ayse.press(Press(action="dr.review", id=campaign.id))
    assert "3 people for {{code}}" in view.text
    assert "✏️ Say what goes in: {{code}}" in labels(view)
    await on.ayse.press(Press(action="dr.start", id=campaign.id, rev=campaign.version, x=0))
    assert (await on.ayse.campaign(campaign.id)).state is CampaignState.DRAFT


async def test_the_file_at_the_top_is_asked_for_and_held_to_whatsapps_limits(on: Official) -> None:
    await begin(on)
    await on.ayse.tap("spring")
    await on.ayse.tap("✏️ {{2}}")
    await on.ayse.type("20 %")
    await on.ayse.tap("✏️ button “See”")
    await on.ayse.type("spring-26")
    view = await on.ayse.tap("Continue")
    assert await on.ayse.at() == "media"
    assert "a picture at its top. Send me one: JPEG, PNG, up to 5 MB" in view.text
    assert labels(view) == ["⬅ Back"]
    wrong = {
        "At the top of this template stands a photo": PDF,
        "takes a photo of up to 5 MB; this one has about 6 MB": replace(PHOTO, size=6 * MEGABYTE),
        "does not take files of the kind “image/webp” here. It takes: JPEG, PNG": replace(
            PHOTO, mime="image/webp"
        ),
    }
    for sentence, file in wrong.items():
        await on.ayse.send(file)
        assert on.ayse.refused is not None and sentence in on.ayse.refused
    png = replace(PDF, filename="cake.png", mime="image/png")
    await on.ayse.send(png)
    assert await on.ayse.at() == "preview"
    assert (await on.ayse.campaign()).media == replace(png, kind=MediaKind.PHOTO)
    view = await on.ayse.look()
    assert "Dear Person 0, everything is 20 % off." in view.text
    assert "https://ada.example/spring-26" in view.text


async def test_without_its_file_a_template_cannot_start(on: Official) -> None:
    await begin(on)
    await on.ayse.tap("spring")
    campaign = await on.ayse.campaign()
    view = await on.ayse.press(Press(action="dr.review", id=campaign.id))
    assert "The template wants a photo at its top" in view.text
    assert "🖼 Media" in labels(view)


async def test_a_text_is_possible_and_it_is_said_whom_it_reaches(on: Official) -> None:
    await filled(on)
    await on.ayse.press(Press(action="dr.message", id=(await on.ayse.campaign()).id))
    await on.ayse.type("Thank you, {name}!")
    campaign = await on.ayse.campaign()
    assert (campaign.template, campaign.text) == (None, "Thank you, {name}!")
    view = await on.ayse.press(Press(action="dr.review", id=campaign.id))
    account, _ = await on.account()
    assert f"it reaches only those who wrote to {account.number} within the last 24 hours" in view.text
    assert any("Start" in label for label in labels(view))


async def test_a_file_that_the_official_channel_does_not_take_is_refused_with_a_text_too(
    on: Official,
) -> None:
    await begin(on)
    await on.ayse.type("Hello {name}")
    assert (
        "a photo (JPEG or PNG, up to 5 MB), a video (MP4 or 3GP, up to 16 MB)" in (await on.ayse.look()).text
    )
    await on.ayse.send(replace(PHOTO, size=6 * MEGABYTE))
    assert on.ayse.refused is not None and "up to 5 MB" in on.ayse.refused
    song = Media(kind=MediaKind.AUDIO, key="c" * 64, filename="a.mp3", mime="audio/mpeg", size=9000)
    await on.ayse.send(song)
    assert on.ayse.refused is not None and "A sound carries no text" in on.ayse.refused


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
    other = await other_number(on)
    await on.ayse.tap("Number")
    await on.ayse.tap(other.number)
    campaign = await on.ayse.campaign()
    assert (campaign.account_id, campaign.template, campaign.pacing) == (other.id, None, NORMAL)
    assert "There is no message yet" in (await on.ayse.look()).text


async def test_a_repeat_keeps_the_template_and_the_number_that_has_it(on: Official) -> None:
    campaign = await running(on)
    async with on.ayse.store.write() as unit:
        known = await unit.campaigns.any(campaign.id)
        ended = replace(known, state=CampaignState.COMPLETED, finished_at=NOW)
        await unit.campaigns.save(ended, expected=known.version)
        await unit.accounts.set_default(on.ayse.account)
        await unit.commit()
    await on.ayse.press(Press(action="cp.open", id=campaign.id))
    await on.ayse.tap("Repeat")
    again = await on.ayse.campaign()
    assert again.id != campaign.id
    assert (again.account_id, again.template, again.pacing) == (
        campaign.account_id, campaign.template, campaign.pacing
    )  # fmt: skip
    await on.ayse.tap("✅ Start")
    assert (await on.ayse.campaign(again.id)).state is CampaignState.RUNNING
