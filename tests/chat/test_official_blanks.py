"""What goes into the blanks of a template, and the file at its top."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.campaigns.model import CampaignState
from domain.contacts.ports import ImportedRow
from domain.delivery.content import Media, MediaKind
from domain.delivery.template_values import Always
from domain.delivery.templates import Slot
from tests.chat.campaign_desk import PHOTO
from tests.chat.drawn import labels
from tests.chat.official import Official
from tests.chat.official_draft import at_review, begin, official_campaigns
from tests.fakes.stores import AGREED, NOW

MEGABYTE = 1024 * 1024
PDF = Media(kind=MediaKind.DOCUMENT, key="b" * 64, filename="menu.pdf", mime="application/pdf", size=9000)


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Official]:
    async with official_campaigns(tmp_path) as opened:
        yield opened


async def test_a_blank_takes_a_text_that_is_the_same_for_everybody(on: Official) -> None:
    await begin(on)
    await on.ayse.tap("welcome")
    view = await on.ayse.tap("✏️ {{code}}")
    assert "Tap a column, or type a text of up to 1,024 characters" in view.text
    await on.ayse.type("  ")
    assert on.ayse.refused is not None and "That is empty" in on.ayse.refused
    await on.ayse.type("x" * 1025)
    assert on.ayse.refused is not None and "1,024 are possible there" in on.ayse.refused
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
    view = await on.ayse.tap("Give a fallback: {{code}}")
    assert "A word for those who have none" in view.text
    await on.ayse.type("your town")
    await on.ayse.tap("Continue")
    assert await on.ayse.at() == "review"
    assert any("Start" in label for label in labels(await on.ayse.look()))


async def test_going_on_with_an_empty_blank_is_remarked_on(on: Official) -> None:
    await begin(on)
    await on.ayse.tap("welcome")
    await on.ayse.tap("Continue")
    assert await on.ayse.at() == "preview"
    assert on.ayse.toast == "⚠️ Nothing goes into {{code}} yet. It cannot start like that."


async def test_a_first_test_number_is_kept_though_the_test_cannot_leave_yet(on: Official) -> None:
    await begin(on)
    await on.ayse.tap("welcome")
    await on.ayse.tap("Continue")
    await on.ayse.tap("Send me a test")
    await on.ayse.type("+90 532 123 45 67")
    assert await on.ayse.at() == "preview" and await on.ayse.prompt() is None
    assert "wants a value here: {{code}}" in await on.ayse.said()
    assert "A test goes to +905321234567." in (await on.ayse.look()).text
    async with on.ayse.store.read() as unit:
        assert not await unit.delivery.accounts_with_directs()


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
    assert "✅" not in view.text
    assert "Tap a column, or type a text" in (await on.ayse.tap("✏️ Say what goes in: {{code}}")).text
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
        "does not take this kind of file here. It takes: JPEG, PNG": replace(PHOTO, mime="image/webp"),
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
