"""What happened while sending that operators want to be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.accounts.model import Account
from domain.campaigns.model import Campaign, PauseReason
from domain.conversations.model import Conversation
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.store import Direct, Replied
from domain.delivery.templates import MessageTemplate
from domain.kernel.ids import AccountId, CampaignId, WorkspaceId
from domain.scheduler.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPaused:
    campaign: Campaign
    reason: PauseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCompleted:
    campaign: Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledStartFailed:
    """`code` and `data` of the refusal; the campaign is a draft again."""

    campaign: Campaign
    code: str
    data: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStarted:
    """By schedule; an operator who taps Start sees it. `late_by` is zero where nothing is said of it."""

    campaign: Campaign
    late_by: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedTooLate:
    """It was due so long ago that an operator is asked; the campaign is a draft again. `price` and `cap` are
    what it would have started with."""

    campaign: Campaign
    late_by: timedelta
    price: int
    cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyReceived:
    """`event` is the channel's own name for the message. `stopped`: they will not be messaged again, by their
    own word or by a rule; `handed`: a rule hands them to a person."""

    account: Account
    event: str
    reply: Replied
    conversation: Conversation
    stopped: bool
    handed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged:
    account: Account
    paused: tuple[Campaign, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInTrouble:
    """Of a connected number: its far side has tried often in vain to bring it up, for the account's
    `state_reason`, and goes on trying; without a reason, it is up again. Its campaigns wait meanwhile."""

    account: Account
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsOutOfReach:
    """What people wrote to this number in its former session, `remote`, cannot be read: the worker that keeps
    it does not answer. A STOP may be among it, so nothing leaves, for a bounded time (UNREAD_FOR)."""

    account: Account
    remote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectAnswered:
    """A single message came to its end (or became unknown). One that is tried again has not."""

    direct: Direct


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingStopped:
    """The plan has ended, or the workspace was suspended; `paused` were running until now."""

    workspace_id: WorkspaceId
    reason: PauseReason
    paused: tuple[Campaign, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEnding:
    """The plan ends at `until`, which is `days` or less from now: a reminder. With 0 it has ended, and
    nothing was running that had to be paused."""

    workspace_id: WorkspaceId
    until: datetime
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudNumberChanged:
    """WhatsApp describes a number of the official channel otherwise than before: its quality, or how many
    people a day it may write to first. A token that is refused is an `AccountChanged`."""

    account: Account
    before: CloudAccount
    after: CloudAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMissing:
    """Messages went out over this number, and nothing has come back about any of them."""

    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChanged:
    """A template that campaigns of this account use stands otherwise at WhatsApp; `after` None: it is gone.
    `paused`: those that were running and are paused now, because it cannot be sent any more."""

    account: Account
    before: MessageTemplate
    after: MessageTemplate | None
    paused: tuple[Campaign, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCameBack:
    """The desk was put back to a copy made at `made_at`, and knows nothing of what happened since. `paused`
    had begun by then, and `drafts` were scheduled; `people` in them may have been written to since."""

    workspace_id: WorkspaceId
    made_at: datetime
    paused: tuple[Campaign, ...]
    drafts: tuple[Campaign, ...]
    people: int


Event = (
    CampaignPaused
    | CampaignCompleted
    | CampaignStarted
    | ScheduledStartFailed
    | StartedTooLate
    | ReplyReceived
    | AccountChanged
    | AccountInTrouble
    | NewsOutOfReach
    | DirectAnswered
    | SendingStopped
    | PlanEnding
    | CloudNumberChanged
    | WebhookMissing
    | TemplateChanged
    | DeskCameBack
)


class Announcer(Protocol):
    """Turns an event into notices, inside the same unit of work: they are told exactly if it happened."""

    async def announce(self, unit: Unit, event: Event) -> None: ...


class Watcher(Protocol):
    """Hints to whoever shows progress; losing one loses nothing."""

    def campaign_changed(self, id: CampaignId, *, at_once: bool) -> None: ...

    def account_has_work(self, id: AccountId) -> None: ...
