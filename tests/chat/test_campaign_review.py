"""Speed, time, and the review with its Start, over a real store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignStep
from domain.contacts.ports import ImportedRow
from domain.operators.chat import ProgressMessage
from domain.pacing.rules import NORMAL, Caps, Pacing
from storage.database import Database
from tests.chat.campaign_desk import CHAT, Operator
from tests.chat.campaign_parts import S, draft, end, list_of
from tests.chat.drawn import labels
from tests.fakes.stores import NOW, a_campaign, a_list, an_account, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ayse(store: Database) -> Operator:
    return await Operator.begin(store)


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
    kept = (await ayse.campaign(campaign.id)).scheduled_at
    assert kept == datetime(2026, 3, 3, 6, 0, tzinfo=UTC), "what was to begin then must not begin at once"
    assert "✅ Start" not in labels(await ayse.look())


async def test_the_question_before_a_scheduled_one_is_cancelled_promises_no_rest(ayse: Operator) -> None:
    await draft(ayse)
    await ayse.tap("When")
    await ayse.type("tomorrow 9:00")
    await ayse.tap("Schedule")
    view = await ayse.tap("Cancel")
    assert "Back to draft" in view.text and "Send to the rest" not in view.text


async def test_a_scheduled_one_can_be_started_now(ayse: Operator) -> None:
    await draft(ayse)
    await ayse.tap("When")
    await ayse.type("tomorrow 9:00")
    await ayse.tap("Schedule")
    await ayse.tap("Start now")
    assert (await ayse.campaign()).state is S.RUNNING


LIVE = {"⏸ Pause", "▶️ Resume", "✖ Cancel", "📄 Report"}


async def test_what_the_live_message_shows_is_not_shown_twice_after_a_start(ayse: Operator) -> None:
    campaign = await draft(ayse)
    view = await ayse.tap("✅ Start")
    assert "<b>March</b>: running" in view.text
    assert "in the pinned message" in view.text
    assert "Delivered" not in view.text
    assert labels(view) == ["🔎 Show it all here", "⬅ Back"]
    view = await ayse.tap("Show it all here")
    assert "Delivered" in view.text
    assert {"⏸ Pause", "✖ Cancel", "📄 Report"} <= set(labels(view))
    await end(ayse, campaign.id)
    assert "♻️ Repeat" in labels(await ayse.show("campaign", {"id": campaign.id, "brief": 1}))


async def test_a_scheduled_one_that_has_started_is_shown_in_brief_where_its_live_message_is(
    ayse: Operator,
) -> None:
    campaign = await draft(ayse)
    await ayse.tap("When")
    await ayse.type("tomorrow 9:00")
    await ayse.tap("Schedule")
    for seen in (await ayse.look(), await ayse.press(Press(action="cp.open", id=campaign.id))):
        assert "Starts: 3 Mar 09:00" in seen.text
    async with ayse.store.write() as unit:
        known = await unit.campaigns.any(campaign.id)
        started = known.take(CampaignStep.START, at=ayse.clock.now())
        await unit.campaigns.save(started, expected=known.version)
        await unit.commit()
    assert LIVE & set(labels(await ayse.look()))
    async with ayse.store.write() as unit:
        await unit.chat.save_progress_message(
            ProgressMessage(
                campaign_id=campaign.id, chat_id=CHAT, message_id=None, shown="", edited_at=None, edits=0
            )
        )
        await unit.commit()
    view = await ayse.look()
    assert not LIVE & set(labels(view))
    assert "Starts" not in view.text


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
