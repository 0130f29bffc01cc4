"""What active hours do to a campaign that runs, and how that is put: it waits, and goes on by itself."""

from dataclasses import dataclass
from datetime import datetime

from bot.screens.hours_words import when_words, with_clock
from bot.texts import Html, say
from domain.campaigns.model import Campaign, CampaignState
from domain.delivery.recipients import RETRY_AFTER
from domain.hours.model import Hours
from domain.scheduler.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The `hours` that hold all of a running campaign, and until when they do now. `is_by_clocks`: each
    of its people has hours of their own, and at `until` the next are due. `is_for_ever`: they never open."""

    hours: Hours | None = None
    until: datetime | None = None
    is_by_clocks: bool = False
    is_for_ever: bool = False

    @property
    def waits(self) -> bool:
        return self.is_for_ever or self.until is not None


async def held_by_hours(unit: Unit, campaign: Campaign, *, now: datetime) -> Held:
    if campaign.account_id is None or not campaign.heeds_hours or campaign.state is not CampaignState.RUNNING:
        return Held()
    hours = await unit.hours.of(campaign.account_id)
    if hours is None:
        return Held()
    opens = hours.next_open(now)
    if opens is not None and campaign.by_their_clock:
        due = await unit.delivery.next_due(campaign.id)
        # Sooner somebody may only wait for another try.
        waits = due is not None and due > now + RETRY_AFTER[-1]
        return Held(is_by_clocks=True, until=due if waits else None)
    return Held(hours=hours, until=opens if opens is None or opens > now else None, is_for_ever=opens is None)


def waits_lines(held: Held, *, has_begun: bool, zone: str, now: datetime, language: str) -> list[Html]:
    """Until when it waits for hours to open."""
    if held.until is None:
        return []
    key = "card.hours.shut" if has_begun else "card.hours.begins"
    if held.is_by_clocks:
        key = "card.hours.clocks"
    return [say(key, language, when=until_words(held, held.until, zone, now, language))]


def until_words(held: Held, until: datetime, zone: str, now: datetime, language: str) -> str:
    """On the workspace's clock, which is `zone`."""
    return with_clock(when_words(until, zone, now, language), zone, held.hours, language)
