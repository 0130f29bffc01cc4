"""One slice of an account's work: plan, claim, send, learn."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from domain.accounts.model import Account, AccountState
from domain.campaigns import service, template
from domain.campaigns.model import Campaign, CampaignState, CampaignStep, PauseReason
from domain.contacts.model import Consent
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Accepted, MessageGateway, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import FAULTS_THAT_PAUSE, LEASE, Claim, faults_after, is_restriction, learn
from domain.delivery.store import Direct, DirectState
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict
from domain.kernel.ids import AccountId
from domain.kernel.unit import Store
from domain.pacing.rules import DAY, LONGEST_GAP, Caps, reopens_at, room
from domain.scheduler.events import (
    AccountChanged,
    Announcer,
    CampaignCompleted,
    CampaignPaused,
    DirectAnswered,
    Watcher,
)
from domain.scheduler.unit import Unit

log = logging.getLogger(__name__)

BATCH: Final = 200
AT_ONCE: Final = 50
RECORD_EVERY: Final = 100

#: How many times in a row somebody else may be first before it counts as a fault of ours.
CONFLICTS_BORNE: Final = 5

#: An account without anything due is looked at again after this long at most.
LONGEST_NAP: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a slice claimed: recipients of one campaign, or one direct; and when to come back."""

    campaign: Campaign | None = None
    claims: Sequence[Claim] = ()
    direct: Direct | None = None
    wake_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AccountSlices:
    """Drives one account, a slice at a time. One process at a time drives an account.

    `owner` names this process in the leases; `desk` begins every attempt key.
    """

    store: Store[Unit]
    gateway_for: Callable[[Account], MessageGateway]
    announcer: Announcer
    watcher: Watcher
    clock: Clock
    rng: Random
    caps: Caps
    owner: str
    desk: str

    async def run(self, account_id: AccountId) -> datetime | None:
        """Do what is due. Returns when to come back, None when there is nothing to come back for."""
        async with self.store.write() as unit:
            account = await unit.accounts.account(account_id)
            taken = await self._take(unit, account)
            await unit.commit()
        if taken.direct is not None:
            await self._send_direct(account, taken.direct)
        elif taken.campaign is not None and taken.claims:
            await self._send(account, taken.campaign, taken.claims)
        return taken.wake_at

    async def _take(self, unit: Unit, account: Account) -> Taken:
        """plan + claim, in one transaction."""
        now = self.clock.now()
        if not account.is_connected:
            return Taken()
        usage = await unit.accounts.usage(account.id, since=now - DAY)
        left_today = room(self.caps.a_day, usage, now=now)
        if left_today > 0:
            lease = now + LEASE
            direct = await unit.delivery.claim_direct(account.id, owner=self.owner, lease_until=lease)
            if direct is not None and await self._said_stop(unit, direct):
                return Taken(wake_at=now)
            if direct is not None:
                await unit.accounts.count_usage(account.id, 1, at=now)
                return Taken(direct=direct, wake_at=now)
        campaigns = await unit.campaigns.running_of(account.id)
        if not campaigns:
            return Taken()
        if left_today == 0:
            return Taken(wake_at=reopens_at(self.caps.a_day, usage, now=now))
        if account.next_send_at is not None and now < account.next_send_at <= now + LONGEST_GAP:
            # Further off than any gap can be, the clock was set back: it must not freeze the account.
            return Taken(wake_at=account.next_send_at)
        return await self._claim(unit, account, campaigns, left_today, now)

    async def _said_stop(self, unit: Unit, direct: Direct) -> bool:
        """Consent is asked of a test send too: who said stop gets nothing, and the operator is told."""
        person = await unit.contacts.by_number(direct.workspace_id, direct.number)
        if person is None or person.consent is not Consent.REVOKED:
            return False
        await unit.delivery.record_direct(direct.id, DirectState.FAILED, reason="stopped")
        fresh = await unit.delivery.direct(direct.id)
        await self.announcer.announce(unit, DirectAnswered(direct=fresh))
        return True

    async def _claim(
        self, unit: Unit, account: Account, campaigns: Sequence[Campaign], left_today: int, now: datetime
    ) -> Taken:
        """From the first campaign that has somebody due, in turn."""
        wake = now + LONGEST_NAP
        for campaign in campaigns:
            limit = min(BATCH, left_today) if campaign.pacing.is_batched else 1
            claims, skipped = await unit.delivery.claim(
                campaign.id, account.id, desk=self.desk, owner=self.owner, now=now, lease_until=now + LEASE,
                limit=limit,
            )  # fmt: skip
            if claims:
                after = now if campaign.pacing.is_batched else now + campaign.pacing.gap(self.rng)
                await unit.accounts.count_usage(account.id, len(claims), at=now)
                await unit.accounts.set_next_send_at(account.id, after)
                await unit.campaigns.served(campaign.id, at=now)
                return Taken(campaign=campaign, claims=claims, wake_at=after)
            if skipped:
                wake = now
            elif (due := await unit.delivery.next_due(campaign.id)) is not None:
                wake = min(wake, due)
            elif not await self._complete_if_done(unit, campaign, now):
                wake = min(wake, now + LEASE)
        return Taken(wake_at=wake)

    async def _complete_if_done(self, unit: Unit, campaign: Campaign, now: datetime) -> bool:
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

    async def _send(self, account: Account, campaign: Campaign, claims: Sequence[Claim]) -> None:
        """Send what was claimed, many at once, and record the answers in groups as they come."""
        gateway = self.gateway_for(account)
        queue: asyncio.Queue[tuple[Claim, SendOutcome]] = asyncio.Queue()
        pending = iter(claims)

        async def worker() -> None:
            for claim in pending:
                await queue.put((claim, await self._ask(gateway, _message(campaign, claim))))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(claims))):
                group.create_task(worker())
            await self._record_all(account, campaign, queue, len(claims))

    async def _record_all(
        self,
        account: Account,
        campaign: Campaign,
        queue: asyncio.Queue[tuple[Claim, SendOutcome]],
        total: int,
    ) -> None:
        done = 0
        while done < total:
            group = [await queue.get()]
            await _gather_more(queue, group, min(RECORD_EVERY, total - done))
            await self._record(account, campaign, group)
            done += len(group)

    async def _ask(self, gateway: MessageGateway, message: OutgoingMessage) -> SendOutcome:
        """A gateway that breaks its word and raises has told us nothing: unknown."""
        try:
            return await gateway.send(message)
        except Exception as error:
            log.error("the gateway raised %s; the attempt's result is not known", type(error).__name__)
            return Unknown("gateway_error")

    async def _record(
        self, account: Account, campaign: Campaign, group: Sequence[tuple[Claim, SendOutcome]]
    ) -> None:
        """learn, again if an operator changed the campaign meanwhile: outcomes must not be lost to that."""
        for _ in range(CONFLICTS_BORNE):
            try:
                await self._record_once(account, campaign, group)
                return
            except Conflict:
                continue
        await self._record_once(account, campaign, group)

    async def _record_once(
        self, account: Account, campaign: Campaign, group: Sequence[tuple[Claim, SendOutcome]]
    ) -> None:
        """Outcomes, failures in a row, and what they lead to; one transaction."""
        now = self.clock.now()
        async with self.store.write() as unit:
            await unit.delivery.record([learn(c, outcome, now=now) for c, outcome in group], now=now)
            await self._watch_faults(unit, account, campaign, [outcome for _, outcome in group], now)
            current = await unit.campaigns.any(campaign.id)
            if current.is_over:
                # Cancelled while this was on its way: nobody is left waiting for a retry that will not come.
                await unit.delivery.cancel_waiting(campaign.id)
            if current.state is CampaignState.RUNNING and await unit.delivery.next_due(campaign.id) is None:
                await self._complete_if_done(unit, current, now)
            await unit.commit()
        self.watcher.campaign_changed(campaign.id, at_once=False)

    async def _watch_faults(
        self, unit: Unit, account: Account, campaign: Campaign, outcomes: Sequence[SendOutcome], now: datetime
    ) -> None:
        if any(is_restriction(outcome) for outcome in outcomes):
            await restrict(unit, self.announcer, account, outcomes, now)
            self.watcher.campaign_changed(campaign.id, at_once=True)
            return
        current = await unit.campaigns.any(campaign.id)
        faults, worst = current.faults_in_row, 0
        for outcome in outcomes:
            faults = faults_after(faults, outcome)
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

    async def _send_direct(self, account: Account, direct: Direct) -> None:
        message = OutgoingMessage(key=direct.key, to=direct.number, text=direct.text, media=direct.media)
        outcome = await self._ask(self.gateway_for(account), message)
        match outcome:
            case Accepted():
                state, reason = DirectState.SENT, None
            case Rejected(why, _, _):
                state, reason = DirectState.FAILED, why
            case Unknown(why):
                state, reason = DirectState.UNKNOWN, why
        async with self.store.write() as unit:
            await unit.delivery.record_direct(direct.id, state, reason=reason)
            fresh = await unit.delivery.direct(direct.id)
            await self.announcer.announce(unit, DirectAnswered(direct=fresh))
            if is_restriction(outcome):
                await restrict(unit, self.announcer, account, [outcome], self.clock.now())
            await unit.commit()


