"""What happened while sending that operators want to be told."""

from dataclasses import dataclass
from typing import Protocol

from domain.accounts.model import Account
from domain.campaigns.model import Campaign, PauseReason
from domain.delivery.store import Direct, Replied
from domain.kernel.ids import AccountId, CampaignId
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
    """By schedule; an operator who taps Start sees it."""

    campaign: Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyReceived:
    """`event` is the channel's own name for the message."""

    account: Account
    event: str
    reply: Replied
    stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged:
    account: Account
    paused: tuple[Campaign, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectAnswered:
    """A test send came to its end (or became unknown)."""

    direct: Direct


Event = (
    CampaignPaused
    | CampaignCompleted
    | CampaignStarted
    | ScheduledStartFailed
    | ReplyReceived
    | AccountChanged
    | DirectAnswered
)


class Announcer(Protocol):
    """Turns an event into notices, inside the same unit of work: they are told exactly if it happened."""

    async def announce(self, unit: Unit, event: Event) -> None: ...


class Watcher(Protocol):
    """Hints to whoever shows progress; losing one loses nothing."""

    def campaign_changed(self, id: CampaignId, *, at_once: bool) -> None: ...

    def account_has_work(self, id: AccountId) -> None: ...
