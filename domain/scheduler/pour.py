"""A continuous pour over the official channel: claiming, sending and recording at the same time.

What is claimed ahead waits for the number's bucket; hundreds are on their way at once; answers are recorded
in groups as they come, while the next are claimed.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.accounts.model import Account
from domain.campaigns.model import Campaign
from domain.delivery.content import OutgoingMessage
from domain.delivery.faults import LIMIT_REACHED, PAIR_TOO_FAST, PUT_BACK, TEMPLATE_STOPPED
from domain.delivery.ports import Accepted, Rejected, SendOutcome
from domain.delivery.recipients import is_restriction
from domain.delivery.store import Direct, DirectPurpose
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict, Interrupted
from domain.kernel.ids import CampaignId
from domain.kernel.unit import Store
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.cloud_taking import CloudTaken, CloudTaker, Ready
from domain.scheduler.directs import Ask
from domain.scheduler.recording import Answered, Recorder, gather_more
from domain.scheduler.unit import Unit

#: So many are on their way at once. A far side that takes a second to answer is kept at full speed, and so is
#: one that leaves one in fifty without an answer until the gateway gives up.
MOST_FLYING: Final = 800
RECORD_EVERY: Final = 800
#: While more answers than this wait to be recorded, nobody is claimed: killed now, they would all be unknown.
MOST_UNRECORDED: Final = 800
#: An answer that cannot be kept is tried again this often, with such rests; then it is left to the webhooks.
RECORD_TRIES: Final = 30
RECORD_AGAIN: Final = timedelta(seconds=1)
#: The bucket is asked this often at most: more costs more than it brings.
TICK: Final = timedelta(milliseconds=10)
#: So many leave at one tick: more would keep claims and records waiting for their next step.
AT_A_TICK: Final = 100
#: While something is on its way, it is looked at least this often whether somebody is due.
GLANCE: Final = timedelta(seconds=1)
#: Claimed ahead, in seconds' worth of sending: twice and a half what the last claim took, so that the next is
#: here before they are gone. Not more, because of whoever is claimed when the process is killed nobody knows
#: that they got nothing.
LEAST_AHEAD: Final = 0.1
MOST_AHEAD: Final = 0.5
#: Whoever would wait longer than this after their claim is put back.
LONGEST_WAIT: Final = 1.0

_Item = Ready | Direct
_NOBODY: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(kw_only=True)
class Pour:
    """One run of one account. `halted`: claim nothing more."""

    account: Account
    store: Store[Unit]
    taker: CloudTaker
    recorder: Recorder
    pace: CloudPace
    clock: Clock
    ask: Ask
    direct: Callable[[Account, Direct, Ask], Awaitable[None]]
    halted: asyncio.Event

    #: With when their claim came back.
    _waiting: deque[tuple[_Item, datetime]] = field(default_factory=deque)
    _answers: asyncio.Queue[tuple[Campaign, Answered] | None] = field(default_factory=asyncio.Queue)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _began: datetime = field(init=False)
    _flying: int = 0
    _claiming: bool = False
    _ahead: float = LEAST_AHEAD
    #: Not asked of the pace before it is known: a ceiling that is raised is only grown into.
    _ceiling: float | None = None
    _look_at: datetime | None = None
    #: When the bucket was to be asked again for those who wait for it.
    _planned: datetime | None = None
    _wake_at: datetime | None = None
    _failure: Exception | None = None

    async def run(self) -> datetime | None:
        """Until nothing more is due and all that left is answered and recorded. Returns when to come back;
        None: when somebody says so. What kept it from claiming or recording is raised at the end."""
        self._began = self.clock.now()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._record())
            await self._pour(group)
            self._answers.put_nowait(None)
        if self._failure is not None:
            raise self._failure
        return self._wake_at

    async def _pour(self, group: asyncio.TaskGroup) -> None:
        while True:
            self._changed.clear()
            now = self.clock.now()
            if self.halted.is_set():
                self._put_back(lambda *_: True)
            again_at = self._let_go(group, now)
            if self._may_claim(now):
                self._claiming = True
                group.create_task(self._claim())
            if not self._claiming and not self._waiting and not self._flying and not self._goes_on(now):
                return
            await self._until(group, again_at, now)

    @property
    def _is_stopped(self) -> bool:
        return self.halted.is_set() or self._failure is not None

    def _goes_on(self, now: datetime) -> bool:
        """Whether somebody is due soon: a slow pace is kept up here too."""
        return not self._is_stopped and self._wake_at is not None and self._wake_at <= now + GLANCE

    def _may_claim(self, now: datetime) -> bool:
        early = self._look_at is not None and now < self._look_at
        full = self._flying >= MOST_FLYING or self._answers.qsize() >= MOST_UNRECORDED
        if self._claiming or self._is_stopped or full or early:
            return False
        if self._ceiling is None:
            return True
        rate = self.pace.rate(self.account.remote, ceiling=self._ceiling, now=now)
        return len(self._waiting) <= rate * self._ahead / 2

    async def _until(self, group: asyncio.TaskGroup, again_at: datetime | None, now: datetime) -> None:
        """Something changed, or it is time to let more go or to look for more."""
        if again_at is None and self._claiming:
            await self._changed.wait()
            return
        moments = [now + GLANCE]
        if again_at is not None:
            moments.append(again_at)
        if self._look_at is not None and self._look_at > now:
            moments.append(self._look_at)
        timer = group.create_task(self.clock.sleep_until(min(moments)))
        timer.add_done_callback(lambda done: None if done.cancelled() else self._changed.set())
        await self._changed.wait()
        timer.cancel()

    # ---- claim

    async def _claim(self) -> None:
        """The next ones; who cannot be sent to gets a reason instead."""
        now = self.clock.now()
        try:
            self._take_in(await self._claimed(), now)
            took = (self.clock.now() - now).total_seconds()
            # One that was quick does not prove that the next will be.
            self._ahead = min(MOST_AHEAD, max(LEAST_AHEAD, 2.5 * took, 0.8 * self._ahead))
        except (Conflict, Interrupted):
            self._look_at = self._wake_at = now  # somebody else was first: looked at anew
        except Exception as error:
            # What is on its way is still answered and recorded.
            self._failure = error
        finally:
            self._claiming = False
            self._changed.set()

    async def _claimed(self) -> CloudTaken:
        async with self.store.write(bulk=True) as unit:
            taken = await self.taker.take(
                unit, self.account, held=len(self._waiting), ahead=self._ahead, began=self._began
            )
            # Last, because it locks the wallet.
            await unit.wallet.settle(taken.passed_over, at=self.clock.now())
            await unit.commit()
        return taken

    def _take_in(self, taken: CloudTaken, now: datetime) -> None:
        since, self._ceiling = self.clock.now(), taken.ceiling or self._ceiling
        if taken.direct is not None:
            if taken.direct.purpose is DirectPurpose.AUTO:
                self._waiting.append((taken.direct, since))
            else:
                # Somebody waits for it.
                self._waiting.appendleft((taken.direct, since))
        self._waiting.extend((item, since) for item in taken.ready)
        if taken.campaign is not None:
            for answered in taken.refused:
                self._answers.put_nowait((taken.campaign, answered))
        self._wake_at = taken.wake_at
        self._look_at = now + GLANCE if taken.wake_at is None else min(taken.wake_at, now + GLANCE)
        if not taken.is_empty:
            self._look_at = now

    # ---- send

    def _let_go(self, group: asyncio.TaskGroup, now: datetime) -> datetime | None:
        """As many as the bucket gives now. Returns when to ask it again; None when nobody waits for it."""
        planned, self._planned = self._planned, None
        if not self._waiting or self._ceiling is None:
            return None
        rate = self.pace.rate(self.account.remote, ceiling=self._ceiling, now=now)
        self._keep(max(1, int(rate * LONGEST_WAIT)))
        # Those on their way may keep them here for long. At the slowest even the next in turn has to wait.
        late = now - timedelta(seconds=max(LONGEST_WAIT, 2 / rate))
        if self._waits_since() < late:
            self._put_back(lambda _, since: since < late)
        wanted = min(len(self._waiting), MOST_FLYING - self._flying, AT_A_TICK)
        if wanted <= 0:
            return None
        granted, next_at = self.pace.take(self.account.remote, wanted, ceiling=self._ceiling, now=now)
        channel, watch = self.account.channel, self.pace.punctuality
        if granted and planned is not None and planned <= now:
            watch.left(channel, now - planned, messages=granted)
        for _ in range(granted):
            item, since = self._waiting.popleft()
            watch.waited(channel, now - since)
            self._start(group, item, now)
        self._planned = max(next_at, now + TICK) if self._waiting else None
        return self._planned

    def _waits_since(self) -> datetime:
        """When the first was claimed of those who can be put back: they stand in that order. Where the clock
        was set back, those claimed after it come to be looked at once those before it have left."""
        return next((since for item, since in self._waiting if isinstance(item, Ready)), _NOBODY)

    def _start(self, group: asyncio.TaskGroup, item: _Item, now: datetime) -> None:
        if isinstance(item, Direct):
            self._flying += 1
            group.create_task(self._send_direct(item))
        elif self.pace.person_at(self.account.remote, item.claim.number, now=now) > now:
            self._answered(item, PAIR_TOO_FAST)
        else:
            self._flying += 1
            group.create_task(self._send(item))

    async def _send(self, item: Ready) -> None:
        outcome = await self.ask(item.message)
        self._landed()
        self._answered(item, outcome)
        if isinstance(outcome, Accepted):
            number = item.claim.number
            self.pace.person_got(self.account.remote, number, now=self.clock.now())
        elif isinstance(outcome, Rejected):
            self._heed(item.campaign.id, outcome)

    async def _send_direct(self, direct: Direct) -> None:
        try:
            await self.direct(self.account, direct, self._ask_pacing)
        finally:
            self._landed()

    async def _ask_pacing(self, message: OutgoingMessage) -> SendOutcome:
        """Single messages count towards what one person may be sent in a short time, like everything else."""
        remote, number, now = self.account.remote, message.to, self.clock.now()
        if self.pace.person_at(remote, number, now=now) > now:
            return PAIR_TOO_FAST
        outcome = await self.ask(message)
        if isinstance(outcome, Accepted):
            self.pace.person_got(remote, number, now=self.clock.now())
        return outcome

    def _landed(self) -> None:
        self._flying -= 1
        if self._flying in {0, MOST_FLYING - 1}:
            self._changed.set()

    def _answered(self, item: Ready, outcome: SendOutcome) -> None:
        self._answers.put_nowait((item.campaign, (item.claim, outcome)))

    def _heed(self, id: CampaignId, outcome: Rejected) -> None:
        """What would be refused for the same reason does not even try."""
        if is_restriction(outcome):
            self._put_back(lambda *_: True)
        elif outcome.reason in TEMPLATE_STOPPED:
            self._put_back(lambda item, _: item.campaign.id == id)
        elif outcome.reason == LIMIT_REACHED:
            self._put_back(lambda item, _: item.campaign.template is not None)

    def _put_back(self, is_meant: Callable[[Ready, datetime], bool]) -> None:
        waiting, self._waiting = self._waiting, deque()
        for item, since in waiting:
            if isinstance(item, Ready) and is_meant(item, since):
                self._answered(item, PUT_BACK)
            else:
                self._waiting.append((item, since))

    def _keep(self, most: int) -> None:
        """After a slow-down whoever is too far from their turn is put back: they may say stop meanwhile."""
        directs: list[tuple[_Item, datetime]] = []
        while self._waiting and len(self._waiting) + len(directs) > most:
            item, since = self._waiting.pop()
            if isinstance(item, Direct):
                directs.append((item, since))
            else:
                self._answered(item, PUT_BACK)
        self._waiting.extend(reversed(directs))

    # ---- learn

    async def _record(self) -> None:
        """Answers in groups, as they come, until None comes."""
        more = True
        while more:
            group = [await self._answers.get()]
            await gather_more(self._answers, group, RECORD_EVERY)
            self._changed.set()
            more = group[-1] is not None
            by_campaign: dict[CampaignId, tuple[Campaign, list[Answered]]] = {}
            for one in group:
                if one is not None:
                    by_campaign.setdefault(one[0].id, (one[0], []))[1].append(one[1])
            for campaign, answered in by_campaign.values():
                await self._recorded(campaign, answered)

    async def _recorded(self, campaign: Campaign, answered: list[Answered]) -> None:
        """What was answered is known nowhere else: where it cannot be kept (a full disk) it is tried again,
        while nobody else is claimed and who has not left is put back."""
        for _ in range(RECORD_TRIES):
            try:
                await self.recorder.record(self.account, campaign, answered)
                return
            except Exception as error:
                self._failure = error
                self._put_back(lambda *_: True)
                self._changed.set()
                await self.clock.sleep_until(self.clock.now() + RECORD_AGAIN)
