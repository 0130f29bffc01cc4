"""What a report shows adds up: everybody who was included is shown once, whatever became of them."""

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.files.pictures import asides
from bot.screens.campaign import report_caption
from domain.campaigns.model import Campaign, CampaignState
from domain.delivery.recipients import RecipientState, Tally
from domain.kernel.ids import CampaignId, MemberId, WorkspaceId
from domain.reports.model import Funnel, Rest

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
R = RecipientState


def tally_of(by_state: dict[RecipientState, int]) -> Tally:
    out = by_state.get(R.EXCLUDED, 0)
    return Tally(by_state=by_state, excluded={"no_consent": out} if out else {})


#: Anything at all: also states that do not go together.
tallies = st.dictionaries(st.sampled_from(RecipientState), st.integers(0, 10**6)).map(tally_of)


@given(tallies)
def test_the_picture_shows_everybody_once(tally: Tally) -> None:
    shown = dict(asides(Rest.of(tally)))
    assert Funnel.of(tally).sent + sum(shown.values()) == Funnel.of(tally).included
    assert {"failed", "unknown", "left"} <= shown.keys()
    assert all(shown.get(name, 1) for name in ("skipped", "cancelled"))


@given(tallies, st.sampled_from([CampaignState.RUNNING, CampaignState.COMPLETED, CampaignState.CANCELLED]))
def test_the_words_under_it_do_too(tally: Tally, state: CampaignState) -> None:
    campaign = Campaign(
        id=CampaignId(1), workspace_id=WorkspaceId(1), created_by=MemberId(1), name="Spring", state=state,
        created_at=NOW, changed_at=NOW, started_at=NOW,
    )  # fmt: skip
    caption = report_caption(campaign, tally, "en")

    def told(word: str) -> int:
        found = re.search(rf"\b{word} ([\d,]+)", caption)
        return int(found[1].replace(",", "")) if found else 0

    apart = ("Sent", "Failed", "Unknown", "Left", "Skipped", "Not sent")
    assert sum(map(told, apart)) == tally.included
    assert told("Excluded") == tally.by_state.get(R.EXCLUDED, 0)
