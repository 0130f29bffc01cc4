"""A desk that can die at any moment, with the book of what its wallet must come to."""

import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from bot.senders import Hints
from domain.campaigns.model import Campaign
from domain.campaigns.start import Start
from domain.delivery.content import OutgoingMessage
from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, Fault, NewsItem, ReceiptNews, Rejected, SendOutcome, Unknown
from domain.kernel.errors import DomainError
from domain.kernel.ids import AttemptKey
from domain.pacing.rules import Caps
from domain.scheduler.events import Event
from domain.scheduler.news import ReadNews
from domain.scheduler.slices import AccountSlices
from domain.scheduler.timers import Timers, desk_of
from domain.wallet.model import NotEnoughPoints
from storage.database import Database
from storage.unit import Unit
from tests.fakes.clock import FakeClock
from tests.fakes.stores import AT_ONCE, NOW, a_list, a_member, an_account, open_store
from tests.stateful.killed import Killed, died
from tests.stateful.wallet_book import Book, Person

PEOPLE = 4

#: What an operation changes in the book, if it is committed; None: it was refused and changes nothing.
Effect = Callable[[], None] | None
Work = Callable[[Unit], Coroutine[Any, Any, Effect]]


class Phones:
    """Answers as it is told to, in turn."""

    def __init__(self) -> None:
        self.fates = cycle(["accepted"])
        self.keys: list[str] = []

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        self.keys.append(message.key)
        match next(self.fates):
            case "accepted":
                return Accepted(provider_id=message.key)
            case "unknown":
                return Unknown()
            case "busy":
                return Rejected("temporary", can_retry=True, fault=Fault.ACCOUNT)
            case "absent":
                return Rejected("not_on_whatsapp", can_retry=False)
            case "refused":
                return Rejected("media_refused", can_retry=False)
        raise Killed


class Nobody:
    async def announce(self, unit: object, event: Event) -> None:
        return None


class World:
    def __init__(self) -> None:
        self.stack = AsyncExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.clock, self.phones, self.book = FakeClock(NOW), Phones(), Book()
        self.lives, self.cursor = 0, 0

    async def begin(self) -> None:
        await self.live()
        async with self.store.write() as unit:
            self.space = await unit.operators.create_workspace(
                name="Bakery", country="TR", zone="Europe/Istanbul", language="en", at=NOW
            )
            self.member = await a_member(unit, self.space)
            self.account = await an_account(unit, self.space)
            self.everybody = await a_list(unit, self.space, PEOPLE)
            await unit.commit()

    async def live(self) -> None:
        """A new process: the store is opened anew, and whoever was on their way is not known of."""
        if self.lives:
            await self.store.close()
        self.lives += 1
        self.store: Database = await self.stack.enter_async_context(open_store(self.folder))
        timers = Timers(store=self.store, announcer=Nobody(), watcher=Hints(), clock=self.clock, caps=Caps())
        await timers.end_leases(self.clock.now(), owner=f"life-{self.lives}")

    async def do(self, work: Work, dies: bool) -> None:
        """In a unit of its own; where the process dies first, as if it had never been."""
        async with self.store.write() as unit:
            effect = await work(unit)
            if effect is not None and not dies:
                await unit.commit()
                effect()
        if dies:
            await self.live()
        await self.look()

    async def look(self) -> None:
        """What has become of people: not of their points."""
        async with self.store.connection() as connection:
            rows = await connection.execute(
                text("SELECT id, campaign_id, number, state, reason FROM recipients")
            )
            self.book.people = {
                row.id: Person(row.campaign_id, row.number, row.state, row.reason) for row in rows
            }

    async def start(
        self, unit: Unit, draft: Campaign, people: int, left: int, *, price: int, cap: int, most: int | None
    ) -> Effect:
        """As it must go, or be refused."""
        full = replace(draft, text="Hello {name}", pacing=AT_ONCE)
        saved = await unit.campaigns.save(full, expected=draft.version)
        people = people if most is None else min(people, most)
        refused = self.book.why_no_start(self.clock.now(), people, people * price, left)
        try:
            started = await Start(caps=Caps(a_campaign=cap), price=price).run(
                desk_of(unit), saved, expected=saved.version, at=self.clock.now(), split=cap < PEOPLE,
                most=most,
            )  # fmt: skip
        except DomainError as refusal:
            assert refusal.code == refused, refusal.data
            if isinstance(refusal, NotEnoughPoints):
                assert refusal.data == {"needs": people * price, "available": max(0, left)}
            return None
        assert refused is None
        assert sum([(await unit.delivery.tally(part.id)).waiting for part in started]) == people
        return lambda: self.book.prices.update({int(part.id): price for part in started})

    async def slice(self) -> None:
        slices = AccountSlices(
            store=self.store, gateway_for=lambda _: self.phones, announcer=Nobody(), watcher=Hints(),
            clock=self.clock, rng=Random(7), caps=Caps(a_day=10_000), owner=f"life-{self.lives}", desk="d",
        )  # fmt: skip
        if await died(slices.run(self.account)):
            await self.live()
        await self.look()

    async def news(self, told: Sequence[tuple[str, Progress]]) -> None:
        items = []
        for key, progress in told:
            self.cursor += 1
            news = ReceiptNews(key=AttemptKey(key), progress=progress, at=self.clock.now())
            items.append(NewsItem(cursor=self.cursor, news=news))
        reader = ReadNews(
            store=self.store, source_for=lambda _: pytest.fail("nothing is fetched"), announcer=Nobody(),
            watcher=Hints(), clock=self.clock,
        )  # fmt: skip
        async with self.store.read() as unit:
            account = await unit.accounts.account(self.account)
        await reader.apply(account, items)
        await self.look()

    async def compare(self) -> None:
        """The tables, with the book."""
        async with self.store.connection() as connection:
            wallet = (await connection.execute(text("SELECT balance, held, owed FROM wallets"))).one()
            entries = list(await connection.execute(text("SELECT * FROM ledger")))
        assert tuple(wallet) == self.book.figures()
        assert wallet.balance - wallet.held >= 0
        assert tuple(wallet) == (
            sum(e.points for e in entries), sum(e.held for e in entries), sum(e.owed for e in entries)
        )  # fmt: skip
        paid: Counter[int] = Counter()
        held = Counter({one: self.book.prices[p.campaign] for one, p in self.book.people.items()})
        for entry in entries:
            if entry.recipient_id is not None:
                paid[entry.recipient_id] += entry.owed - entry.points
                held[entry.recipient_id] += entry.held
        for one, person in self.book.people.items():
            assert paid[one] == self.book.cost(one), person
            if person.state != "excluded":
                assert held[one] == self.book.set_aside(one), person

    async def read(self) -> None:
        """What the bot would read, with the book; and that nothing waits to be settled."""
        async with self.store.write() as unit:
            assert await unit.wallet.settle(None, at=self.clock.now()) == 0
            wallet = await unit.wallet.wallet(self.space)
            lines, _ = await unit.wallet.movements(self.space, limit=10_000)
        assert (wallet.balance, wallet.held, wallet.owed) == self.book.figures()
        assert (wallet.available, wallet.plan_until) == (self.book.available, self.book.plan_until)
        assert self.book.figures() == (
            sum(m.points for m in lines), sum(m.held for m in lines), sum(m.owed for m in lines)
        )  # fmt: skip
