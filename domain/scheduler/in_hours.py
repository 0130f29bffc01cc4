"""What active hours let leave at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from domain.campaigns.model import Campaign
from domain.delivery.store import Opens
from domain.hours.clocks import Clocks, next_opening
from domain.hours.model import Hours
from domain.kernel.ids import AccountId
from domain.scheduler.unit import Unit

NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class InHours:
    """The hours of an account at one moment, as each of its campaigns heeds them. None: always open."""

    hours: Hours | None
    now: datetime

    def open_of(self, campaigns: Sequence[Campaign]) -> tuple[Sequence[Campaign], datetime]:
        """Those that nothing holds now, and when the others may go on: NEVER perhaps.

        Hours that never open hold those that go by each person's clock too: their people wait for others.
        """
        heeding = [one for one in campaigns if one.heeds_hours]
        if self.hours is None or not heeding:
            return campaigns, NEVER
        opens = next_opening(self.hours, self.now) or NEVER
        if opens <= self.now:
            return campaigns, NEVER
        held = {one.id for one in heeding if opens == NEVER or not one.by_their_clock}
        return [one for one in campaigns if one.id not in held], opens if held else NEVER

    def opens_for(self, campaign: Campaign) -> Opens | None:
        """To be asked of each of its people; None when nobody has to wait for their own clock."""
        if self.hours is None or not campaign.heeds_hours or not campaign.by_their_clock:
            return None
        return Clocks(self.hours, self.now).opens


async def in_hours(
    unit: Unit, account_id: AccountId, campaigns: Sequence[Campaign], now: datetime
) -> InHours:
    """For a claim from these: one look, and none where no campaign heeds any.

    They are held where people may be put off by them: who changes them meanwhile would not see those people,
    and could not put them forward again.
    """
    heeding = [campaign for campaign in campaigns if campaign.heeds_hours]
    held = any(campaign.by_their_clock for campaign in heeding)
    return InHours(hours=await unit.hours.of(account_id, held=held) if heeding else None, now=now)
