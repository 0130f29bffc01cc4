"""One campaign in its states, and the list of all, over a real store."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.campaigns.model import Audience, AudienceKind, PauseReason
from domain.delivery.ports import Accepted, Rejected, SendOutcome
from domain.delivery.recipients import Claim, learn
from domain.kernel.ids import CampaignId
from storage.database import Database
from tests.chat.campaign_desk import Operator
from tests.chat.campaign_parts import S, draft, end, make_unknown, running
from tests.chat.drawn import labels
from tests.fakes.stores import NOW, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ayse(store: Database) -> Operator:
    return await Operator.begin(store)


EXPIRED = Rejected("expired", False)


async def tried(ayse: Operator, campaign: CampaignId, *outcomes: SendOutcome) -> Sequence[Claim]:
    """The first ones were sent to, and this is what became of them."""
    async with ayse.store.write() as unit:
        claims, _ = await unit.delivery.claim(
            campaign, ayse.account, desk="d", owner="o", now=NOW, lease_until=NOW, limit=len(outcomes)
        )
        told = [learn(claim, one, now=NOW) for claim, one in zip(claims, outcomes, strict=True)]
        await unit.delivery.record(told, now=NOW)
        await unit.commit()
    return claims


async def test_pause_resume_and_cancel_with_what_it_costs(ayse: Operator) -> None:
    await running(ayse, 5)
    await ayse.tap("Pause")
    view = await ayse.look()
    assert "paused (by an operator)" in view.text
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
    assert "paused (" in (await ayse.look()).text


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


async def test_a_retry_leaves_out_who_is_not_on_whatsapp_and_says_so(ayse: Operator) -> None:
    campaign = await running(ayse, 3)
    claims = await tried(ayse, campaign, Rejected("not_on_whatsapp", False), EXPIRED)
    await end(ayse, campaign)
    assert "📵 Not on WhatsApp: 1 person of those that failed" in (await ayse.look()).text
    await ayse.tap("Retry failed (1)")
    assert "1 person" in (await ayse.look()).text
    await ayse.tap("Preview")
    assert claims[1].number in (await ayse.look()).text


async def test_failed_ones_are_retried_and_a_campaign_repeated_as_drafts_once_a_tap(ayse: Operator) -> None:
    campaign = await running(ayse, 3)
    await tried(ayse, campaign, EXPIRED, EXPIRED)
    await end(ayse, campaign)
    press = (await ayse.button("Retry failed (2)")).press
    await ayse.press(press)
    retry = await ayse.campaign()
    assert retry.audience == Audience(kind=AudienceKind.FAILED_OF, ref=str(campaign))
    assert (retry.text, retry.name) == ("Hello {name}", "March (retry)")
    await ayse.press(press)
    assert await ayse.at() == "campaign"
    assert ayse.toast == "That had changed meanwhile. Here is how it stands now."
    await ayse.tap("Repeat")
    again = await ayse.campaign()
    assert again.audience is not None
    assert (again.audience.kind, again.name) == (AudienceKind.LIST, "March (again)")
    async with ayse.store.read() as unit:
        _, drafts = await unit.campaigns.of_workspace(ayse.home, states=[S.DRAFT])
    assert drafts == 2


async def test_after_a_cancel_the_rest_can_be_sent_to_and_nobody_else(ayse: Operator) -> None:
    campaign = await running(ayse, 5)
    claims = await tried(ayse, campaign, Accepted("p"), Accepted("q"), EXPIRED)
    await ayse.tap("Cancel")
    await ayse.tap("Cancel it")
    await ayse.tap("Send to the rest (3)")
    view = await ayse.look()
    assert "<b>3 people</b> can get it" in view.text
    assert "those of <b>March</b> who did not get it" in view.text
    assert (await ayse.campaign()).name == "March (the rest)"
    await ayse.tap("Preview")
    shown = (await ayse.look()).text
    assert claims[2].number in shown and not any(claim.number in shown for claim in claims[:2])


async def test_a_repeat_soon_after_says_how_many_have_just_got_a_message(ayse: Operator) -> None:
    campaign = await running(ayse, 3)
    await tried(ayse, campaign, Accepted("p"), Accepted("p"))
    await end(ayse, campaign)
    view = await ayse.tap("Repeat")
    assert "🔁 2 of them got a message from you within the last 24 hours." in view.text
    ayse.clock.advance(hours=24)
    assert "got a message from you" not in (await ayse.look()).text


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
