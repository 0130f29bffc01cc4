"""Asks the far side's journals what became of tries of which we do not know it.

A try is in doubt when the line broke, or a process died between claim and answer. Its key is closed at the
journal: either the journal knows what became of it, or it never saw the key, and from then on nothing can go
out under it. Only then, and only if it is the very journal that the try was to be put to, is it certain that
nobody got anything; while the campaign still runs, the person is waiting again, to be claimed anew with
consent and caps asked.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, assert_never

from domain.accounts.model import Account, Channel
from domain.delivery.model import Progress
from domain.delivery.ports import (
    Accepted,
    AttemptJournal,
    ChannelDown,
    Recalled,
    ReceiptNews,
    Rejected,
    Unknown,
)
from domain.delivery.recipients import Learned, RecipientState, learn
from domain.delivery.store import Doubt
from domain.kernel.errors import Conflict, Interrupted
from domain.kernel.ids import AccountId, AttemptKey, CampaignId, RecipientId
from domain.kernel.unit import Store
from domain.scheduler.events import Announcer, DirectAnswered, Watcher
from domain.scheduler.unit import Unit

#: How long after a try its journal is still asked. (The worker keeps an entry for 30 days.)
ASK_FOR: Final = timedelta(days=3)

#: Waits before it is asked again while nothing is settled; after the last one a receipt or a person decides.
AGAIN_AFTER: Final = (
    timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10),
    timedelta(hours=1), timedelta(hours=6),
)  # fmt: skip

#: So many are asked about at once, and so many are looked at.
AT_A_TIME: Final = 50
LOOKED_AT: Final = 500

#: A far side that does not answer is left alone this long.
REST: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """An attempt, as `learn` wants it."""

    key: AttemptKey
    recipient_id: RecipientId
    n: int


@dataclass(kw_only=True)
class ClearDoubts:
    """One in a process. What was asked how often is kept in memory: a restart asks once more, for certain."""

    store: Store[Unit]
    journal_for: Callable[[Account], AttemptJournal]
    channels: frozenset[Channel]
    announcer: Announcer
    watcher: Watcher
    _asked: dict[AttemptKey, tuple[int, datetime]] = field(default_factory=dict)
    _resting: dict[AccountId, datetime] = field(default_factory=dict)

    async def tick(self, now: datetime) -> int:
        """Ask about whatever is due, all accounts side by side. Returns how many tries were learnt about."""
        self._asked = {key: asked for key, asked in self._asked.items() if asked[1] > now - ASK_FOR}
        async with self.store.read() as unit:
            accounts = [one for one in await unit.accounts.all() if one.channel in self.channels]
            due = {
                account: self._due(await self._doubts(unit, account, now), now)
                for account in accounts
                if self._resting.get(account.id, now) <= now
            }
        async with asyncio.TaskGroup() as group:
            asking = [
                group.create_task(self._ask(account, found, now)) for account, found in due.items() if found
            ]
        return sum(task.result() for task in asking)

    async def _doubts(self, unit: Unit, account: Account, now: datetime) -> Sequence[Doubt]:
        return await unit.delivery.doubts(account.id, since=now - ASK_FOR, limit=LOOKED_AT)

    def _due(self, doubts: Sequence[Doubt], now: datetime) -> Sequence[Doubt]:
        first = (0, now)
        asked = {doubt.key: self._asked.get(doubt.key, first) for doubt in doubts}
        due = [
            doubt
            for doubt in doubts
            if asked[doubt.key][0] <= len(AGAIN_AFTER) and asked[doubt.key][1] <= now
        ]
        return due[:AT_A_TIME]

    async def _ask(self, account: Account, doubts: Sequence[Doubt], now: datetime) -> int:
        answers: list[tuple[Doubt, Recalled | None]] = []
        try:
            journal = self.journal_for(account)
            for doubt in doubts:
                answer = await journal.close(doubt.key)
                sure = answer is not None and _is_sure(doubt, answer)
                answers.append((doubt, answer if sure else None))
                if answer is not None and not answer.settled:
                    self._again(doubt.key, now)
        except ChannelDown:
            self._resting[account.id] = now + REST
        try:
            learnt = await self._apply(account, [(doubt, answer) for doubt, answer in answers if answer], now)
        except (Conflict, Interrupted):
            return 0  # somebody else was at it: asked anew at the next tick
        for doubt, answer in answers:
            if answer is None or answer.settled:
                self._asked[doubt.key] = (len(AGAIN_AFTER) + 1, now)
        return learnt

    def _again(self, key: AttemptKey, now: datetime) -> None:
        times, _ = self._asked.get(key, (0, now))
        wait = AGAIN_AFTER[min(times, len(AGAIN_AFTER) - 1)]
        self._asked[key] = (times + 1, now + wait)

    async def _apply(self, account: Account, answers: Sequence[tuple[Doubt, Recalled]], now: datetime) -> int:
        """In one transaction, for those that are still in doubt."""
        if not any(_teaches(answer) for _, answer in answers):
            return 0
        touched: set[CampaignId] = set()
        learnt = 0
        async with self.store.write() as unit:
            still = {doubt.key: doubt for doubt in await self._doubts(unit, account, now)}
            for asked, answer in answers:
                doubt = still.get(asked.key)
                if doubt is not None and _teaches(answer):
                    await self._learn(unit, account, doubt, answer, now)
                    learnt += 1
                    touched |= {doubt.campaign_id} if doubt.campaign_id is not None else set()
            # Last, because it locks the wallet.
            await unit.wallet.settle(sorted(touched), at=now)
            await unit.commit()
        for campaign_id in touched:
            self.watcher.campaign_changed(campaign_id, at_once=False)
        self.watcher.account_has_work(account.id)
        return learnt

    async def _learn(
        self, unit: Unit, account: Account, doubt: Doubt, answer: Recalled, now: datetime
    ) -> None:
        learned = await self._waits_again(unit, doubt, answer, now)
        if learned is not None:
            await unit.delivery.record([learned], now=now)
            return
        match answer.outcome:
            case Accepted():
                progress, reason = answer.progress or Progress.SENT, None
            case Rejected(why, _, _) | Unknown(why):
                progress, reason = Progress.FAILED, why
            case _:
                assert_never(answer.outcome)
        news = ReceiptNews(key=doubt.key, progress=progress, at=answer.at, reason=reason)
        await unit.delivery.receipts(account.id, [news])
        if doubt.recipient_id is None:
            direct = await unit.delivery.direct_by_key(doubt.key)
            if direct is not None:
                await self.announcer.announce(unit, DirectAnswered(direct=direct))

    async def _waits_again(self, unit: Unit, doubt: Doubt, answer: Recalled, now: datetime) -> Learned | None:
        """What makes the person wait for another try; None where there is to be none."""
        if doubt.recipient_id is None or doubt.campaign_id is None or not doubt.is_open:
            return None
        campaign = await unit.campaigns.any(doubt.campaign_id)
        tried = _Tried(key=doubt.key, recipient_id=doubt.recipient_id, n=doubt.n)
        learned = learn(tried, answer.outcome, now=now)
        return learned if learned.state is RecipientState.WAITING and not campaign.is_over else None


def _is_sure(doubt: Doubt, answer: Recalled) -> bool:
    """Another journal (made anew after it was lost, or of another session) knows nothing of the try: that it
    never saw the key proves nothing."""
    return not answer.never_sent or (answer.journal is not None and answer.journal == doubt.journal)


def _teaches(answer: Recalled) -> bool:
    return not isinstance(answer.outcome, Unknown)
