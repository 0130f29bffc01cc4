"""The wizard and the campaign screens, over a real store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.codec import Press
from bot.chat.view import LONGEST_CAPTION
from bot.screens.base import SCREENS
from bot.screens.campaign import report_caption, report_rows
from bot.screens.campaign_words import units
from bot.screens.campaigns import FILTERS
from domain.accounts.model import AccountState
from domain.campaigns.model import Audience, AudienceKind, Campaign, CampaignState, PauseReason
from domain.contacts.ports import ImportedRow
from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import Rejected
from domain.delivery.recipients import RecipientState, Tally, learn
from domain.kernel.ids import CampaignId
from domain.pacing.rules import GENTLE, NORMAL, Caps, Pacing
from storage.database import Database
from tests.chat.campaign_desk import CHAT, Operator
from tests.chat.drawn import labels, must_fit
from tests.fakes.stores import AGREED, NOW, a_campaign, a_list, a_running_campaign, an_account, open_store

HOSTILE = "<b>&\"'{name}" + "ي" * 90 + "\u202eevil\n" + "😀" * 200
S = CampaignState


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ayse(store: Database) -> Operator:
    return await Operator.begin(store)


async def list_of(ayse: Operator, people: int, *, name: str = "Customers", agreed: bool = True) -> int:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, people, name=name, agreed=agreed)
        await unit.commit()
    return made


async def draft(ayse: Operator, people: int = 5, *, text: str = "Hello {name}") -> Campaign:
    """A draft with everything in it, open at its review."""
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, people)
        campaign = await a_campaign(unit, ayse.home, ayse.member_id, ayse.account, made, text=text)
        await unit.commit()
    await ayse.press(Press(action="dr.review", id=campaign.id))
    return campaign


async def running(ayse: Operator, people: int = 5) -> CampaignId:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, people)
        campaign = await a_running_campaign(unit, ayse.home, ayse.member_id, ayse.account, made)
        await unit.commit()
    await ayse.press(Press(action="cp.open", id=campaign))
    return campaign


async def make_unknown(ayse: Operator, campaign: CampaignId, people: int) -> None:
    """Claims that were never answered."""
    async with ayse.store.write() as unit:
        await unit.delivery.claim(
            campaign, ayse.account, desk="desk", owner="dead", now=NOW, lease_until=NOW, limit=people
        )
        await unit.delivery.abandon(owner_not="alive")
        await unit.commit()


async def end(ayse: Operator, campaign: CampaignId) -> None:
    async with ayse.store.write() as unit:
        known = await unit.campaigns.any(campaign)
        ended = replace(known, state=S.COMPLETED, finished_at=NOW)
        await unit.campaigns.save(ended, expected=known.version)
        await unit.commit()


# -- the wizard --------------------------------------------------------------------------------------------


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
    await ayse.type("Hello {surname}")
    assert ayse.refused is not None
    assert "surname" in ayse.refused
    assert "city" in ayse.refused
    assert "{name|friend}" in ayse.refused
    await ayse.type("Hello {city}")
    assert (await ayse.campaign()).text == "Hello {city}"


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
    assert ayse.refused is not None
    assert len(ayse.refused) < 1200


async def test_with_a_picture_the_text_must_fit_a_caption(ayse: Operator) -> None:
    id = await list_of(ayse, 2)
    await ayse.press(Press(action="dr.new", id=id))
    await ayse.type("x" * 2000)
    await ayse.send()
    assert ayse.refused is not None
    assert "1,024" in ayse.refused
    assert (await ayse.campaign()).media is None


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


async def test_a_typed_speed_is_taken_and_a_wrong_one_gets_an_example(ayse: Operator) -> None:
    await draft(ayse)
    await ayse.tap("Speed")
    await ayse.tap("Custom")
    await ayse.type("quickly")
    assert ayse.refused is not None
    assert "8-15" in ayse.refused
    await ayse.type("8 - 15 s")
    assert await ayse.at() == "review"
    expected = Pacing(shortest=timedelta(seconds=8), longest=timedelta(seconds=15))
    assert (await ayse.campaign()).pacing == expected
    await ayse.tap("Speed")
    await ayse.tap("Normal")
    assert (await ayse.campaign()).pacing == NORMAL


async def test_a_start_in_the_workspaces_zone_is_planned_and_the_past_is_refused(ayse: Operator) -> None:
    campaign = await draft(ayse)
    await ayse.tap("When")
    await ayse.tap("At…")
    await ayse.type("8:00")
    assert ayse.refused is not None
    assert "passed" in ayse.refused
    await ayse.type("tomorrow 9:00")
    assert (await ayse.campaign()).scheduled_at == datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
    view = await ayse.look()
    assert "3 Mar 09:00" in view.text
    assert "✅ Start" not in labels(view)
    await ayse.tap("Schedule")
    assert (await ayse.campaign()).state is S.SCHEDULED
    view = await ayse.look()
    assert {"▶️ Start now", "✏️ Back to draft", "✖ Cancel"} <= set(labels(view))
    await ayse.tap("Back to draft")
    assert await ayse.at() == "review"
    assert (await ayse.campaign()).state is S.DRAFT
    assert (await ayse.campaign(campaign.id)).scheduled_at is None


async def test_a_scheduled_one_can_be_started_now(ayse: Operator) -> None:
    await draft(ayse)
    await ayse.tap("When")
    await ayse.type("tomorrow 9:00")
    await ayse.tap("Schedule")
    await ayse.tap("Start now")
    assert (await ayse.campaign()).state is S.RUNNING


async def test_the_review_names_who_is_left_out_and_why(ayse: Operator) -> None:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, 3)
        row = ImportedRow(number="+447700900901", name="Late", attributes={})
        await unit.contacts.save_rows(ayse.home, made, [row], at=NOW)
        campaign = await a_campaign(unit, ayse.home, ayse.member_id, ayse.account, made)
        await unit.commit()
    view = await ayse.press(Press(action="dr.review", id=campaign.id))
    assert "3 people" in view.text
    assert "1 will not: 1 have not agreed" in view.text


async def test_nobody_to_send_to_shows_why_and_draws_no_start(ayse: Operator) -> None:
    id = await list_of(ayse, 3, agreed=False)
    await ayse.press(Press(action="dr.new", id=id))
    await ayse.type("Hello")
    view = await ayse.press(Press(action="dr.review", id=(await ayse.campaign()).id))
    assert "Nobody here can be sent to" in view.text
    assert not any("Start" in label for label in labels(view))


@pytest.mark.parametrize(("words", "sizes"), [("First 2", [2]), ("Split into 3", [2, 2, 1])])
async def test_over_the_cap_the_first_or_several_parts(store: Database, words: str, sizes: list[int]) -> None:
    ayse = await Operator.begin(store, caps=Caps(a_campaign=2, a_day=500))
    await draft(ayse, 5)
    view = await ayse.look()
    assert "This list has 5 people; a campaign takes 2." in view.text
    assert "✅ Start" not in labels(view)
    await ayse.tap(words)
    async with store.read() as unit:
        campaigns, _ = await unit.campaigns.of_workspace(ayse.home, states=[S.RUNNING])
        tallies = [await unit.delivery.tally(c.id) for c in reversed(campaigns)]
        live = await unit.chat.progress_messages()
    assert [tally.included for tally in tallies] == sizes
    assert len(live) == len(sizes)


async def test_starting_a_double_tap_starts_once(ayse: Operator) -> None:
    await draft(ayse)
    press = (await ayse.button("✅ Start")).press
    await ayse.press(press)
    await ayse.press(press)
    assert ayse.refused is not None
    assert (await ayse.campaign()).state is S.RUNNING


async def test_an_unlinked_number_is_said_in_the_review_and_start_is_not_drawn(ayse: Operator) -> None:
    await draft(ayse)
    async with ayse.store.write() as unit:
        await unit.accounts.set_state(ayse.account, AccountState.UNLINKED, reason="unlinked", at=NOW)
        await unit.commit()
    view = await ayse.look()
    assert "not connected" in view.text
    assert not any("Start" in label for label in labels(view))
    assert any(b.press.action == "link" for row in view.rows for b in row)


async def test_with_several_numbers_one_is_chosen(ayse: Operator) -> None:
    await draft(ayse)
    assert not any("Number" in label for label in labels(await ayse.look()))
    async with ayse.store.write() as unit:
        other = await an_account(unit, ayse.home, number="+447700900002", remote="sim-2")
        await unit.commit()
    await ayse.tap("Number")
    await ayse.tap("+447700900002")
    assert (await ayse.campaign()).account_id == other
    assert await ayse.at() == "review"


async def test_a_draft_can_be_renamed_and_discarded(ayse: Operator) -> None:
    await draft(ayse)
    await ayse.tap("Name")
    await ayse.type("x" * 61)
    assert ayse.refused is not None
    await ayse.type("  Spring\n sale ")
    assert (await ayse.campaign()).name == "Spring sale"
    view = await ayse.tap("Discard draft")
    assert labels(view)[0] == "Keep it"
    campaign = await ayse.campaign()
    await ayse.tap("Discard it")
    assert (await ayse.campaign(campaign.id)).state is S.CANCELLED
    assert await ayse.at() == "campaigns"


async def test_every_step_of_a_draft_that_has_started_leads_to_the_campaign(ayse: Operator) -> None:
    campaign = await draft(ayse)
    await ayse.tap("✅ Start")
    for step in ("audience", "message", "media", "preview", "speed", "when", "review"):
        view = await ayse.press(Press(action=f"dr.{step}", id=campaign.id))
        assert "running" in view.text
        assert await ayse.prompt() is None
        assert (await ayse.show(step, {"id": campaign.id})).text == view.text


async def test_an_old_answer_to_a_started_campaign_changes_nothing(ayse: Operator) -> None:
    await draft(ayse)
    await ayse.tap("Message")
    campaign = await ayse.campaign()
    async with ayse.store.write() as unit:
        await unit.campaigns.save(replace(campaign, state=S.RUNNING), expected=campaign.version)
        await unit.commit()
    await ayse.type("something else")
    assert ayse.refused is not None
    assert "cannot be edited" in ayse.refused
    assert (await ayse.campaign(campaign.id)).text == campaign.text


async def test_another_workspaces_campaign_is_not_there(ayse: Operator, store: Database) -> None:
    campaign = await draft(ayse)
    stranger = await Operator.begin(store)
    await stranger.press(Press(action="campaigns"))
    for name in ("cp.open", "cp.pause", "cp.report", "dr.review", "dr.start", "cp.unkcount", "dr.discardx"):
        await stranger.press(Press(action=name, id=campaign.id, rev=campaign.version))
        assert stranger.refused == "That is not there any more.", name


# -- one campaign ------------------------------------------------------------------------------------------


async def test_pause_resume_and_cancel_with_what_it_costs(ayse: Operator) -> None:
    await running(ayse, 5)
    await ayse.tap("Pause")
    view = await ayse.look()
    assert "paused: by an operator" in view.text
    assert not any("Pause" in label for label in labels(view))
    await ayse.tap("Resume")
    assert (await ayse.campaign()).state is S.RUNNING
    view = await ayse.tap("Cancel")
    assert "5 people will not get it" in view.text
    assert labels(view)[0] == "Keep sending"
    await ayse.tap("Cancel it")
    assert (await ayse.campaign()).state is S.CANCELLED
    assert ayse.toast == "Cancelled. 5 people will not get it."
    view = await ayse.look()
    assert {"📄 Report", "♻️ Repeat"} <= set(labels(view))
    assert not {"⏸ Pause", "▶️ Resume", "✖ Cancel"} & set(labels(view))


async def test_pausing_says_how_many_are_on_their_way(ayse: Operator) -> None:
    campaign = await running(ayse, 5)
    async with ayse.store.write() as unit:
        await unit.delivery.claim(
            campaign,
            ayse.account,
            desk="d",
            owner="o",
            now=NOW,
            lease_until=NOW + timedelta(minutes=5),
            limit=2,
        )
        await unit.commit()
    view = await ayse.tap("Pause")
    assert ayse.toast == "Pausing: 2 are on their way and will finish."
    assert "pausing, 2 on their way" in view.text


@pytest.mark.parametrize("reason", PauseReason)
async def test_every_pause_says_why(ayse: Operator, reason: PauseReason) -> None:
    campaign = await running(ayse)
    async with ayse.store.write() as unit:
        known = await unit.campaigns.any(campaign)
        await unit.campaigns.save(replace(known, state=S.PAUSED, pause_reason=reason), expected=known.version)
        await unit.commit()
    assert "paused: " in (await ayse.look()).text


async def test_a_stale_pause_changes_nothing(ayse: Operator) -> None:
    await running(ayse)
    press = (await ayse.button("Pause")).press
    await ayse.press(press)
    await ayse.tap("Resume")
    await ayse.press(press)
    assert ayse.refused is not None
    assert (await ayse.campaign()).state is S.RUNNING


async def test_a_report_is_queued_once_a_request(ayse: Operator) -> None:
    campaign = await running(ayse)
    await ayse.tap("Report")
    ayse.clock.advance(seconds=3)
    await ayse.tap("Report")
    async with ayse.store.read() as unit:
        due = await unit.chat.due_notices(now=ayse.clock.now(), limit=10)
    assert [(q.notice.kind, q.notice.payload) for q in due] == [("report", {"campaign_id": campaign})] * 2


async def test_unknown_ones_are_shown_and_counted_as_sent_only_when_confirmed(ayse: Operator) -> None:
    campaign = await running(ayse, 5)
    await make_unknown(ayse, campaign, 3)
    view = await ayse.tap("Unknown (3)")
    assert "3 people may or may not" in view.text
    view = await ayse.tap("Show")
    assert view.text.count("<code>") == 3
    view = await ayse.tap("Count as sent")
    assert labels(view)[0] == "Leave them unknown"
    await ayse.tap("Leave them")
    await ayse.tap("Count as sent")
    await ayse.tap("Count 3 as sent")
    async with ayse.store.read() as unit:
        tally = await unit.delivery.tally(campaign)
    assert (tally.sent, tally.unknown, tally.waiting) == (3, 0, 2)


async def test_unknown_ones_of_a_running_campaign_are_sent_again_by_word_only_and_once(
    ayse: Operator,
) -> None:
    campaign = await running(ayse, 5)
    await make_unknown(ayse, campaign, 3)
    await ayse.tap("Unknown (3)")
    await ayse.tap("Send again")
    press = (await ayse.button("Send to 3 again")).press
    await ayse.press(press)
    await ayse.press(press)
    assert ayse.refused is not None
    async with ayse.store.read() as unit:
        tally = await unit.delivery.tally(campaign)
    assert (tally.unknown, tally.waiting) == (0, 5)


async def test_unknown_ones_of_an_ended_campaign_get_a_draft_of_their_own(ayse: Operator) -> None:
    campaign = await running(ayse, 3)
    await make_unknown(ayse, campaign, 3)
    await end(ayse, campaign)
    await ayse.tap("Unknown (3)")
    await ayse.tap("Send again")
    await ayse.tap("Make a draft for 3")
    assert await ayse.at() == "review"
    follow = await ayse.campaign()
    assert follow.audience == Audience(kind=AudienceKind.UNKNOWN_OF, ref=str(campaign))
    assert "3 people" in (await ayse.look()).text
    await ayse.tap("Preview")
    assert "person 1 of 3" in (await ayse.look()).text


async def test_failed_ones_are_retried_and_a_campaign_repeated_as_drafts_once_a_tap(ayse: Operator) -> None:
    campaign = await running(ayse, 3)
    async with ayse.store.write() as unit:
        claims, _ = await unit.delivery.claim(
            campaign, ayse.account, desk="d", owner="o", now=NOW, lease_until=NOW, limit=2
        )
        refused = Rejected("not_on_whatsapp", False)
        await unit.delivery.record([learn(c, refused, now=NOW) for c in claims], now=NOW)
        await unit.commit()
    await end(ayse, campaign)
    press = (await ayse.button("Retry failed (2)")).press
    await ayse.press(press)
    retry = await ayse.campaign()
    assert retry.audience == Audience(kind=AudienceKind.FAILED_OF, ref=str(campaign))
    assert retry.text == "Hello {name}"
    await ayse.press(press)
    assert await ayse.at() == "campaign"
    assert ayse.toast == "That had changed meanwhile. Here is how it stands now."
    await ayse.tap("Repeat")
    again = await ayse.campaign()
    assert again.audience is not None
    assert again.audience.kind is AudienceKind.LIST
    async with ayse.store.read() as unit:
        _, drafts = await unit.campaigns.of_workspace(ayse.home, states=[S.DRAFT])
    assert drafts == 2


async def test_the_list_filters_and_pages(ayse: Operator) -> None:
    for _ in range(9):
        await draft(ayse, 1)
    await running(ayse, 1)
    view = await ayse.press(Press(action="campaigns"))
    assert sum(label.startswith("📝") for label in labels(view)) == 7
    view = await ayse.press(Press(action="campaigns", x=1))
    assert sum(label.startswith("📝") for label in labels(view)) == 2
    view = await ayse.tap("Running")
    assert sum(label.startswith("📝") for label in labels(view)) == 0
    assert any(label.startswith("▶️ March") for label in labels(view))
    view = await ayse.press(Press(action="campaigns", id=1, x=99))
    assert sum(label.startswith("📝") for label in labels(view)) == 1
    view = await ayse.tap("Ended")
    assert "None of these" in view.text


# -- every screen in every state ---------------------------------------------------------------------------

OURS = (
    "campaigns", "campaign", "campaign.cancel", "unknown", "unknown.ask", "audience", "message", "media",
    "preview", "speed", "when", "review", "draft.name", "draft.account", "draft.discard", "draft.test",
)  # fmt: skip


async def hostile(ayse: Operator, state: CampaignState, text: str) -> CampaignId:
    """Everything that people can name is as long and as nasty as it gets."""
    async with ayse.store.write() as unit:
        made = await unit.contacts.create_list(ayse.home, HOSTILE, at=NOW)
        wide = {f"{n}{HOSTILE}"[:64]: HOSTILE * 3 for n in range(60)}
        rows = [ImportedRow(number=f"+90532123{n:04d}", name=HOSTILE, attributes=wide) for n in range(12)]
        await unit.contacts.save_rows(ayse.home, made, rows, at=NOW)
        await unit.contacts.record_list_consent(made, AGREED)
        await unit.contacts.tag_list(ayse.home, made, HOSTILE)
        campaign = await a_campaign(unit, ayse.home, ayse.member_id, ayse.account, made, text=text)
        media = Media(kind=MediaKind.DOCUMENT, key="k", filename=HOSTILE, mime="x/y", size=20_000_000)
        assert campaign.audience is not None
        if state not in {S.DRAFT, S.SCHEDULED}:
            await unit.campaigns.freeze([campaign.id], campaign.audience, cap=10, at=NOW)
        changed = replace(
            campaign, state=state, name=HOSTILE, media=media, scheduled_at=NOW + timedelta(days=40),
            pause_reason=PauseReason.FAILURES if state is S.PAUSED else None, started_at=NOW,
        )  # fmt: skip
        await unit.campaigns.save(changed, expected=campaign.version)
        await unit.commit()
    if state not in {S.DRAFT, S.SCHEDULED}:
        await make_unknown(ayse, campaign.id, 10)
    return campaign.id


@pytest.mark.parametrize("text", ["&" * 4096, "{name} " * 500, HOSTILE, ""])
@pytest.mark.parametrize("state", CampaignState)
async def test_every_screen_fits_in_every_state_with_hostile_data(
    store: Database, state: CampaignState, text: str
) -> None:
    ayse = await Operator.begin(store, caps=Caps(a_campaign=3, a_day=4))
    id = await hostile(ayse, state, text)
    for name in OURS:
        assert name in SCREENS
        for more in ({}, {"ask": 1, "file": 1, "page": 1, "n": 2, "edit": 1}):
            await ayse.show(name, {"id": id, "way": 1, "filter": 0, **more})


@pytest.mark.parametrize("state", CampaignState)
async def test_a_report_of_any_campaign_fits_under_its_picture(state: CampaignState) -> None:
    campaign = Campaign(
        id=CampaignId(9), workspace_id=1, created_by=1, name=HOSTILE, state=state,  # type: ignore[arg-type]
        pause_reason=PauseReason.FAILURES, created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    tally = Tally(by_state=dict.fromkeys(RecipientState, 123_456), excluded={"no_consent": 7}, replied=9)
    caption = report_caption(campaign, tally, "en")
    assert units(caption) <= LONGEST_CAPTION
    assert "&lt;b&gt;" in caption
    rows = report_rows(campaign, tally, "en")
    names = {b.press.action for row in rows for b in row}
    assert ("cp.repeat" in names) == (state in {S.COMPLETED, S.CANCELLED})


async def test_every_filter_of_an_empty_desk_has_a_screen(ayse: Operator) -> None:
    for number in FILTERS:
        must_fit(await ayse.show("campaigns", {"filter": number, "page": 3}))
