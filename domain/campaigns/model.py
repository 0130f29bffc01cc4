"""The life of a campaign, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from domain.delivery.content import Media
from domain.delivery.recipients import RecipientState
from domain.delivery.template_values import CampaignTemplate
from domain.kernel.errors import DomainError
from domain.kernel.ids import AccountId, CampaignId, MemberId, WorkspaceId
from domain.pacing.rules import NORMAL, Pacing


class CampaignState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class CampaignStep(StrEnum):
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    CANCEL = "cancel"


class PauseReason(StrEnum):
    OPERATOR = "operator"
    FAILURES = "failures"
    RESTRICTED = "restricted"
    UNLINKED = "unlinked"
    PLAN_ENDED = "plan_ended"
    SUSPENDED = "suspended"
    #: WhatsApp has taken back the access token of a number of the official channel, or it may not send.
    TOKEN = "token"  # noqa: S105 (a reason)
    #: Its template cannot be sent as it stands at WhatsApp now.
    TEMPLATE = "template"
    #: The desk was put back to a copy of itself: what was sent since the copy was made is not known.
    RESTORED = "restored"


S, T = CampaignState, CampaignStep

#: The whole life of a campaign. Anything absent from this table is refused.
CAMPAIGN_STEPS: Final[Mapping[tuple[CampaignState, CampaignStep], CampaignState]] = {
    (S.DRAFT, T.SCHEDULE): S.SCHEDULED,
    (S.DRAFT, T.START): S.RUNNING,
    (S.DRAFT, T.CANCEL): S.CANCELLED,
    (S.SCHEDULED, T.UNSCHEDULE): S.DRAFT,
    (S.SCHEDULED, T.START): S.RUNNING,
    (S.SCHEDULED, T.CANCEL): S.CANCELLED,
    (S.RUNNING, T.PAUSE): S.PAUSED,
    (S.RUNNING, T.COMPLETE): S.COMPLETED,
    (S.RUNNING, T.CANCEL): S.CANCELLED,
    (S.PAUSED, T.RESUME): S.RUNNING,
    (S.PAUSED, T.COMPLETE): S.COMPLETED,
    (S.PAUSED, T.CANCEL): S.CANCELLED,
}

ENDINGS: Final = frozenset({S.COMPLETED, S.CANCELLED})


class StepRefused(DomainError):
    code = "campaign.step_refused"

    def __init__(self, state: CampaignState, step: CampaignStep) -> None:
        super().__init__(state=state.value, step=step.value)


class NotADraft(DomainError):
    """Only a draft can be edited."""

    code = "campaign.not_a_draft"


class Incomplete(DomainError):
    """`missing`: account, audience or text."""

    code = "campaign.incomplete"


class NumberGone(DomainError):
    """`number` that the campaign leaves from was removed. What is left goes on once it is back, as the same
    account."""

    code = "campaign.number_gone"


class NobodyToSendTo(DomainError):
    """Every person of the audience is excluded."""

    code = "campaign.nobody"


class OverTheCap(DomainError):
    """`people` and `cap`."""

    code = "campaign.over_the_cap"


class NeverOpen(DomainError):
    """The active hours that it heeds are never open."""

    code = "campaign.never_open"


class StartsInThePast(DomainError):
    code = "campaign.starts_in_the_past"


class AudienceKind(StrEnum):
    LIST = "list"
    TAG = "tag"
    FAILED_OF = "failed_of"
    UNKNOWN_OF = "unknown_of"


#: Whom of an earlier campaign a follow-up is for. Those left when it was cancelled have not got it either.
FOLLOWED: Final[Mapping[AudienceKind, frozenset[RecipientState]]] = {
    AudienceKind.FAILED_OF: frozenset({RecipientState.FAILED, RecipientState.CANCELLED}),
    AudienceKind.UNKNOWN_OF: frozenset({RecipientState.UNKNOWN}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is meant. `ref` is a list's id, a tag, or the id of the campaign that is followed up."""

    kind: AudienceKind
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What is sent, to whom, from which account, how fast.

    `version` grows with every change and is what a button's `rev` is checked against.
    `faults_in_row` counts failures in a row that are the account's fault. `price` is what each success costs,
    in points, fixed when it is scheduled or started. With a `template` of the official channel `text` is not
    sent, and `media` is the template's header. It `heeds_hours` of its account, read on each person's own
    clock where `by_their_clock`. `footer`: a line below says how to stop, where the channel has one.
    """

    id: CampaignId
    workspace_id: WorkspaceId
    created_by: MemberId
    name: str
    account_id: AccountId | None = None
    state: CampaignState = CampaignState.DRAFT
    pause_reason: PauseReason | None = None
    version: int = 1
    text: str = ""
    media: Media | None = None
    template: CampaignTemplate | None = None
    audience: Audience | None = None
    pacing: Pacing = NORMAL
    scheduled_at: datetime | None = None
    faults_in_row: int = 0
    price: int = 0
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    heeds_hours: bool = True
    by_their_clock: bool = False
    footer: bool = True

    def take(self, step: CampaignStep, *, at: datetime, reason: PauseReason | None = None) -> Self:
        """Return the campaign after `step`, or raise StepRefused. `reason` belongs to PAUSE."""
        target = CAMPAIGN_STEPS.get((self.state, step))
        if target is None:
            raise StepRefused(self.state, step)
        return replace(
            self,
            state=target,
            pause_reason=reason if step is T.PAUSE else None,
            faults_in_row=0 if step in {T.START, T.RESUME} else self.faults_in_row,
            started_at=at if step is T.START else self.started_at,
            finished_at=at if target in ENDINGS else self.finished_at,
            changed_at=at,
        )

    def open_steps(self) -> frozenset[CampaignStep]:
        """Steps the bot may offer as buttons right now."""
        return frozenset(step for state, step in CAMPAIGN_STEPS if state is self.state)

    def require_draft(self) -> None:
        if self.state is not CampaignState.DRAFT:
            raise NotADraft()

    @property
    def missing(self) -> str | None:
        """The first thing that stands between this draft and its start."""
        if self.account_id is None:
            return "account"
        if self.audience is None:
            return "audience"
        return None if self.text or self.media or self.template else "text"

    @property
    def is_over(self) -> bool:
        return self.state in ENDINGS
