"""learn: what became of tries is written down, with all that follows from it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from domain.accounts.model import Account
from domain.campaigns.model import Campaign, CampaignState, CampaignStep, PauseReason
from domain.delivery.channel import AcceptedAs
from domain.delivery.cloud_accounts import Named
from domain.delivery.ports import SendOutcome
from domain.delivery.recipients import (
    FAULTS_THAT_PAUSE,
    Claim,
    faults_after,
    in_trouble,
    is_restriction,
    learn,
)
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict, Interrupted, StoreAway
from domain.kernel.unit import Store
from domain.scheduler.events import Announcer, CampaignCompleted, CampaignPaused, Watcher
from domain.scheduler.stopping import restrict
from domain.scheduler.unit import Unit

log = logging.getLogger(__name__)

#: How many times in a row somebody else may be first before it counts as a fault of ours.
CONFLICTS_BORNE: Final = 5

#: While the store is away an answer waits for it: so often, with such rests.
TRIES_WHILE_AWAY: Final = 60
AGAIN: Final = timedelta(seconds=1)

Answered = tuple[Claim, SendOutcome]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    store: Store[Unit]
    announcer: Announcer
    watcher: Watcher
    clock: Clock

    async def record(self, account: Account, campaign: Campaign, group: Sequence[Answered]) -> None:
        """learn, again if an operator changed the campaign meanwhile: outcomes must not be lost to that."""
        await until_kept(lambda: self._once(account, campaign, group))

    async def surely(self, account: Account, campaign: Campaign, group: Sequence[Answered]) -> None:
        """learn, also when the store is away for a while."""
        await until_back(lambda: self.record(account, campaign, group), self.clock)

    async def _once(self, account: Account, campaign: Campaign, group: Sequence[Answered]) -> None:
        """Outcomes, failures in a row, and what they lead to; one transaction."""
        now = self.clock.now()
        async with self.store.write(bulk=True) as unit:
            await unit.delivery.record([learn(c, outcome, now=now) for c, outcome in group], now=now)
            if named := _named(group):
                # Whoever was forgotten while their message was on its way is not written down anew.
                gone = await unit.contacts.forgotten(account.workspace_id, [one.number for one in named])
                await unit.cloud.name_people(account.id, [one for one in named if one.number not in gone])
            current = await self._watch_faults(unit, account, campaign, group, now)
            if current.is_over:
                # Cancelled while this was on its way: nobody is left waiting for a retry that will not come.
                await unit.delivery.cancel_waiting(campaign.id)
            if current.state is CampaignState.RUNNING and await unit.delivery.next_due(campaign.id) is None:
                await self.complete_if_done(unit, current, now)
            await unit.wallet.settle([campaign.id], at=now)
            await unit.commit()
        self.watcher.campaign_changed(campaign.id, at_once=False)

    async def complete_if_done(self, unit: Unit, campaign: Campaign, now: datetime) -> bool:
        tally = await unit.delivery.tally(campaign.id)
        if tally.left:
            return False
        current = await unit.campaigns.any(campaign.id)
        if current.state is CampaignState.RUNNING:
            done = await unit.campaigns.save(
                current.take(CampaignStep.COMPLETE, at=now), expected=current.version
            )
            await self.announcer.announce(unit, CampaignCompleted(campaign=done))
            self.watcher.campaign_changed(done.id, at_once=True)
        return True

    async def _watch_faults(
        self, unit: Unit, account: Account, campaign: Campaign, group: Sequence[Answered], now: datetime
    ) -> Campaign:
        """The campaign as it is after that."""
        outcomes = [outcome for _, outcome in group]
        if any(is_restriction(outcome) for outcome in outcomes):
            await restrict(unit, self.announcer, account, outcomes, now)
            self.watcher.campaign_changed(campaign.id, at_once=True)
            return await unit.campaigns.any(campaign.id)
        current = await unit.campaigns.any(campaign.id)
        faults, worst, most = current.faults_in_row, 0, 0
        if any(claim.n > 1 for claim, _ in group):
            most = sum(in_trouble(await unit.delivery.waiting_again(campaign.id)).values())
        for claim, outcome in group:
            faults = faults_after(faults, outcome, most=most if claim.n > 1 else None)
            worst = max(worst, faults)
        if faults != current.faults_in_row:
            await unit.campaigns.set_faults(campaign.id, faults)
        if worst >= FAULTS_THAT_PAUSE and current.state is CampaignState.RUNNING:
            step = replace(current, faults_in_row=faults).take(
                CampaignStep.PAUSE, at=now, reason=PauseReason.FAILURES
            )
            paused = await unit.campaigns.save(step, expected=current.version)
            await self.announcer.announce(unit, CampaignPaused(campaign=paused, reason=PauseReason.FAILURES))
            self.watcher.campaign_changed(campaign.id, at_once=True)
            return paused
        return current


async def until_kept(once: Callable[[], Awaitable[None]]) -> None:
    """`once` is one transaction; anew while somebody else is first."""
    for _ in range(CONFLICTS_BORNE):
        try:
            await once()
            return
        except (Conflict, Interrupted):
            continue
    await once()


async def until_back(once: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Anew while the store is away: what was answered is known nowhere else, and the claim would hold its
    campaign up until the lease ends. `once` changes nothing the second time. Raises StoreAway in the end."""
    for _ in range(TRIES_WHILE_AWAY):
        try:
            await once()
            return
        except StoreAway as error:
            log.warning("an answer waits for the store: %s", error)
            await clock.sleep_until(clock.now() + AGAIN)
    await once()


def _named(group: Sequence[Answered]) -> list[Named]:
    """What WhatsApp called people: their number too, which takes back another name from before."""
    return [
        Named(number=claim.number, wa_id=outcome.wa_id, user_id=outcome.user_id)
        for claim, outcome in group
        if isinstance(outcome, AcceptedAs) and (outcome.user_id or outcome.wa_id)
    ]


async def gather_more(queue: asyncio.Queue[T], group: list[T], want: int) -> None:
    """Fill `group` up to `want` with what arrives within 100 ms, and not beyond a None, which is the last."""
    deadline = asyncio.get_running_loop().time() + 0.1
    while len(group) < want and group[-1] is not None:
        if queue.empty():
            try:
                async with asyncio.timeout_at(deadline):
                    group.append(await queue.get())
            except TimeoutError:
                return
        else:
            group.append(queue.get_nowait())
