"""From a new draft to its preview and the test send, over a real store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.accounts.model import AccountState, Channel
from domain.campaigns.model import Audience, AudienceKind
from domain.contacts.ports import ImportedRow
from domain.pacing.rules import GENTLE
from storage.database import Database
from tests.chat.campaign_desk import CHAT, Operator
from tests.chat.campaign_parts import S, draft, list_of
from tests.chat.drawn import labels, must_fit
from tests.fakes.stores import AGREED, NOW, a_campaign, a_list, a_member, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ayse(store: Database) -> Operator:
    return await Operator.begin(store)


async def test_the_whole_way_from_new_to_a_running_campaign(ayse: Operator) -> None:
    await list_of(ayse, 5)
    view = await ayse.command("new")
    assert "Customers · 5" in labels(view)
    await ayse.tap("Customers")
    view = await ayse.type("Hello {name|friend}, from {city}!")
    assert await ayse.at() == "media"
    await ayse.send()
    assert await ayse.at() == "preview"
    view = await ayse.look()
    assert "Hello Person 0, from Ankara!" in view.text
    assert "📎 photo, 0.1 MB" in view.text
    await ayse.tap("Continue")
    await ayse.tap("Gentle")
    await ayse.tap("Now")
    view = await ayse.look()
    assert "5 people" in view.text
    assert "30-60 s" in view.text
    campaign = await ayse.campaign()
    await ayse.tap("Start")
    assert await ayse.at() == "campaign"
    started = await ayse.campaign()
    assert (started.state, started.pacing, started.text) == (S.RUNNING, GENTLE, campaign.text)
    assert ayse.hints.accounts == [ayse.account]
    assert ayse.hints.campaigns == [campaign.id]
    async with ayse.store.read() as unit:
        live = await unit.chat.progress_messages(campaign.id)
        tally = await unit.delivery.tally(campaign.id)
    assert [(m.chat_id, m.message_id) for m in live] == [(CHAT, None)]
    assert tally.waiting == 5


async def test_a_list_can_be_given_at_once_and_names_the_draft(ayse: Operator) -> None:
    id = await list_of(ayse, 2, name="Bread lovers")
    await ayse.press(Press(action="dr.new", id=id))
    campaign = await ayse.campaign()
    assert await ayse.at() == "message"
    assert campaign.name == "Bread lovers"
    assert campaign.audience == Audience(kind=AudienceKind.LIST, ref=str(id))


async def test_without_a_whatsapp_number_there_is_no_draft_but_a_sentence(store: Database) -> None:
    ayse = await Operator.begin(store)
    async with store.write() as unit:
        await unit.accounts.remove(ayse.account)
        await unit.commit()
    await ayse.press(Press(action="campaigns"))
    await ayse.press(Press(action="dr.new"))
    assert ayse.refused is not None
    assert "Link a WhatsApp number first" in ayse.refused


async def test_back_from_the_first_step_goes_home_and_the_draft_is_kept_and_listed(ayse: Operator) -> None:
    await ayse.command("new")
    assert (await ayse.button("Back")).press.action == "home"
    view = await ayse.press(Press(action="campaigns"))
    assert any(label.startswith("📝 Campaign 2 Mar") for label in labels(view))


async def test_a_draft_that_was_left_empty_is_taken_up_again(ayse: Operator) -> None:
    await ayse.command("new")
    left = await ayse.campaign()
    await ayse.press(Press(action="campaigns"))
    ayse.clock.advance(hours=30)
    await ayse.command("new")
    assert (await ayse.campaign()).id == left.id
    await list_of(ayse, 1)
    await ayse.press(Press(action="dr.audience", id=left.id))
    await ayse.tap("Customers")
    await ayse.command("new")
    assert (await ayse.campaign()).id != left.id


async def test_a_draft_is_not_taken_up_by_somebody_else_and_the_list_says_whose_it_is(ayse: Operator) -> None:
    await ayse.command("new")
    left = await ayse.campaign()
    view = await ayse.press(Press(action="campaigns"))
    assert not any("Ayşe" in label for label in labels(view))
    async with ayse.store.write() as unit:
        deniz = await a_member(unit, ayse.home, telegram_id=2002, name="Deniz")
        await unit.commit()
    await replace(ayse, member_id=deniz).command("new")
    assert (await ayse.campaign()).id != left.id
    view = await ayse.press(Press(action="campaigns"))
    assert [label.split(" · ")[1] for label in labels(view) if label.startswith("📝")] == ["Deniz", "Ayşe"]


async def test_a_name_that_nobody_chose_follows_the_people(ayse: Operator) -> None:
    await list_of(ayse, 1, name="ok5")
    id = await list_of(ayse, 2, name="shop180")
    async with ayse.store.write() as unit:
        await unit.contacts.tag_list(ayse.home, id, "vip")  # type: ignore[arg-type]
        await unit.commit()
    await ayse.command("new")
    first = await ayse.campaign()
    names = []
    for choice in ("ok5", "shop180", "🏷 vip", "ok5"):
        await ayse.press(Press(action="dr.audience", id=first.id))
        await ayse.tap(choice)
        names.append((await ayse.campaign()).name)
    assert names == ["ok5", "shop180", "vip", "ok5"]
    await ayse.press(Press(action="dr.name", id=first.id))
    await ayse.type("Spring sale")
    await ayse.press(Press(action="dr.audience", id=first.id))
    await ayse.tap("shop180")
    assert (await ayse.campaign()).name == "Spring sale"


async def test_a_new_number_of_whatsapp_web_is_advised_to_begin_slowly(ayse: Operator) -> None:
    campaign = await draft(ayse)
    assert "twenty people a day" not in (await ayse.tap("Speed")).text
    async with ayse.store.write() as unit:
        web = await unit.accounts.create(
            workspace_id=ayse.home, channel=Channel.WEB, number="+34612345678", name="", remote="web-1",
            state=AccountState.CONNECTED, at=NOW,
        )  # fmt: skip
        known = await unit.campaigns.any(campaign.id)
        await unit.campaigns.save(replace(known, account_id=web), expected=known.version)
        await unit.commit()
    assert (
        "With a new number begin with <b>Gentle</b> and about twenty people a day" in (await ayse.look()).text
    )


async def test_a_restart_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        ayse = await Operator.begin(store)
        id = await list_of(ayse, 3)
        await ayse.press(Press(action="dr.new", id=id))
        await ayse.type("Hello {name}")
        campaign = await ayse.campaign()
    async with open_store(tmp_path) as store:
        again = replace(ayse, store=store)
        assert await again.at() == "media"
        await again.send()
        assert (await again.campaign()) == replace(
            campaign, media=(await again.campaign()).media, version=campaign.version + 1
        )


async def test_a_tag_can_be_the_audience(ayse: Operator) -> None:
    id = await list_of(ayse, 4)
    async with ayse.store.write() as unit:
        await unit.contacts.tag_list(ayse.home, id, "vip")  # type: ignore[arg-type]
        await unit.commit()
    await ayse.command("new")
    await ayse.tap("🏷 vip")
    assert (await ayse.campaign()).audience == Audience(kind=AudienceKind.TAG, ref="vip")


async def test_lists_are_paged_by_eight(ayse: Operator) -> None:
    for n in range(10):
        await list_of(ayse, 1, name=f"List {n}")
    await ayse.command("new")
    view = await ayse.look()
    assert sum("List" in label for label in labels(view)) == 8
    assert "List 9 · 1" in labels(view)
    view = await ayse.tap("▶")
    assert "List 0 · 1" in labels(view)
    assert "List 9 · 1" not in labels(view)


async def test_a_new_file_is_asked_for_and_a_text_instead_leaves_the_question_open(ayse: Operator) -> None:
    await ayse.command("new")
    view = await ayse.tap("Send me a new file")
    assert "Send me the file now" in view.text
    campaign = await ayse.campaign()
    assert (await ayse.prompt()).kind == "campaign.file"
    assert (await ayse.prompt()).args["id"] == campaign.id
    await ayse.type("here it is")
    assert ayse.refused is not None
    assert "xlsx" in ayse.refused
    assert (await ayse.prompt()).kind == "campaign.file"


async def test_an_unknown_blank_is_refused_with_the_known_ones_and_may_be_typed_again(ayse: Operator) -> None:
    id = await list_of(ayse, 2)
    view = await ayse.press(Press(action="dr.new", id=id))
    assert "<code>{city}</code>" in view.text
    view = await ayse.type("Hello {surname} & co")
    said = await ayse.said()
    assert "surname" in said
    assert "city" in said
    assert "{name|friend}" in said
    assert "<code>Hello {surname} &amp; co</code>" in view.text
    assert (await ayse.campaign()).text == ""
    await ayse.type("Hello {city}")
    assert (await ayse.campaign()).text == "Hello {city}"
    view = await ayse.press(Press(action="dr.message", id=(await ayse.campaign()).id))
    assert "surname" not in view.text


async def test_the_longest_text_that_is_refused_fits_on_the_screen_with_what_is_said(ayse: Operator) -> None:
    campaign = await draft(ayse)
    await ayse.tap("Media")
    await ayse.send()
    await ayse.press(Press(action="dr.message", id=campaign.id))
    view = await ayse.type("<" * 4096)
    assert "4,096 characters" in await ayse.said()
    assert "You typed (tap to copy)" in view.text
    must_fit(view, room=len(await ayse.said()))


async def test_a_refusal_of_a_blank_stays_short_however_many_columns_there_are(ayse: Operator) -> None:
    async with ayse.store.write() as unit:
        made = await unit.contacts.create_list(ayse.home, "wide", at=NOW)
        wide = {f"column {n} " + "x" * 50: "v" for n in range(60)}
        row = ImportedRow(number="+447700900900", name="Wide", attributes=wide)
        await unit.contacts.save_rows(ayse.home, made, [row], at=NOW)
        await unit.commit()
    view = await ayse.press(Press(action="dr.new", id=made))
    assert "more" in view.text
    await ayse.type("Hello {surname}")
    assert len(await ayse.said()) < 1200


async def test_with_a_picture_the_text_must_fit_a_caption(ayse: Operator) -> None:
    id = await list_of(ayse, 2)
    await ayse.press(Press(action="dr.new", id=id))
    view = await ayse.type("x" * 2000)
    assert "Your text has 2,000 characters, 1,024 are possible with a file" in view.text
    await ayse.send()
    assert ayse.refused is not None
    assert "1,024" in ayse.refused
    assert (await ayse.campaign()).media is None
    view = await ayse.tap("Shorten text")
    assert "x" * 2000 in view.text
    view = await ayse.type("x" * 1000)
    assert await ayse.at() == "media"
    assert "Shorten text" not in str(labels(view))


async def test_media_can_be_removed_again(ayse: Operator) -> None:
    await draft(ayse)
    await ayse.tap("Media")
    await ayse.send()
    assert await ayse.at() == "review"
    await ayse.tap("Media")
    view = await ayse.tap("Remove")
    assert (await ayse.campaign()).media is None
    assert await ayse.at() == "media"
    assert any("No media" in label for label in labels(view))


async def test_a_text_where_media_is_asked_for_gets_a_sentence(ayse: Operator) -> None:
    await draft(ayse)
    await ayse.tap("Media")
    await ayse.type("a nice picture of bread")
    assert ayse.refused is not None
    assert "photo, video, document, audio or voice" in ayse.refused


async def test_the_preview_shows_three_people_in_turn_and_who_lacks_what(ayse: Operator) -> None:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, 2)
        row = ImportedRow(number="+905312345678", name="Zeynep", attributes={})
        await unit.contacts.save_rows(ayse.home, made, [row], at=NOW)
        await unit.contacts.record_list_consent(made, AGREED)
        campaign = await a_campaign(unit, ayse.home, ayse.member_id, ayse.account, made, text="Hi {city}")
        await unit.commit()
    view = await ayse.press(Press(action="dr.preview", id=campaign.id))
    seen = [view.text, (await ayse.tap("Next person")).text, (await ayse.tap("Next person")).text]
    assert all("of 3" in text for text in seen)
    assert sum("Hi Ankara" in text for text in seen) == 2
    assert sum("No value for: city" in text for text in seen) == 1
    assert all("1 person {city}" in text for text in seen)
    assert (await ayse.tap("Next person")).text == seen[0]


async def test_a_test_asks_for_the_number_once_and_a_double_tap_is_one_test(ayse: Operator) -> None:
    campaign = await draft(ayse)
    await ayse.tap("Preview")
    await ayse.tap("Send me a test")
    await ayse.type("not a number")
    assert ayse.refused is not None
    await ayse.type("0532 123 45 67")
    assert await ayse.at() == "preview"
    assert "on its way" in str((await ayse.panel()).args["note"])
    press = (await ayse.button("Send me a test")).press
    await ayse.press(press)
    assert ayse.toast is not None
    await ayse.press(press)
    assert ayse.refused is not None
    async with ayse.store.write() as unit:
        queued = []
        while (one := await unit.delivery.claim_direct(ayse.account, owner="o", lease_until=NOW)) is not None:
            queued.append(one)
    assert [(d.number, d.text, d.campaign_id) for d in queued] == [
        ("+905321234567", "Hello Person 0", campaign.id)
    ] * 2
    assert ayse.hints.accounts == [ayse.account] * 2


async def test_a_test_from_an_unlinked_number_is_refused(ayse: Operator) -> None:
    await draft(ayse)
    async with ayse.store.write() as unit:
        await unit.operators.set_test_number(ayse.member_id, "+905321234567")
        await unit.accounts.set_state(ayse.account, AccountState.UNLINKED, reason="unlinked", at=NOW)
        await unit.commit()
    await ayse.tap("Preview")
    await ayse.tap("Send me a test")
    assert ayse.refused is not None
    assert "not connected" in ayse.refused
