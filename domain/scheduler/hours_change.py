"""Changing active hours while campaigns run: what that does, told before, and done at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.accounts.model import Account
from domain.campaigns.late_start import beginning
from domain.campaigns.model import Campaign, CampaignState
from domain.hours.model import Hours
from domain.scheduler.unit import Unit

#: So many of the newest campaigns that run or are scheduled are looked through.
LOOKED_AT: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A campaign that goes on, or begins, at `after` instead of `before`; None: never. One that goes by each
    person's clock is moved only from ever to never, or back."""

    campaign: Campaign
    before: datetime | None
    after: datetime | None


async def change_hours(
    unit: Unit, account: Account, hours: Hours | None, *, expected: datetime | None, at: datetime
) -> None:
    """Running campaigns heed them from their next claim. Raises Conflict, see `HoursStore.save`."""
    await unit.hours.save(account.id, hours, expected=expected, at=at)
    await unit.delivery.put_forward(account.id, now=at)


async def moved_by(
    unit: Unit, account: Account, before: Hours | None, after: Hours | None, *, now: datetime
) -> Sequence[Moved]:
    """The campaigns of this account that go on or begin at another time under the hours `after`."""
    found, _ = await unit.campaigns.of_workspace(
        account.workspace_id, states=[CampaignState.RUNNING, CampaignState.SCHEDULED], limit=LOOKED_AT
    )
    return [
        moved
        for campaign in found
        if campaign.account_id == account.id and campaign.heeds_hours
        if (moved := _moved(campaign, before, after, now)) is not None
    ]


def _moved(campaign: Campaign, before: Hours | None, after: Hours | None, now: datetime) -> Moved | None:
    was, will = (_goes_at(campaign, hours, now) for hours in (before, after))
    return None if was == will else Moved(campaign=campaign, before=was, after=will)


def _goes_at(campaign: Campaign, hours: Hours | None, now: datetime) -> datetime | None:
    if campaign.by_their_clock and hours is not None:
        if hours.next_open(now) is None:
            return None
        # Whoever of its people is shut waits; the campaign itself does not.
        hours = None
    if campaign.scheduled_at is not None and campaign.state is CampaignState.SCHEDULED:
        return beginning(campaign.scheduled_at, now=now, hours=hours).at
    return now if hours is None else hours.next_open(now)
