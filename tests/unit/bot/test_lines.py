"""Before anything is claimed: what people wrote has been read, and a session that is coming back is there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.lines import PATIENCE, Lines
from bot.senders import Hints, NewsReaders
from bot.tasks import TaskOwner
from domain.accounts.model import Account, Channel
from domain.accounts.web import SessionState, WorkerMissing, WorkerTrouble
from domain.campaigns.model import CampaignState
from domain.delivery.ports import ChannelDown, NewsItem, ReplyNews
from domain.delivery.recipients import RecipientState
from domain.scheduler.lines import OPEN, Line
from domain.scheduler.news import ReadNews
from tests.fakes.clock import FakeClock
from tests.fakes.journal import FakeJournal
from tests.fakes.stores import NOW, number_of
from tests.fakes.web_sessions import FakeWebSessions
from tests.unit.scheduler.world import World, world

S = SessionState
PASSING = (S.STARTING, S.SYNCING, S.OFFLINE, S.FAILED)


@dataclass
class Door:
    """Where news come from: closed at first; then one page after another."""

    pages: list[Sequence[NewsItem]] = field(default_factory=list)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    waits: list[float] = field(default_factory=list)

    async def after(self, cursor: int, *, wait_seconds: float) -> Sequence[NewsItem]:
        await self.opened.wait()
        self.waits.append(wait_seconds)
        if self.pages:
            return self.pages.pop(0)
        if wait_seconds:
            await asyncio.Event().wait()
        return []


async def the_account(on: World) -> Account:
    async with on.store.read() as unit:
        return await unit.accounts.account(on.account)


def readers_of(on: World, door: Door, tasks: TaskOwner) -> NewsReaders:
    news = ReadNews(
        store=on.store, source_for=lambda _: door, announcer=on.heard, watcher=Hints(), clock=on.clock
    )
    return NewsReaders(news, on.store, tasks, frozenset({Channel.SIMULATED}))


def stop_of(n: int, cursor: int) -> NewsItem:
    return NewsItem(cursor, ReplyNews(event=f"e{cursor}", sender=number_of(n), text="STOP", at=NOW))


async def test_nothing_leaves_before_what_was_written_meanwhile_is_read_to_its_end(tmp_path: Path) -> None:
    """A STOP of two was waiting, the second one behind a full page."""
    async with world(tmp_path) as on, TaskOwner() as tasks:
        campaign = await on.running(3)
        door = Door(pages=[[stop_of(0, 1)], [stop_of(1, 2)]])
        readers = readers_of(on, door, tasks)
        tasks.start("news", readers.run())
        slices = on.slices(
            line_of=Lines(FakeWebSessions(), lambda _: FakeJournal(), readers.has_heard, on.clock).of
        )
        assert await slices.run(on.account) is not None
        assert on.phones.sent == []
        door.opened.set()
        async with asyncio.timeout(10):
            while not readers.has_heard(await the_account(on)):
                assert on.phones.sent == []
                await slices.run(on.account)
        for _ in range(3):
            await slices.run(on.account)
        # The two are told that they were heard, and nothing else.
        assert [message.to for message in on.phones.sent] == [number_of(0), number_of(1), number_of(2)]
        assert all("no more messages" in message.text for message in on.phones.sent[:2])
        async with on.store.read() as unit:
            rows = await unit.delivery.recipients(campaign)
        assert [row.reason for row in rows if row.state is RecipientState.SKIPPED] == ["stopped"] * 2
        async with asyncio.timeout(10):
            while len(door.waits) < 4:
                await asyncio.sleep(0)
        assert door.waits[:3] == [0, 0, 0] and door.waits[3] > 0


async def test_a_test_send_waits_for_it_too(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.test_send(number_of(0))
        slices = on.slices(
            line_of=Lines(FakeWebSessions(), lambda _: FakeJournal(), lambda _: False, on.clock).of
        )
        await slices.run(on.account)
        assert on.phones.sent == []


async def test_under_another_session_it_is_read_anew(tmp_path: Path) -> None:
    async with world(tmp_path) as on, TaskOwner() as tasks:
        door = Door()
        door.opened.set()
        readers = readers_of(on, door, tasks)
        tasks.start("news", readers.run())
        async with asyncio.timeout(10):
            while not readers.has_heard(await the_account(on)):
                await asyncio.sleep(0)
        async with on.store.write() as unit:
            await unit.accounts.relink(on.account, remote="another", name="Bakery", at=NOW)
            await unit.commit()
        assert not readers.has_heard(await the_account(on))


# -- WhatsApp Web ------------------------------------------------------------------------------------------


@dataclass
class Linked:
    """A number over WhatsApp Web that is at work."""

    on: World
    web: FakeWebSessions
    account: Account
    clock: FakeClock
    journal: FakeJournal = field(default_factory=FakeJournal)

    @property
    def lines(self) -> Lines:
        return Lines(self.web, lambda _: self.journal, lambda _: True, self.clock)


async def linked(on: World) -> Linked:
    async with on.store.write() as unit:
        id = await unit.accounts.create(
            workspace_id=on.space, channel=Channel.WEB, number="+447700900099", name="", remote="s1",
            state=(await unit.accounts.account(on.account)).state, at=NOW,
        )  # fmt: skip
        account = await unit.accounts.account(id)
        await unit.commit()
    web = FakeWebSessions()
    await web.start("s1")
    web.scan("s1", "+447700900099")
    return Linked(on, web, account, on.clock)


@pytest.mark.parametrize("state", PASSING)
async def test_a_session_that_comes_back_by_itself_is_waited_for_however_long(
    tmp_path: Path, state: SessionState
) -> None:
    async with world(tmp_path) as on:
        bakery = await linked(on)
        lines = bakery.lines
        waits = Line(is_ready=False, journal="journal-1")
        bakery.web.become("s1", state)
        assert await lines.of(bakery.account) == waits
        on.clock.advance(days=1)
        assert await lines.of(bakery.account) == waits
        bakery.web.become("s1", S.READY)
        assert await lines.of(bakery.account) == replace(waits, is_ready=True)


async def test_a_session_that_was_stopped_is_started(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        bakery = await linked(on)
        bakery.web.quick = False
        bakery.web.become("s1", S.STOPPED)
        assert not (await bakery.lines.of(bakery.account)).is_ready
        assert bakery.web.session("s1").state is S.STARTING


@pytest.mark.parametrize("state", [S.LOGGED_OUT, S.RESTRICTED, S.QR])
async def test_what_does_not_pass_is_for_the_message_itself_to_tell(
    tmp_path: Path, state: SessionState
) -> None:
    async with world(tmp_path) as on:
        bakery = await linked(on)
        bakery.web.become("s1", state)
        assert (await bakery.lines.of(bakery.account)).is_ready
        await bakery.web.delete("s1")
        assert await bakery.lines.of(bakery.account) == OPEN


@pytest.mark.parametrize(
    "trouble",
    [ChannelDown("down"), *map(WorkerMissing, (WorkerTrouble.WORKER_DOWN, WorkerTrouble.WORKER_INSTALLING))],
)
async def test_a_worker_that_is_away_is_waited_for_some_minutes(tmp_path: Path, trouble: Exception) -> None:
    async with world(tmp_path) as on:
        bakery = await linked(on)
        lines = bakery.lines
        with bakery.web.down(trouble):
            assert await lines.of(bakery.account) == Line(is_ready=False)
            on.clock.advance(seconds=PATIENCE.total_seconds() - 1)
            assert await lines.of(bakery.account) == Line(is_ready=False)
        assert (await lines.of(bakery.account)).is_ready
        with bakery.web.down(trouble):
            on.clock.advance(seconds=2)
            assert await lines.of(bakery.account) == Line(is_ready=False)
            on.clock.advance(seconds=PATIENCE.total_seconds())
            assert await lines.of(bakery.account) == OPEN


async def test_a_worker_that_needs_somebody_is_not_waited_for(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        bakery = await linked(on)
        with bakery.web.down(WorkerMissing(WorkerTrouble.NODE_MISSING)):
            assert await bakery.lines.of(bakery.account) == OPEN


async def test_while_it_waits_nobody_is_claimed_and_the_campaign_is_not_paused(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        campaign = await on.running(2)
        line = Line(is_ready=False)

        async def line_of(_: Account) -> Line:
            return line

        slices = on.slices(line_of=line_of)
        for _ in range(9):
            assert await slices.run(on.account) is not None
            on.clock.advance(minutes=1)
        async with on.store.read() as unit:
            assert (await unit.campaigns.any(campaign)).state is CampaignState.RUNNING
            assert {row.attempts for row in await unit.delivery.recipients(campaign)} == {0}
        line = OPEN
        await slices.run(on.account)
        assert len(on.phones.sent) == 2


async def test_whoever_asks_for_a_test_meanwhile_hears_at_once_what_is_wrong(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.test_send(number_of(0))

        async def line_of(_: Account) -> Line:
            return Line(is_ready=False)

        await on.slices(line_of=line_of).run(on.account)
        assert len(on.phones.sent) == 1
