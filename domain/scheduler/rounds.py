"""Many paced accounts at once: who is due claims in one transaction with the others, and so it is learned.

A thousand accounts that send every few seconds write twice for each message. Alone each would put some forty
statements to the database for it, which is more than one process can do. Only what is plain goes this way: a
single message, hours that differ by person, a refusal, the end of a campaign and all else that needs thought
is left to the slice of that account alone.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from domain.accounts.model import Account, Channel
from domain.campaigns.footer import footer_of
from domain.campaigns.model import Campaign, CampaignState
from domain.delivery.ports import Accepted
from domain.delivery.recipients import LEASE, Claim, learn
from domain.hours.model import Hours
from domain.kernel.ids import AccountId
from domain.kernel.unit import Store
from domain.pacing.rules import LONGEST_GAP, Caps
from domain.scheduler.in_hours import InHours
from domain.scheduler.lines import Line
from domain.scheduler.recording import Answered, Recorder
from domain.scheduler.standing import Seat, Standing
from domain.scheduler.together import Together
from domain.scheduler.unit import Unit

log = logging.getLogger(__name__)

#: Between two rounds, in seconds, where there are several accounts: so much later a message may leave.
REST: Final = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What an account got in a round: whom it writes to, and when it comes back. `account` as it was in the
    claim's own transaction."""

    account: Account
    campaign: Campaign
    claim: Claim
    footer: str
    wake_at: datetime


@dataclass(frozen=True, slots=True)
class _Asked:
    account: Account
    line: Line


class Rounds:
    """For one process: `owner` names it in the leases; `desk` begins every attempt key."""

    def __init__(
        self, *, store: Store[Unit], recorder: Recorder, rng: Random, caps: Caps, owner: str, desk: str
    ) -> None:
        self.store, self.recorder, self.rng, self.caps = store, recorder, rng, caps
        self.owner, self.desk = owner, desk
        self._claims: Together[_Asked, Served | None] = Together(self._claim_all, rest=REST)
        self._records: Together[tuple[Campaign, Answered], bool] = Together(self._record_all, rest=REST)

    async def claim(self, account: Account, line: Line) -> Served | None:
        """Its next recipient; None where that is not plain, and the account has to look by itself."""
        if account.channel is Channel.CLOUD or not line.is_heard or not line.is_ready:
            return None
        try:
            return await self._claims.ask(_Asked(account, line))
        except Exception as error:
            # Undone as a whole: each may try alone, and whoever it was meets it there again.
            log.warning("a round of claims was undone: %s", type(error).__name__)
            return None

    async def record(self, account: Account, campaign: Campaign, answered: Answered) -> None:
        """What became of a claim."""
        kept = False
        if type(answered[1]) is Accepted:
            try:
                kept = await self._records.ask((campaign, answered))
            except Exception as error:
                log.warning("a round of outcomes was undone: %s", type(error).__name__)
        if not kept:
            await self.recorder.record(account, campaign, [answered])

    async def _claim_all(self, asked: Sequence[_Asked]) -> Sequence[Served | None]:
        async with self.store.write(bulk=True) as unit:
            now = self.recorder.clock.now()
            ids = sorted(one.account.id for one in asked)
            standing = {one.account.id: one for one in await unit.rounds.standing(ids, now=now)}
            running = await unit.rounds.running(ids)
            hours = await unit.hours.of_many(ids)
            chosen: dict[AccountId, Campaign] = {}
            for one in asked:
                id = one.account.id
                if id in standing and self._may_go(one, standing[id], now):
                    campaign = _plain(running.get(id, ()), hours.get(id), now)
                    if campaign is not None:
                        chosen[id] = campaign
            seats = [
                Seat(
                    account_id=one.account.id, campaign_id=chosen[one.account.id].id, journal=one.line.journal
                )
                for one in asked
                if one.account.id in chosen
            ]
            served = await self._serve(unit, seats, chosen, standing, now) if seats else {}
            await unit.commit()
        return [served.get(one.account.id) for one in asked]

    def _may_go(self, asked: _Asked, standing: Standing, now: datetime) -> bool:
        next_at = standing.account.next_send_at
        return (
            standing.account.remote == asked.account.remote
            and not standing.is_suspended
            and standing.wallet.has_plan(now)
            and not standing.has_directs
            and standing.used < self.caps.a_day
            and not (next_at is not None and now < next_at <= now + LONGEST_GAP)
        )

    async def _serve(
        self, unit: Unit, seats: Sequence[Seat], chosen: Mapping[AccountId, Campaign],
        standing: Mapping[AccountId, Standing], now: datetime,
    ) -> Mapping[AccountId, Served]:  # fmt: skip
        claims = await unit.rounds.claim_first(
            seats, desk=self.desk, owner=self.owner, now=now, lease_until=now + LEASE
        )
        served: dict[AccountId, Served] = {}
        for seat in seats:
            if seat.campaign_id in claims:
                who, campaign = standing[seat.account_id], chosen[seat.account_id]
                served[seat.account_id] = Served(
                    account=who.account, campaign=campaign, claim=claims[seat.campaign_id],
                    footer=footer_of(campaign, who.account.channel, who.language),
                    wake_at=now + campaign.pacing.gap(self.rng),
                )  # fmt: skip
        if served:
            next_at = {id: one.wake_at for id, one in served.items()}
            await unit.rounds.go_on(next_at, [one.claim for one in served.values()], at=now)
        return served

    async def _record_all(self, asked: Sequence[tuple[Campaign, Answered]]) -> Sequence[bool]:
        """Those of campaigns that nothing but the success happened to."""
        async with self.store.write(bulk=True) as unit:
            now = self.recorder.clock.now()
            current = {
                one.id: one
                for one in await unit.rounds.campaigns(sorted({campaign.id for campaign, _ in asked}))
                if not one.is_over and one.faults_in_row == 0
            }
            kept = [campaign.id in current for campaign, _ in asked]
            plain = [answered for (_, answered), is_kept in zip(asked, kept, strict=True) if is_kept]
            await unit.delivery.record([learn(claim, what, now=now) for claim, what in plain], now=now)
            running = [id for id, one in current.items() if one.state is CampaignState.RUNNING]
            for id in await unit.rounds.without_waiting(running):
                await self.recorder.complete_if_done(unit, current[id], now)
            await unit.wallet.settle(list(current), at=now)
            await unit.commit()
        for id in current:
            self.recorder.watcher.campaign_changed(id, at_once=False)
        return kept


def _plain(campaigns: Sequence[Campaign], hours: Hours | None, now: datetime) -> Campaign | None:
    """The one whose turn it is, if it sends to one person after the other by the clock of the account."""
    if any(one.heeds_hours and one.by_their_clock for one in campaigns):
        return None
    open_now, _ = InHours(hours=hours, now=now).open_of(campaigns)
    return None if not open_now or open_now[0].pacing.is_batched else open_now[0]
