"""A desk that was put back to a copy does nothing by itself that the copy was about to do.

Since the copy was made the desk went on: what waited then may have been sent. So nobody is written to before
a person has looked: what ran is paused, what was scheduled is a draft, and whoever waited is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from domain.campaigns.model import Campaign, CampaignState, CampaignStep, PauseReason
from domain.kernel.clock import Clock
from domain.kernel.ids import CampaignId, WorkspaceId
from domain.kernel.unit import Store
from domain.scheduler.events import Announcer, DeskCameBack
from domain.scheduler.unit import Unit

_UNFINISHED: Final = (CampaignState.RUNNING, CampaignState.PAUSED)
_ALL: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ComeBack:
    """At the start, before anything is sent or worked."""

    store: Store[Unit]
    announcer: Announcer
    clock: Clock

    async def run(self) -> datetime | None:
        """All of it in one transaction. When the copy was made; None where the desk is none."""
        now = self.clock.now()
        async with self.store.write() as unit:
            made_at = await unit.copies.made_at()
            if made_at is None:
                await unit.copies.settled()
                await unit.commit()
                return None
            doubted = await unit.copies.doubt_everything(at=now)
            for space in await unit.operators.workspaces():
                told = await _held_back(unit, space.id, doubted, made_at, now)
                await self.announcer.announce(unit, told)
            await unit.copies.settled()
            await unit.commit()
        return made_at


async def _held_back(
    unit: Unit, space: WorkspaceId, doubted: Mapping[CampaignId, int], made_at: datetime, now: datetime
) -> DeskCameBack:
    begun, _ = await unit.campaigns.of_workspace(space, states=_UNFINISHED, limit=_ALL)
    paused = [await _save(unit, _paused(campaign, now), campaign) for campaign in begun]
    due, _ = await unit.campaigns.of_workspace(space, states=[CampaignState.SCHEDULED], limit=_ALL)
    drafts = [await _save(unit, _draft(campaign, now), campaign) for campaign in due]
    people = sum(doubted.get(campaign.id, 0) for campaign in begun)
    return DeskCameBack(
        workspace_id=space, made_at=made_at, paused=tuple(paused), drafts=tuple(drafts), people=people
    )


async def _save(unit: Unit, changed: Campaign, before: Campaign) -> Campaign:
    return await unit.campaigns.save(changed, expected=before.version)


def _paused(campaign: Campaign, now: datetime) -> Campaign:
    """What an operator had paused may have been resumed since: it has the same reason to be looked at."""
    if campaign.state is CampaignState.RUNNING:
        return campaign.take(CampaignStep.PAUSE, at=now, reason=PauseReason.RESTORED)
    return replace(campaign, pause_reason=PauseReason.RESTORED, changed_at=now)


def _draft(campaign: Campaign, now: datetime) -> Campaign:
    return replace(campaign.take(CampaignStep.UNSCHEDULE, at=now), scheduled_at=None, price=0)
