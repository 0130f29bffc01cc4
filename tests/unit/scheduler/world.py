"""A bakery with a linked number, and what drives it, without a chat: for the scheduler's own tests."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bot.senders import Hints
from domain.contacts.ports import ImportedRow
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Accepted, NewsItem, SendOutcome
from domain.delivery.store import Direct, DirectPurpose
from domain.kernel.ids import AccountId, CampaignId, DirectId, MemberId, WorkspaceId
from domain.operators.model import TERMS_VERSION
from domain.pacing.rules import Caps
from domain.scheduler.events import Event
from domain.scheduler.lines import LineOf, always_open
from domain.scheduler.news import ReadNews
from domain.scheduler.slices import AccountSlices
from domain.scheduler.timers import Timers
from domain.scheduler.unit import Unit
from storage.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, a_list, a_member, a_running_campaign, a_workspace, an_account, open_store


@dataclass
class Heard:
    """An announcer that keeps what it was told."""

    events: list[Event] = field(default_factory=list)

    async def announce(self, unit: Unit, event: Event) -> None:
        self.events.append(event)


@dataclass
class Phones:
    """A gateway whose next answers are given; after them it accepts. `before` runs while a send is open."""

    answers: list[SendOutcome] = field(default_factory=list)
    sent: list[OutgoingMessage] = field(default_factory=list)

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        self.sent.append(message)
        await self.meanwhile()
        return self.answers.pop(0) if self.answers else Accepted(provider_id=message.key)

    async def meanwhile(self) -> None:
        """What happens while the network is waited for; tests replace it."""


class NoNews:
    async def after(self, cursor: int, *, wait_seconds: float) -> Sequence[NewsItem]:
        return []


@dataclass(kw_only=True)
class World:
    store: Database
    space: WorkspaceId
    ayse: MemberId
    account: AccountId
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    heard: Heard = field(default_factory=Heard)
    phones: Phones = field(default_factory=Phones)

    def slices(self, caps: Caps | None = None, line_of: LineOf = always_open) -> AccountSlices:
        return AccountSlices(
            store=self.store, gateway_for=lambda _: self.phones, announcer=self.heard, watcher=Hints(),
            clock=self.clock, rng=Random(7), caps=caps or Caps(), owner="me", desk="d", line_of=line_of,
        )  # fmt: skip

    @property
    def news(self) -> ReadNews:
        return ReadNews(
            store=self.store, source_for=lambda _: NoNews(), announcer=self.heard, watcher=Hints(),
            clock=self.clock,
        )  # fmt: skip

    @property
    def timers(self) -> Timers:
        return Timers(store=self.store, announcer=self.heard, watcher=Hints(), clock=self.clock, caps=Caps())

    async def running(self, people: int) -> CampaignId:
        """A campaign under way, as fast as it goes, to so many who agreed."""
        async with self.store.write() as unit:
            everybody = await a_list(unit, self.space, people)
            id = await a_running_campaign(unit, self.space, self.ayse, self.account, everybody)
            await unit.commit()
        return id

    async def contact(self, number: str) -> None:
        async with self.store.write() as unit:
            row = ImportedRow(number=number, name="Can", attributes={})
            await unit.contacts.save_rows(self.space, None, [row], at=self.clock.now())
            await unit.commit()

    async def test_send(self, number: str, *, campaign_id: CampaignId | None = None) -> DirectId:
        async with self.store.write() as unit:
            id = await unit.delivery.queue_direct(
                workspace_id=self.space, account_id=self.account, member_id=self.ayse, chat_id=1,
                purpose=DirectPurpose.TEST, number=number, text="Hello", media=None, desk="d",
                campaign_id=campaign_id, at=self.clock.now(),
            )  # fmt: skip
            await unit.commit()
        return id

    async def direct(self, id: DirectId) -> Direct:
        async with self.store.read() as unit:
            return await unit.delivery.direct(id)


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    async with open_store(folder) as store:
        async with store.write() as unit:
            space = await a_workspace(unit)
            ayse = await a_member(unit, space)
            await unit.operators.accept_terms(ayse, version=TERMS_VERSION, at=NOW)
            account = await an_account(unit, space)
            await unit.commit()
        yield World(store=store, space=space, ayse=ayse, account=account)
