"""People's own account of what they agreed to, kept apart from our tables; and a desk that can die."""

import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from bot.senders import Hints
from domain.accounts.model import Account
from domain.automation.model import Rule, RuleId, When
from domain.contacts.stop_words import Heard, Vocabulary
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Accepted, Rejected, SendOutcome, Unknown
from domain.delivery.store import DirectPurpose
from domain.kernel.ids import AttemptKey
from domain.operators.model import TERMS_VERSION
from domain.pacing.rules import Caps
from domain.scheduler.cloud_effects import CloudEffects
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.events import Event
from domain.scheduler.news import ReadNews
from domain.scheduler.slices import AccountSlices
from domain.scheduler.timers import Timers
from domain.scheduler.unit import Unit
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import SALE, WABA, a_cloud_account
from tests.fakes.stores import NOW, a_member, a_workspace, an_account, number_of, open_store
from tests.stateful.killed import Killed
from tests.unit.scheduler.world import NoNews

CAPS: Final = Caps(a_campaign=3, a_day=1000)
#: Two of them are one person's on the official channel, once WhatsApp has said so.
NUMBERS: Final = tuple(number_of(n) for n in range(5))
TWICE: Final = NUMBERS[:2]
#: What a rule of the workspace opts out for, and what another one answers.
LEAVE_ME, HELLO = "leave me alone", "hello"


@dataclass
class Said:
    """What is known of one number, with the moments of which it is."""

    agreed: bool = False
    stopped: datetime | None = None
    started: datetime | None = None
    forgotten: datetime | None = None

    @property
    def has_stopped(self) -> bool:
        return self.stopped is not None and (self.started is None or self.stopped >= self.started)

    def stop(self, at: datetime) -> None:
        self.stopped = max(at, self.stopped or at)

    def start(self, at: datetime) -> None:
        """Of whoever agreed once, or stopped; or was forgotten before."""
        if self.forgotten is not None and at > max(self.forgotten, self.stopped or self.forgotten):
            self.forgotten, self.agreed, self.started = None, True, at
        elif self.forgotten is None and (self.agreed or self.stopped is not None):
            self.agreed, self.started = True, max(at, self.started or at)


@dataclass
class People:
    """What each of them has said, and what has reached them against it."""

    said: dict[str, Said] = field(default_factory=lambda: {number: Said() for number in NUMBERS})
    are_one: bool = False
    #: Stops that somebody may be told of, and how often they were.
    stops: Counter[str] = field(default_factory=Counter)
    confirmed: Counter[str] = field(default_factory=Counter)
    #: Numbers of somebody who wrote STOP before a START at another number of theirs: which of the two holds
    #: here depends on which number WhatsApp names, and either is their word.
    half_stopped: set[str] = field(default_factory=set)

    def numbers_of(self, number: str) -> tuple[str, ...]:
        return TWICE if self.are_one and number in TWICE else (number,)

    def may_be_written_to(self, number: str) -> bool:
        """By a campaign: they agreed here, and at no number of theirs have they stopped or been forgotten
        since they last wrote START at this one."""
        mine = self.said[number]
        if not mine.agreed or mine.has_stopped or mine.forgotten is not None:
            return False
        for other in self.numbers_of(number):
            theirs = self.said[other]
            against = max(filter(None, [theirs.forgotten, theirs.stopped]), default=None)
            is_out = theirs.forgotten is not None or theirs.has_stopped
            is_back = against is None or (mine.started is not None and mine.started > against)
            if other != number and is_out and not is_back:
                return False
        return True

    def person(self, number: str) -> str:
        """Whose number it is, whether WhatsApp has said so yet or not."""
        return TWICE[0] if number in TWICE else number


class Gateway:
    """Asks of each message, as it is given to it, whether it may be sent."""

    def __init__(self, world: "World") -> None:
        self.world, self.fate = world, "accepted"
        self.given: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        async with self.world.store.read() as unit:
            direct = await unit.delivery.direct_by_key(AttemptKey(message.key))
        purpose = "campaign" if direct is None else direct.purpose.value
        self.given[purpose] += 1
        self._check(purpose, message.to)
        if self.fate == "dies":
            raise Killed
        if self.fate == "silent":
            return Unknown()
        if self.fate == "busy":
            return Rejected("temporary", can_retry=True)
        return Accepted(provider_id=message.key)

    def _check(self, purpose: str, number: str) -> None:
        """A gateway that raises is taken for one that is silent: what is wrong is kept, and asked for."""
        people = self.world.people
        said = people.said[number]
        if said.forgotten is not None:
            self.wrong.append(f"{purpose} to {number}, who was forgotten")
        elif purpose == "campaign":
            if not people.may_be_written_to(number):
                self.wrong.append(f"a campaign to {number}: {said}")
        elif purpose == DirectPurpose.CONFIRM:
            who = people.person(number)
            # What was refused for now reached nobody, and is tried again.
            people.confirmed[who] += self.fate != "busy"
            if not (said.has_stopped or number in people.half_stopped):
                self.wrong.append(f"{number} was told of a stop that is none")
            if people.confirmed[who] > people.stops[who]:
                self.wrong.append(f"{number} was told twice of one stop")
        elif said.has_stopped:
            self.wrong.append(f"{purpose} to {number}, who said stop")


