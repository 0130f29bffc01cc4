"""What the rounds of many paced accounts need kept: each step for all of them, in a statement or two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.accounts.model import Account
from domain.campaigns.model import Campaign
from domain.delivery.recipients import Claim
from domain.kernel.ids import AccountId, CampaignId
from domain.wallet.model import Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A connected account and what decides whether it may send. `used`: claims of the last 24 hours.
    `has_directs`: single messages wait, due or not. `language`: its workspace's."""

    account: Account
    language: str
    is_suspended: bool
    wallet: Wallet
    used: int
    has_directs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who takes part in a round: an account with the campaign it claims from, and the journal that keeps what
    it is given."""

    account_id: AccountId
    campaign_id: CampaignId
    journal: str | None = None


class RoundStore(Protocol):
    async def standing(self, ids: Sequence[AccountId], *, now: datetime) -> Sequence[Standing]:
        """Of those that are connected. In a write unit whoever asks goes alone for these accounts until the
        unit ends, as with `AccountStore.usage`."""
        ...

    async def running(self, ids: Sequence[AccountId]) -> Mapping[AccountId, Sequence[Campaign]]:
        """Running campaigns of each, as `CampaignStore.running_of` gives them."""
        ...

    async def claim_first(
        self, seats: Sequence[Seat], *, desk: str, owner: str, now: datetime, lease_until: datetime
    ) -> Mapping[CampaignId, Claim]:
        """One recipient of each campaign, claimed as by `DeliveryStore.claim`. Left out are those where that
        is not plain: nobody is due, who is has not agreed, or may be reached at another number too."""
        ...

    async def go_on(
        self, next_at: Mapping[AccountId, datetime], claims: Sequence[Claim], *, at: datetime
    ) -> None:
        """What each claim leads to: counted to its account's day, its campaign served, and when each account
        sends next."""
        ...

    async def campaigns(self, ids: Sequence[CampaignId]) -> Sequence[Campaign]:
        """Those, as they are now."""
        ...

    async def without_waiting(self, ids: Sequence[CampaignId]) -> Sequence[CampaignId]:
        """Those of which nobody waits any more."""
        ...
