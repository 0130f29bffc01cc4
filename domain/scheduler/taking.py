"""plan + claim: what an account sends next, taken durably, in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from domain.accounts.model import Account
from domain.campaigns.model import Campaign, PauseReason
from domain.contacts.model import Consent
from domain.delivery.recipients import LEASE, Claim
from domain.delivery.store import Direct, DirectPurpose, DirectState, Opens
from domain.kernel.ids import AccountId, CampaignId
from domain.pacing.rules import DAY, GENTLE, Caps, reopens_at, room
from domain.scheduler import licence
from domain.scheduler.auto_answers import why_unanswered
from domain.scheduler.confirming import why_unconfirmed
from domain.scheduler.events import Announcer, DirectAnswered
from domain.scheduler.in_hours import in_hours
from domain.scheduler.lines import Line
from domain.scheduler.recording import Recorder
from domain.scheduler.unit import Unit

BATCH: Final = 200

_BUT_AUTO: Final = tuple(one for one in DirectPurpose if one is not DirectPurpose.AUTO)

#: Why a single message failed that was waiting when the workspace was suspended.
SUSPENDED: Final = "suspended"

#: One whose far side cannot take anything just now is looked at again after this long.
LOOK_AGAIN: Final = timedelta(seconds=2)

#: An account without anything due is looked at again after this long at most.
LONGEST_NAP: Final = timedelta(minutes=10)
#: People who are held (their stop is being written down, an import names them) are asked for again.
HELD: Final = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was claimed: recipients of one campaign, or one direct; and when to come back.

    `passed_over`: campaigns in which people were skipped, whose points come back.
    """

    campaign: Campaign | None = None
    claims: Sequence[Claim] = ()
    direct: Direct | None = None
    wake_at: datetime | None = None
    passed_over: Sequence[CampaignId] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """For one process: `owner` names it in the leases; `desk` begins every attempt key.

    `after_auto`: accounts whose last message was an automatic answer, after which a campaign has its turn.
    It is lost with the process, which costs nothing."""

    recorder: Recorder
    rng: Random
    caps: Caps
    owner: str
    desk: str
    after_auto: set[AccountId] = field(default_factory=set)

    @property
    def announcer(self) -> Announcer:
        return self.recorder.announcer

    async def take(self, unit: Unit, account: Account, line: Line) -> Taken:
        """By pauses between messages, and so many a day."""
        now = self.recorder.clock.now()
        if account.is_connected and not line.is_heard:
            return Taken(wake_at=now + LOOK_AGAIN)
        usage = await unit.accounts.usage(account.id, since=now - DAY)
        left_today = room(self.caps.a_day, usage, now=now)
        begun = await self.begin(unit, account, now, may_send=left_today > 0, journal=line.journal)
        if isinstance(begun, Taken):
            return begun
        if left_today == 0:
            return Taken(wake_at=reopens_at(self.caps.a_day, usage, now=now))
        taken = await self._of_campaigns(unit, account, begun, line, left_today, now)
        return taken if taken.claims else await self.or_auto(unit, account, taken, now, line.journal)

    async def _of_campaigns(
        self,
        unit: Unit,
        account: Account,
        campaigns: Sequence[Campaign],
        line: Line,
        left_today: int,
        now: datetime,
    ) -> Taken:
        if account.next_send_at is not None and now < account.next_send_at <= now + _longest_pause(campaigns):
            # Further off than any pause can be, the clock was set back: it must not freeze the account.
            return Taken(wake_at=account.next_send_at)
        if not line.is_ready:
            return Taken(wake_at=now + LOOK_AGAIN)
        return await self._claim(unit, account, campaigns, left_today, now, line.journal)

    async def begin(
        self, unit: Unit, account: Account, now: datetime, *, may_send: bool, journal: str | None = None
    ) -> Taken | Sequence[Campaign]:
        """A single message that waits, or else the campaigns that may be claimed from, in turn."""
        if not account.is_connected:
            return Taken()
        why = await licence.why_not(unit, account.workspace_id, now)
        if why is PauseReason.SUSPENDED and await self._refuse_direct(unit, account, now):
            return Taken(wake_at=now)
        if may_send:
            purposes = _BUT_AUTO if account.id in self.after_auto else tuple(DirectPurpose)
            taken = await self._single(unit, account, purposes, why, now, journal)
            if taken is not None:
                return taken
        campaigns = await unit.campaigns.running_of(account.id)
        if not campaigns:
            return await self.or_auto(unit, account, Taken(), now, journal, why) if may_send else Taken()
        if why is not None:
            watcher = self.recorder.watcher
            await licence.stop_workspace(unit, self.announcer, watcher, account.workspace_id, why, now)
            return Taken()
        return campaigns

    async def or_auto(
        self,
        unit: Unit,
        account: Account,
        idle: Taken,
        now: datetime,
        journal: str | None = None,
        why: PauseReason | None = None,
    ) -> Taken:
        """Where campaigns had their turn and nobody to send to (`idle`): the automatic answer that let them
        go first, or when the next single message is due. `why`: what stands against sending."""
        if account.id in self.after_auto:
            self.after_auto.discard(account.id)
            auto = await self._single(unit, account, (DirectPurpose.AUTO,), why, now, journal)
            if auto is not None:
                return replace(auto, passed_over=idle.passed_over)
        due = await unit.delivery.next_direct(account.id, after=now)
        wakes = [at for at in (idle.wake_at, due) if at is not None]
        return replace(idle, wake_at=min(wakes, default=None))

    async def _single(
        self,
        unit: Unit,
        account: Account,
        purposes: Collection[DirectPurpose],
        why: PauseReason | None,
        now: datetime,
        journal: str | None,
    ) -> Taken | None:
        """The first single message of these purposes that is due; it may turn out that it does not leave."""
        direct = await unit.delivery.claim_direct(
            account.id, owner=self.owner, lease_until=now + LEASE, journal=journal, now=now, purposes=purposes
        )
        if direct is None:
            return None
        if await self._is_held(unit, direct, why, now):
            return Taken(wake_at=now)
        if direct.purpose is DirectPurpose.AUTO:
            self.after_auto.add(account.id)
        await unit.accounts.count_usage(account.id, 1, at=now)
        return Taken(direct=direct, wake_at=now)

    async def _refuse_direct(self, unit: Unit, account: Account, now: datetime) -> bool:
        """While the workspace is suspended no single message is kept for later, where it would be a surprise:
        it fails, due or not, and whoever asked for it is told."""
        lease = now + LEASE
        direct = await unit.delivery.claim_direct(account.id, owner=self.owner, lease_until=lease)
        if direct is None:
            return False
        await self.fail_direct(unit, direct, SUSPENDED)
        return True

    async def _is_held(self, unit: Unit, direct: Direct, stands: PauseReason | None, now: datetime) -> bool:
        """Consent is asked of single messages too: who said stop gets nothing but the word that it was heard,
        and the operator is told. Nor does an automatic answer leave at any time."""
        if direct.purpose is DirectPurpose.CONFIRM:
            why = await why_unconfirmed(unit, direct, now)
        elif await self._said_stop(unit, direct):
            why = "stopped"
        else:
            why = why_unanswered(direct, stands, now)
        if why is not None:
            await self.fail_direct(unit, direct, why)
        return why is not None

    async def _said_stop(self, unit: Unit, direct: Direct) -> bool:
        """Or asked to be forgotten, which says as much."""
        person = await unit.contacts.by_number(direct.workspace_id, direct.number)
        if person is None:
            return direct.number in await unit.contacts.forgotten(direct.workspace_id, [direct.number])
        return person.consent is Consent.REVOKED

    async def fail_direct(self, unit: Unit, direct: Direct, reason: str) -> None:
        """It does not leave, and whoever asked for it is told why."""
        await unit.delivery.record_direct(direct.id, DirectState.FAILED, reason=reason)
        fresh = await unit.delivery.direct(direct.id)
        await self.announcer.announce(unit, DirectAnswered(direct=fresh))

    async def _claim(
        self,
        unit: Unit,
        account: Account,
        campaigns: Sequence[Campaign],
        left_today: int,
        now: datetime,
        journal: str | None,
    ) -> Taken:
        """From the first campaign that may send now and has somebody due, in turn."""
        within = await in_hours(unit, account.id, campaigns, now)
        open_now, opens = within.open_of(campaigns)
        wake, passed_over = min(now + LONGEST_NAP, opens), []
        for campaign in open_now:
            limit = min(BATCH, left_today) if campaign.pacing.is_batched else 1
            claims, skipped = await self.claim_from(
                unit, account, campaign, limit, now, journal, opens=within.opens_for(campaign)
            )
            if skipped:
                passed_over.append(campaign.id)
            if claims:
                after = now if campaign.pacing.is_batched else now + campaign.pacing.gap(self.rng)
                await unit.accounts.set_next_send_at(account.id, after)
                return Taken(campaign=campaign, claims=claims, wake_at=after, passed_over=passed_over)
            wake = min(wake, await self.next_look(unit, campaign, skipped, now))
        return Taken(wake_at=wake, passed_over=passed_over)

    async def claim_from(
        self,
        unit: Unit,
        account: Account,
        campaign: Campaign,
        limit: int,
        now: datetime,
        journal: str | None = None,
        *,
        opens: Opens | None = None,
    ) -> tuple[Sequence[Claim], int]:
        claims, skipped = await unit.delivery.claim(
            campaign.id, account.id, desk=self.desk, owner=self.owner, now=now, lease_until=now + LEASE,
            limit=limit, journal=journal, opens=opens,
        )  # fmt: skip
        if claims:
            await unit.accounts.count_usage(account.id, len(claims), at=now)
            await unit.campaigns.served(campaign.id, at=now)
            self.after_auto.discard(account.id)
        return claims, skipped

    async def next_look(self, unit: Unit, campaign: Campaign, skipped: int, now: datetime) -> datetime:
        """When a campaign that had nobody to claim is looked at again."""
        if skipped:
            return now
        if (due := await unit.delivery.next_due(campaign.id)) is not None:
            # Somebody is due and could not be had: another holds them for a moment.
            return max(due, now + HELD)
        done = await self.recorder.complete_if_done(unit, campaign, now)
        return now + (LONGEST_NAP if done else LEASE)


def _longest_pause(campaigns: Sequence[Campaign]) -> timedelta:
    """Of what runs now, or a usual one of what ran last. (The longest that there can be was too long: a clock
    that had been five minutes ahead kept an account from sending for five minutes; tests/crash/rounds.py.)"""
    return max(GENTLE.longest, *(campaign.pacing.longest for campaign in campaigns))
