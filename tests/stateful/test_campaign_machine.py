"""A campaign with outcomes, crashes, receipts, operators and withdrawn consent, in any order.

What people got is kept by a model of the phones that knows nothing of our tables.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.clock import SystemClock
from bot.senders import Hints
from domain.accounts.model import Account, Channel
from domain.campaigns import service
from domain.campaigns.model import Campaign, CampaignState, CampaignStep
from domain.contacts.model import ConsentEvent, ConsentSource
from domain.delivery.content import OutgoingMessage
from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, Fault, ReceiptNews, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import RecipientState, Tally
from domain.kernel.ids import AttemptKey
from domain.pacing.rules import Caps
from domain.scheduler.doubts import ClearDoubts
from domain.scheduler.events import Event
from domain.scheduler.lines import Line
from domain.scheduler.slices import AccountSlices
from domain.scheduler.timers import Timers, desk_of
from domain.scheduler.unit import Unit
from storage.database import Database
from tests.desk_data import campaign_to_everybody
from tests.fakes.clock import FakeClock
from tests.fakes.journal import FakeJournal
from tests.fakes.stores import open_store
from tests.stateful.killed import Killed, died

T = TypeVar("T")

PEOPLE = 6
A_DAY = 14

NOT_REACHED = {RecipientState.WAITING, RecipientState.FAILED, RecipientState.SKIPPED}

FATES = ("accepted", "silent", "lost", "late", "busy", "absent", "dies before", "dies after", "dies late")


class Phones:
    """What reached people, by number; and a journal of what came in, which may be lost.

    What is late is still under way when its sender has given up. It arrives all the same, unless its key was
    closed meanwhile, or the far side is another one by then.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.journal = FakeJournal("journal-1")
        self.journals = 1
        self.late: list[OutgoingMessage] = []
        self.asked_at: list[datetime] = []
        self.fate = "accepted"
        self.got: Counter[str] = Counter()
        self.keys: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        self.asked.append((message.key, message.to))
        self.asked_at.append(self.clock.now())
        match self.fate:
            case "accepted":
                self._arrive(message)
                return Accepted(provider_id=message.key)
            case "silent":
                self._arrive(message)
                return Unknown()
            case "lost":
                return Unknown()
            case "late" | "dies late":
                self.late.append(message)
                if self.fate == "late":
                    return Unknown()
            case "busy":
                return Rejected("temporary", can_retry=True, fault=Fault.ACCOUNT)
            case "absent":
                return Rejected("not_on_whatsapp", can_retry=False)
            case "dies after":
                self._arrive(message)
        raise Killed

    def _arrive(self, message: OutgoingMessage) -> None:
        self.got[message.to] += 1
        self.keys[message.key] = message.to
        self.journal.took(message.key, self.clock.now())

    def what_is_late_arrives(self) -> None:
        late, self.late = self.late, []
        for message in late:
            if message.key not in self.journal.closed:
                self._arrive(message)

    def lose_the_journal(self) -> None:
        """The worker's disk is gone, and with it what was still under way to it."""
        self.journals += 1
        self.journal, self.late = FakeJournal(f"journal-{self.journals}"), []

    async def line(self, _: Account) -> Line:
        return Line(journal=self.journal.called)


class Nobody:
    async def announce(self, unit: Unit, event: Event) -> None:
        return None


class CampaignMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.clock = FakeClock(SystemClock().now())
        self.phones = Phones(self.clock)
        self.stopped: set[str] = set()
        self.sent_again: Counter[str] = Counter()
        self.run(self._begin())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _begin(self) -> None:
        self.store: Database = await self.stack.enter_async_context(open_store(Path(self.folder)))
        self.campaign, self.account = await campaign_to_everybody(
            self.store, people=PEOPLE, remote="sim-1", number="+447700900001"
        )
        self.lives = 0
        self._live()

    def _live(self) -> None:
        """A new process: a new name in the leases."""
        self.lives += 1
        self.doubts = ClearDoubts(
            store=self.store, journal_for=lambda _: self.phones.journal, announcer=Nobody(),
            watcher=Hints(), channels=frozenset({Channel.SIMULATED}),
        )  # fmt: skip
        self.slices = AccountSlices(
            store=self.store, gateway_for=lambda _: self.phones, announcer=Nobody(), watcher=Hints(),
            clock=self.clock, rng=Random(7), caps=Caps(a_campaign=PEOPLE, a_day=A_DAY),
            owner=f"life-{self.lives}", desk="d", line_of=self.phones.line,
        )  # fmt: skip

    # -- what can happen ------------------------------------------------------------------------------

    @rule(fate=st.sampled_from(FATES))
    def a_slice_runs(self, fate: str) -> None:
        self.phones.fate = fate
        self.run(self._slice())

    async def _slice(self) -> None:
        asked_before = len(self.phones.asked)
        stopped_before = set(self.stopped)
        if await died(self.slices.run(self.account)):
            await self._restart()
        assert not {number for _, number in self.phones.asked[asked_before:]} & stopped_before

    async def _restart(self) -> None:
        self._live()
        timers = Timers(store=self.store, announcer=Nobody(), watcher=Hints(), clock=self.clock, caps=Caps())
        await timers.end_leases(self.clock.now(), owner=self.slices.owner)

    @rule()
    def it_is_restarted(self) -> None:
        self.run(self._restart())

    @rule()
    def the_journal_is_asked(self) -> None:
        self.run(self.doubts.tick(self.clock.now()))

    @rule()
    def what_is_late_arrives(self) -> None:
        self.phones.what_is_late_arrives()

    @rule()
    def the_journal_is_lost(self) -> None:
        self.phones.lose_the_journal()

    @rule(seconds=st.sampled_from([1, 31, 125, 3600, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @rule(person=st.integers(0, PEOPLE - 1))
    def somebody_says_stop(self, person: int) -> None:
        self.run(self._stop(person))

    async def _stop(self, person: int) -> None:
        async with self.store.write() as unit:
            campaign = await unit.campaigns.any(self.campaign)
            people, _ = await unit.contacts.search(campaign.workspace_id, "", limit=PEOPLE)
            event = ConsentEvent(
                granted=False, source=ConsentSource.STOP_REPLY, evidence="stop", at=self.clock.now()
            )
            await unit.contacts.record_consent(people[person].id, event)
            self.stopped.add(people[person].number)
            await unit.commit()

    @rule(progress=st.sampled_from([Progress.SENT, Progress.DELIVERED, Progress.READ]), pick=st.randoms())
    def receipts_arrive(self, progress: Progress, pick: Random) -> None:
        keys = sorted(self.phones.keys)
        if keys:
            self.run(self._receipts([pick.choice(keys) for _ in range(3)], progress))

    async def _receipts(self, keys: list[str], progress: Progress) -> None:
        news = [ReceiptNews(key=AttemptKey(key), progress=progress, at=self.clock.now()) for key in keys]
        async with self.store.write() as unit:
            await unit.delivery.receipts(self.account, news)
            await unit.commit()

    @rule(step=st.sampled_from([CampaignStep.PAUSE, CampaignStep.RESUME]))
    def an_operator_pauses_or_resumes(self, step: CampaignStep) -> None:
        self.run(self._operate(step))

    async def _operate(self, step: CampaignStep) -> None:
        async with self.store.write() as unit:
            campaign = await unit.campaigns.any(self.campaign)
            if step not in campaign.open_steps():
                return
            verb = service.pause if step is CampaignStep.PAUSE else service.resume
            await verb(desk_of(unit), campaign, expected=campaign.version, at=self.clock.now())
            await unit.commit()

    @precondition(lambda self: self.run(self._read())[0].state is CampaignState.RUNNING)
    @rule()
    def an_operator_has_the_unknown_sent_again(self) -> None:
        self.run(self._again())

    async def _again(self) -> None:
        async with self.store.write() as unit:
            unknown = await unit.delivery.recipients(self.campaign, states=[RecipientState.UNKNOWN], limit=99)
            self.sent_again.update(row.number for row in unknown)
            await unit.delivery.send_unknown_again(self.campaign, at=self.clock.now())
            await unit.commit()

    # -- what must always be true -----------------------------------------------------------------------

    async def _read(self) -> tuple[Campaign, Tally]:
        async with self.store.read() as unit:
            return await unit.campaigns.any(self.campaign), await unit.delivery.tally(self.campaign)

    @invariant()
    def nobody_got_it_twice_unless_an_operator_said_again(self) -> None:
        for number, times in self.phones.got.items():
            assert times <= 1 + self.sent_again[number], number

    @invariant()
    def everybody_is_accounted_for(self) -> None:
        campaign, tally = self.run(self._read())
        assert tally.included == PEOPLE
        if campaign.state is CampaignState.COMPLETED:
            assert tally.left == 0

    @invariant()
    def nobody_who_got_it_is_called_failed_or_waits_to_be_sent_to_again(self) -> None:
        self.run(self._compare())

    async def _compare(self) -> None:
        async with self.store.read() as unit:
            rows = [row async for row in unit.delivery.stream_recipients(self.campaign)]
        for row in rows:
            if row.state in {RecipientState.DELIVERED, RecipientState.READ}:
                assert self.phones.got[row.number] >= 1
            if row.state is RecipientState.SENT:
                assert self.phones.got[row.number] >= 1
            if self.phones.got[row.number] and not self.sent_again[row.number]:
                assert row.state not in {
                    RecipientState.WAITING,
                    RecipientState.FAILED,
                    RecipientState.SKIPPED,
                }

    @invariant()
    def the_days_cap_holds(self) -> None:
        times = self.phones.asked_at
        for first, over in zip(times, times[A_DAY:], strict=False):
            assert over - first >= timedelta(hours=24)

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.run(self.stack.aclose())
            self.runner.close()


CampaignMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestCampaign = CampaignMachine.TestCase
