"""The life of a campaign."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from domain.campaigns.model import (
    CAMPAIGN_STEPS,
    Audience,
    AudienceKind,
    Campaign,
    CampaignState,
    CampaignStep,
    NotADraft,
    PauseReason,
    StepRefused,
)
from domain.kernel.ids import AccountId, CampaignId, MemberId, WorkspaceId

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
SPRING = Campaign(
    id=CampaignId(1), workspace_id=WorkspaceId(1), created_by=MemberId(1), name="spring",
    created_at=NOON, changed_at=NOON,
)  # fmt: skip


@pytest.mark.parametrize(("state", "step"), list(product(CampaignState, CampaignStep)))
def test_every_pair_is_either_in_the_table_or_refused(state: CampaignState, step: CampaignStep) -> None:
    campaign = replace(SPRING, state=state)
    if (state, step) in CAMPAIGN_STEPS:
        assert campaign.take(step, at=LATER).state is CAMPAIGN_STEPS[state, step]
        assert step in campaign.open_steps()
    else:
        assert step not in campaign.open_steps()
        with pytest.raises(StepRefused) as refused:
            campaign.take(step, at=LATER)
        assert refused.value.data == {"state": state.value, "step": step.value}


ENDINGS = {CampaignState.COMPLETED, CampaignState.CANCELLED}


@pytest.mark.parametrize("state", CampaignState)
def test_cancel_is_open_until_the_end_and_nothing_is_open_after_it(state: CampaignState) -> None:
    campaign = replace(SPRING, state=state)
    if state in ENDINGS:
        assert campaign.open_steps() == frozenset()
        assert campaign.is_over
    else:
        assert CampaignStep.CANCEL in campaign.open_steps()
        assert not campaign.is_over


def test_the_life_most_campaigns_live() -> None:
    campaign = SPRING
    seen = [campaign.state]
    for step in ("schedule", "unschedule", "schedule", "start", "pause", "resume", "complete"):
        campaign = campaign.take(CampaignStep(step), at=NOON)
        seen.append(campaign.state)
    assert seen == ["draft", "scheduled", "draft", "scheduled", "running", "paused", "running", "completed"]


def test_a_pause_keeps_its_reason_until_the_resume_which_forgets_the_faults() -> None:
    running = replace(SPRING, state=CampaignState.RUNNING, faults_in_row=3)
    paused = running.take(CampaignStep.PAUSE, at=LATER, reason=PauseReason.FAILURES)
    assert (paused.pause_reason, paused.faults_in_row) == (PauseReason.FAILURES, 3)
    resumed = paused.take(CampaignStep.RESUME, at=LATER)
    assert (resumed.pause_reason, resumed.faults_in_row) == (None, 0)


def test_start_and_end_are_written_down_once_each() -> None:
    started = SPRING.take(CampaignStep.START, at=NOON)
    ended = started.take(CampaignStep.COMPLETE, at=LATER)
    assert (started.started_at, started.finished_at) == (NOON, None)
    assert (ended.started_at, ended.finished_at, ended.changed_at) == (NOON, LATER, LATER)


def test_what_a_draft_lacks_is_named_one_thing_at_a_time() -> None:
    assert SPRING.missing == "account"
    with_account = replace(SPRING, account_id=AccountId(1))
    assert with_account.missing == "audience"
    with_people = replace(with_account, audience=Audience(kind=AudienceKind.TAG, ref="vip"))
    assert with_people.missing == "text"
    assert replace(with_people, text="Hello").missing is None


@pytest.mark.parametrize("state", [s for s in CampaignState if s is not CampaignState.DRAFT])
def test_only_a_draft_can_be_edited(state: CampaignState) -> None:
    SPRING.require_draft()
    with pytest.raises(NotADraft):
        replace(SPRING, state=state).require_draft()