class Nobody:
    async def announce(self, unit: Unit, event: Event) -> None:
        return None


class World:
    """A workspace with a simulated and an official number. A process can die in every transaction of it."""

    def __init__(self) -> None:
        self.stack = AsyncExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.clock, self.people = FakeClock(NOW + timedelta(days=1)), People()
        self.gateway, self.words = Gateway(self), Vocabulary()
        self.lives = 0

    async def begin(self) -> None:
        self.store = await self.stack.enter_async_context(open_store(self.folder))
        async with self.store.write() as unit:
            self.space = await a_workspace(unit)
            self.member = await a_member(unit, self.space)
            await unit.operators.accept_terms(self.member, version=TERMS_VERSION, at=NOW)
            self.plain = await an_account(unit, self.space)
            self.official = await a_cloud_account(unit, self.space)
            await unit.cloud.save_templates(WABA, [SALE], at=NOW)
            for rule in (_rule(LEAVE_ME, opt_out=True), _rule(HELLO, text="Good day")):
                await unit.rules.add(self.space, rule, at=NOW)
            await unit.commit()
        self.live()

    def live(self) -> None:
        """A new process: a new name in the leases."""
        self.lives += 1
        self.slices = AccountSlices(
            store=self.store, gateway_for=lambda _: self.gateway, announcer=Nobody(), watcher=Hints(),
            clock=self.clock, rng=Random(7), caps=CAPS, owner=f"life-{self.lives}", desk="d",
        )  # fmt: skip

    @property
    def timers(self) -> Timers:
        return Timers(store=self.store, announcer=Nobody(), watcher=Hints(), clock=self.clock, caps=CAPS)

    @property
    def news(self) -> ReadNews:
        return ReadNews(
            store=self.store, source_for=lambda _: NoNews(), announcer=Nobody(), watcher=Hints(),
            clock=self.clock,
        )  # fmt: skip

    @property
    def effects(self) -> CloudEffects:
        return CloudEffects(
            store=self.store, announcer=Nobody(), watcher=Hints(), clock=self.clock, pace=CloudPace()
        )

    async def restart(self) -> None:
        self.live()
        await self.timers.end_leases(self.clock.now(), owner=self.slices.owner)

    async def do(self, work: Callable[[Unit], Awaitable[object]], *, dies: bool) -> bool:
        """In one transaction; where the process dies in it, as if it had never been. Whether it holds."""
        async with self.store.write() as unit:
            await work(unit)
            if not dies:
                await unit.commit()
        if dies:
            await self.restart()
        return not dies

    async def account(self, official: bool) -> Account:
        async with self.store.read() as unit:
            return await unit.accounts.account(self.official if official else self.plain)

    # -- what somebody wrote, as they mean it -----------------------------------------------------------

    def heard(self, number: str, text: str, at: datetime, *, official: bool, again: bool = False) -> None:
        """They wrote to us, or are told to have once more."""
        heard = self.words.heard(text)
        if text == LEAVE_ME and again:
            return  # a rule answers a message once
        if heard is Heard.STOP or text == LEAVE_ME:
            self.stopped(number, at, told=not again, everywhere=official or text == LEAVE_ME)
        elif heard is Heard.START:
            self.started(number, at, everywhere=official, wrote=True)

    def started(self, number: str, at: datetime, *, everywhere: bool, wrote: bool) -> None:
        for one in self.people.numbers_of(number) if everywhere else (number,):
            if wrote or self.people.said[one].forgotten is None:
                self.people.said[one].start(at)
                self.people.half_stopped.discard(one)

    def stopped(self, number: str, at: datetime, *, told: bool, everywhere: bool) -> None:
        """By their own word or an operator's. `told`: it is confirmed, where it is news."""
        people = self.people
        numbers = people.numbers_of(number) if everywhere else (number,)
        news = any(not people.said[one].has_stopped for one in numbers)
        if any((started := people.said[one].started) is not None and started > at for one in numbers):
            people.half_stopped |= set(numbers)
        else:
            for one in numbers:
                people.said[one].stop(at)
        if told and news:
            people.stops[people.person(number)] += 1

    def forgot(self, number: str, at: datetime) -> None:
        """At all numbers; and that they were one person's is forgotten with them."""
        numbers = self.people.numbers_of(number)
        for one in numbers:
            self.people.said[one] = Said(forgotten=at)
        if len(numbers) > 1:
            self.people.are_one = False


def _rule(words: str, *, text: str = "", opt_out: bool = False) -> Rule:
    return Rule(
        id=RuleId(0), position=0, when=When.EQUALS, words=words, text=text, opt_out=opt_out, stop_here=False
    )
