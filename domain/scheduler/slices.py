"""One slice of an account's work: plan, claim, send, learn."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Final

from domain.accounts.model import Account, Channel
from domain.campaigns.footer import footer_of, may_have_footer
from domain.campaigns.model import Campaign
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import MessageGateway, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import Claim
from domain.kernel.clock import Clock
from domain.kernel.ids import AccountId
from domain.kernel.unit import Store
from domain.pacing.rules import Caps
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.cloud_taking import CloudTaker
from domain.scheduler.directs import Ask, SendDirect
from domain.scheduler.events import Announcer, Watcher
from domain.scheduler.lines import Line, LineOf, always_open
from domain.scheduler.messages import message_of
from domain.scheduler.pour import Pour
from domain.scheduler.recording import Answered, Recorder, gather_more
from domain.scheduler.rounds import Rounds
from domain.scheduler.taking import Taker
from domain.scheduler.unit import Unit

log = logging.getLogger(__name__)

AT_ONCE: Final = 50
RECORD_EVERY: Final = 100


@dataclass(frozen=True, kw_only=True)
class AccountSlices:
    """Drives one account, a slice at a time. One process at a time drives an account.

    `owner` names this process in the leases; `desk` begins every attempt key. `pace`: of the official
    channel, shared with whoever hears of its refusals (CloudEffects). `line_of` is asked before anything is
    claimed on any other.
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
    pace: CloudPace = field(default_factory=CloudPace)
    line_of: LineOf = field(default=always_open)
    #: See Taker.after_auto.
    _after_auto: set[AccountId] = field(default_factory=set)
    #: Accounts as they were in their last round.
    _steady: dict[AccountId, Account] = field(default_factory=dict)
    #: Those that sent many at once the last time: they go alone.
    _alone: set[AccountId] = field(default_factory=set)

    async def run(self, account_id: AccountId, halt: asyncio.Event | None = None) -> datetime | None:
        """Do what is due. Returns when to come back, None when there is nothing to come back for.

        On the official channel this goes on for as long as there is something to send, or until `halt` is
        set: then nothing more is claimed, and what is on its way finishes.
        """
        account = self._steady.pop(account_id, None)
        if account is None:
            async with self.store.read() as unit:
                account = await unit.accounts.account(account_id)
        if account.channel is Channel.CLOUD:
            return await self.pour(account, halt or asyncio.Event()).run()
        line = await self.line_of(account)
        served = None if account.id in self._alone else await self._rounds.claim(account, line)
        if served is None:
            return await self._slice(account, line)
        self._steady[account.id] = served.account
        message = message_of(served.campaign, served.claim, footer=served.footer)
        ask = self._asker(served.account, heard=served.account.news_cursor)
        outcome = message if isinstance(message, Rejected) else await ask(message)
        await self._rounds.record(served.account, served.campaign, (served.claim, outcome))
        return served.wake_at

    def pour(self, account: Account, halt: asyncio.Event) -> Pour:
        return Pour(
            account=account, store=self.store, taker=CloudTaker(taker=self._taker, pace=self.pace),
            recorder=self._recorder, pace=self.pace, clock=self.clock, ask=self._asker(account),
            direct=self._directs.run, halted=halt,
        )  # fmt: skip

    async def _slice(self, seen: Account, line: Line) -> datetime | None:
        async with self.store.write(bulk=True) as unit:
            account = await unit.accounts.account(seen.id)
            if account.remote != seen.remote:
                return self.clock.now()  # linked anew meanwhile: the line was another one's
            taken = await self._taker.take(unit, account, line)
            footer = await _footer(unit, account, taken.campaign)
            # Last, because it locks the wallet.
            await unit.wallet.settle(taken.passed_over, at=self.clock.now())
            await unit.commit()
        self._alone.discard(account.id)
        if taken.campaign is not None and taken.campaign.pacing.is_batched:
            self._alone.add(account.id)
        if taken.direct is not None:
            await self._directs.run(account, taken.direct, self._asker(account, heard=account.news_cursor))
        elif taken.campaign is not None and taken.claims:
            await self._send(account, taken.campaign, taken.claims, footer)
        return taken.wake_at

    @cached_property
    def _rounds(self) -> Rounds:
        return Rounds(
            store=self.store, recorder=self._recorder, rng=self.rng, caps=self.caps, owner=self.owner,
            desk=self.desk,
        )  # fmt: skip

    @property
    def _recorder(self) -> Recorder:
        return Recorder(store=self.store, announcer=self.announcer, watcher=self.watcher, clock=self.clock)

    @property
    def _directs(self) -> SendDirect:
        return SendDirect(store=self.store, announcer=self.announcer, clock=self.clock)

    @property
    def _taker(self) -> Taker:
        return Taker(
            recorder=self._recorder, rng=self.rng, caps=self.caps, owner=self.owner, desk=self.desk,
            after_auto=self._after_auto,
        )  # fmt: skip

    async def _send(self, account: Account, campaign: Campaign, claims: Sequence[Claim], footer: str) -> None:
        """Send what was claimed, many at once, and record the answers in groups as they come. `account` is as
        it was in the claim's own transaction, its news cursor above all."""
        ask = self._asker(account, heard=account.news_cursor)
        queue: asyncio.Queue[Answered] = asyncio.Queue()
        pending = iter(claims)

        async def worker() -> None:
            for claim in pending:
                message = message_of(campaign, claim, footer=footer)
                sent = message if isinstance(message, Rejected) else await ask(message)
                await queue.put((claim, sent))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(claims))):
                group.create_task(worker())
            await self._record_all(account, campaign, queue, len(claims))

    async def _record_all(
        self, account: Account, campaign: Campaign, queue: asyncio.Queue[Answered], total: int
    ) -> None:
        done = 0
        while done < total:
            group = [await queue.get()]
            await gather_more(queue, group, min(RECORD_EVERY, total - done))
            await self._recorder.surely(account, campaign, group)
            done += len(group)

    def _asker(self, account: Account, *, heard: int | None = None) -> Ask:
        gateway = self.gateway_for(account)

        async def ask(message: OutgoingMessage) -> SendOutcome:
            """A gateway that breaks its word and raises has told us nothing: unknown."""
            try:
                return await gateway.send(message if heard is None else replace(message, heard=heard))
            except Exception as error:
                log.error("the gateway raised %s; the attempt's result is not known", type(error).__name__)
                return Unknown("gateway_error")

        return ask


async def _footer(unit: Unit, account: Account, campaign: Campaign | None) -> str:
    """What stands below the text of what was claimed."""
    if campaign is None or not may_have_footer(campaign, account.channel):
        return ""
    space = await unit.operators.workspace(account.workspace_id)
    return footer_of(campaign, account.channel, space.language)
