"""What active hours let leave at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from domain.campaigns.model import Campaign
from domain.delivery.store import Opens
from domain.hours.clocks import Clocks
from domain.hours.model import Hours

NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class InHours:
    """The hours of an account at one moment, as each of its campaigns heeds them. None: always open."""

    hours: Hours | None
    now: datetime

    def open_of(self, campaigns: Sequence[Campaign]) -> tuple[Sequence[Campaign], datetime]:
        """Those that nothing holds now, and when the others may go on: NEVER perhaps."""
        held = [one for one in campaigns if one.heeds_hours and not one.by_their_clock]
        if self.hours is None or not held:
            return campaigns, NEVER
        opens = self.hours.next_open(self.now) or NEVER
        if opens <= self.now:
            return campaigns, NEVER
        return [one for one in campaigns if one not in held], opens

    def opens_for(self, campaign: Campaign) -> Opens | None:
        """To be asked of each of its people; None when nobody has to wait for their own clock."""
        if self.hours is None or not campaign.heeds_hours or not campaign.by_their_clock:
            return None
        return Clocks(self.hours, self.now).opens
