"""What the clock sets off: scheduled starts, and claims that nobody will answer any more."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.campaigns import service
from domain.campaigns.model import Campaign, CampaignState, CampaignStep
from domain.campaigns.start import Start
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError, Interrupted
from domain.kernel.unit import Store
from domain.operators.team import require_current_terms
from domain.pacing.rules import Caps
from domain.scheduler.events import Announcer, CampaignStarted, ScheduledStartFailed, Watcher
from domain.scheduler.unit import Unit


def desk_of(unit: Unit) -> service.Campaigns:
    """The stores that campaign verbs stand on."""
    return service.Campaigns(
        campaigns=unit.campaigns, delivery=unit.delivery, contacts=unit.contacts, accounts=unit.accounts,
        wallet=unit.wallet, operators=unit.operators,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    store: Store[Unit]
    announcer: Announcer
    watcher: Watcher
    clock: Clock
    caps: Caps

    async def tick(self, now: datetime) -> datetime | None:
        """Start what is due. Returns when the next one is; a late start (after downtime) starts now."""
        async with self.store.read() as unit:
            scheduled = await unit.campaigns.scheduled()
        for campaign in scheduled:
            if campaign.scheduled_at is not None and campaign.scheduled_at > now:
                return campaign.scheduled_at
            await self._start(campaign, now)
        return None

    async def _start(self, campaign: Campaign, now: datetime) -> None:
        """One campaign's trouble must not hold up the others: a refusal puts it back to draft, told."""
        try:
            async with self.store.write() as unit:
                await require_current_terms(unit.operators, campaign.workspace_id)
                started = await Start(caps=self.caps, price=campaign.price).run(
                    desk_of(unit), campaign, expected=campaign.version, at=now, first_only=True
                )
                await self.announcer.announce(unit, CampaignStarted(campaign=started[0]))
                await unit.commit()
            self.watcher.campaign_changed(campaign.id, at_once=True)
            if campaign.account_id is not None:
                self.watcher.account_has_work(campaign.account_id)
        except Interrupted:
            return  # still scheduled: the next tick begins anew
        except DomainError as refusal:
            await self._back_to_draft(campaign, refusal, now)

    async def _back_to_draft(self, campaign: Campaign, refusal: DomainError, now: datetime) -> None:
        async with self.store.write() as unit:
            current = await unit.campaigns.any(campaign.id)
            if current.state is not CampaignState.SCHEDULED or current.version != campaign.version:
                return  # an operator was first; what they decided is looked at by the next tick
            draft = replace(current.take(CampaignStep.UNSCHEDULE, at=now), scheduled_at=None, price=0)
            saved = await unit.campaigns.save(draft, expected=current.version)
            event = ScheduledStartFailed(campaign=saved, code=refusal.code, data=refusal.data)
            await self.announcer.announce(unit, event)
            await unit.commit()

    async def end_leases(self, now: datetime, *, owner: str | None = None) -> int:
        """Claims whose lease is over become unknown; with `owner`, those of everybody else at once
        (right only where a lock makes sure that this process is the only one)."""
        async with self.store.write() as unit:
            count = await unit.delivery.abandon(owner_not=owner, lease_before=None if owner else now)
            # Everything settles where it happens; should a place have been forgotten, it is made good here.
            await unit.wallet.settle(None, at=now)
            await unit.commit()
        return count
