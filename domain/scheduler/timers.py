"""What the clock sets off: scheduled starts, and claims that nobody will answer any more."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.campaigns import service
from domain.campaigns.late_start import Beginning, Lateness, beginning
from domain.campaigns.model import Campaign, CampaignState, CampaignStep, NeverOpen
from domain.campaigns.start import Start
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError, Interrupted
from domain.kernel.unit import Store
from domain.operators.team import require_current_terms
from domain.pacing.rules import Caps
from domain.scheduler.events import (
    Announcer,
    CampaignStarted,
    Event,
    ScheduledStartFailed,
    StartedTooLate,
    Watcher,
)
from domain.scheduler.unit import Unit


def desk_of(unit: Unit) -> service.Campaigns:
    """The stores that campaign verbs stand on."""
    return service.Campaigns(
        campaigns=unit.campaigns, delivery=unit.delivery, contacts=unit.contacts, accounts=unit.accounts,
        wallet=unit.wallet, operators=unit.operators, hours=unit.hours,
    )  # fmt: skip


async def _beginning(unit: Unit, campaign: Campaign, due: datetime, now: datetime) -> Beginning:
    """Before it is due nothing is asked of its hours: they may be others by then."""
    hours = await service.hours_of(unit.hours, campaign) if due <= now else None
    return beginning(due, now=now, hours=hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    store: Store[Unit]
    announcer: Announcer
    watcher: Watcher
    clock: Clock
    caps: Caps

    async def tick(self, now: datetime) -> datetime | None:
        """Start what is due, on time or late (see domain.campaigns.late_start). Returns when the next is."""
        async with self.store.read() as unit:
            scheduled = [
                (campaign, await _beginning(unit, campaign, due, now))
                for campaign in await unit.campaigns.scheduled()
                if (due := campaign.scheduled_at) is not None
            ]
        waits = []
        for campaign, begin in scheduled:
            if begin.lateness is Lateness.ON_TIME and begin.at is not None and begin.at > now:
                waits.append(begin.at)
            else:
                await self._begin(campaign, begin, now)
        return min(waits, default=None)

    async def _begin(self, campaign: Campaign, begin: Beginning, now: datetime) -> None:
        match begin.lateness:
            case Lateness.NEVER_OPEN:
                await self._back_to_draft(campaign, NeverOpen(), now)
            case Lateness.TOO_LATE:
                await self._ask(campaign, begin.late_by, now)
            case Lateness.LATE:
                # Where it is shut by now it begins all the same, and waits as whatever runs then does.
                await self._start(campaign, now, late_by=begin.late_by)
            case Lateness.ON_TIME:
                await self._start(campaign, now)

    async def _start(self, campaign: Campaign, now: datetime, *, late_by: timedelta = timedelta()) -> None:
        """One campaign's trouble must not hold up the others: a refusal puts it back to draft, told."""
        try:
            async with self.store.write() as unit:
                await require_current_terms(unit.operators, campaign.workspace_id)
                started = await Start(caps=self.caps, price=campaign.price).run(
                    desk_of(unit), campaign, expected=campaign.version, at=now, first_only=True
                )
                await self.announcer.announce(unit, CampaignStarted(campaign=started[0], late_by=late_by))
                await unit.commit()
            self.watcher.campaign_changed(campaign.id, at_once=True)
            if campaign.account_id is not None:
                self.watcher.account_has_work(campaign.account_id)
        except Interrupted:
            return  # still scheduled: the next tick begins anew
        except DomainError as refusal:
            await self._back_to_draft(campaign, refusal, now)

    async def _back_to_draft(self, campaign: Campaign, refusal: DomainError, now: datetime) -> None:
        def told(draft: Campaign) -> Event:
            return ScheduledStartFailed(campaign=draft, code=refusal.code, data=refusal.data)

        await self._unscheduled(campaign, told, now)

    async def _ask(self, campaign: Campaign, late_by: timedelta, now: datetime) -> None:
        price, cap = campaign.price, self.caps.a_campaign

        def told(draft: Campaign) -> Event:
            return StartedTooLate(campaign=draft, late_by=late_by, price=price, cap=cap)

        await self._unscheduled(campaign, told, now)

    async def _unscheduled(
        self, campaign: Campaign, told: Callable[[Campaign], Event], now: datetime
    ) -> None:
        async with self.store.write() as unit:
            current = await unit.campaigns.any(campaign.id)
            if current.state is not CampaignState.SCHEDULED or current.version != campaign.version:
                return  # an operator was first; what they decided is looked at by the next tick
            draft = replace(current.take(CampaignStep.UNSCHEDULE, at=now), scheduled_at=None, price=0)
            saved = await unit.campaigns.save(draft, expected=current.version)
            await self.announcer.announce(unit, told(saved))
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
