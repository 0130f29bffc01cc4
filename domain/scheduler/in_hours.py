"""What active hours let leave at a moment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from domain.campaigns.model import Campaign
from domain.delivery.store import Opens
from domain.hours.clocks import Clocks
from domain.hours.model import Hours

NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(kw_only=True)
class InHours:
    """The hours of an account at one moment, as each of its campaigns heeds them. None: always open."""

    hours: Hours | None
    now: datetime

    def shut_until(self, campaign: Campaign) -> datetime | None:
        """When a campaign that is held may go on, NEVER perhaps; None when nothing holds it."""
        if self.hours is None or not campaign.heeds_hours or campaign.by_their_clock:
            return None
        return self._opens if self._opens > self.now else None

    def opens_for(self, campaign: Campaign) -> Opens | None:
        """To be asked of each of its people; None when nobody has to wait for their own clock."""
        if self.hours is None or not campaign.heeds_hours or not campaign.by_their_clock:
            return None
        return Clocks(self.hours, self.now).opens

    @cached_property
    def _opens(self) -> datetime:
        assert self.hours is not None  # noqa: S101
        return self.hours.next_open(self.now) or NEVER