def _message(campaign: Campaign, claim: Claim) -> OutgoingMessage:
    fields = {**claim.fields, "name": claim.name, "number": claim.number}
    return OutgoingMessage(
        key=claim.key, to=claim.number, text=template.fill(campaign.text, fields), media=campaign.media
    )


async def _gather_more(
    queue: asyncio.Queue[tuple[Claim, SendOutcome]], group: list[tuple[Claim, SendOutcome]], want: int
) -> None:
    """Fill `group` up to `want` with what arrives within 100 ms."""
    deadline = asyncio.get_running_loop().time() + 0.1
    while len(group) < want:
        if queue.empty():
            try:
                async with asyncio.timeout_at(deadline):
                    group.append(await queue.get())
            except TimeoutError:
                return
        else:
            group.append(queue.get_nowait())


async def restrict(
    unit: Unit, announcer: Announcer, account: Account, outcomes: Sequence[SendOutcome], now: datetime
) -> None:
    """WhatsApp restricted or unlinked the account: every campaign of it pauses at once."""
    reason = next(o.reason for o in outcomes if is_restriction(o) and isinstance(o, Rejected))
    await stop_account(unit, announcer, account, unlinked=reason == "unlinked", now=now)


async def stop_account(
    unit: Unit,
    announcer: Announcer,
    account: Account,
    *,
    unlinked: bool,
    now: datetime,
) -> None:
    """Set the account's state, pause its campaigns, and tell, once however often the news comes."""
    state = AccountState.UNLINKED if unlinked else AccountState.RESTRICTED
    why = PauseReason.UNLINKED if unlinked else PauseReason.RESTRICTED
    known = await unit.accounts.account(account.id)
    paused = await service.pause_all_of(unit.campaigns, account.id, why, at=now)
    if known.state is state and not paused:
        return
    await unit.accounts.set_state(account.id, state, reason=why.value, at=now)
    fresh = await unit.accounts.account(account.id)
    await announcer.announce(unit, AccountChanged(account=fresh, paused=tuple(paused)))
