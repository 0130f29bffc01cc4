"""Every campaign screen fits Telegram in every state, whatever is in it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.view import LONGEST_CAPTION
from bot.screens.base import SCREENS
from bot.screens.campaign import report_caption, report_rows
from bot.screens.campaign_words import units
from bot.screens.campaigns import FILTERS
from domain.campaigns.model import Campaign, CampaignState, PauseReason
from domain.contacts.ports import ImportedRow
from domain.delivery.content import Media, MediaKind
from domain.delivery.recipients import RecipientState, Tally
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Caps
from storage.database import Database
from tests.chat.campaign_desk import Operator
from tests.chat.campaign_parts import S, make_unknown
from tests.chat.drawn import must_fit
from tests.fakes.stores import AGREED, NOW, a_campaign, open_store

HOSTILE = "<b>&\"'{name}" + "ي" * 90 + "\u202eevil\n" + "😀" * 200


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ayse(store: Database) -> Operator:
    return await Operator.begin(store)


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
    tally = Tally(
        by_state=dict.fromkeys(RecipientState, 123_456), excluded={"no_consent": 7}, replied=9, off=54_321,
        closed=12_345,
    )  # fmt: skip
    caption = report_caption(campaign, tally, "en")
    assert units(caption) <= LONGEST_CAPTION
    assert "&lt;b&gt;" in caption
    assert "Excluded 7 (left out before the start" in caption
    assert ("12,345 people" in caption) == (state in {S.COMPLETED, S.CANCELLED})
    rows = report_rows(campaign, tally, "en")
    names = {b.press.action for row in rows for b in row}
    assert ("cp.repeat" in names) == (state in {S.COMPLETED, S.CANCELLED})


def test_a_retry_is_not_offered_for_those_whom_only_a_template_reaches() -> None:
    campaign = Campaign(
        id=CampaignId(9), workspace_id=1, created_by=1, name="Spring", state=S.COMPLETED,  # type: ignore[arg-type]
        created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    for failed, offered in ((7, None), (9, "🔁 Retry failed (2)")):
        tally = Tally(by_state={RecipientState.SENT: 3, RecipientState.FAILED: failed}, closed=7)
        labels = [b.label for row in report_rows(campaign, tally, "en") for b in row]
        assert [text for text in labels if "Retry" in text] == ([offered] if offered else [])
        assert "7 people of those that failed. They need a template" in report_caption(campaign, tally, "en")


async def test_every_filter_of_an_empty_desk_has_a_screen(ayse: Operator) -> None:
    for number in FILTERS:
        must_fit(await ayse.show("campaigns", {"filter": number, "page": 3}))
