"""A desk that was put back to a copy does not do what that was about to do, and learns what can be learnt."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from bot.senders import Hints
from domain.accounts.model import Account, Channel
from domain.campaigns import service
from domain.campaigns.model import CampaignState, PauseReason
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectState
from domain.kernel.ids import CampaignId
from domain.scheduler.coming_back import ComeBack
from domain.scheduler.doubts import ClearDoubts
from domain.scheduler.events import DeskCameBack
from domain.scheduler.lines import Line
from domain.scheduler.slices import AccountSlices
from domain.scheduler.timers import desk_of
from storage.copies import copy_database
from storage.tables import accounts
from tests.fakes.journal import FakeJournal
from tests.fakes.stores import NOW, number_of, open_store
from tests.unit.scheduler.world import Phones, World, world

R = RecipientState
LATER = NOW + timedelta(hours=8)


async def over_whatsapp_web(on: World) -> None:
    """Its number, whose far side keeps a journal."""
    async with on.store.connection() as connection:
        await connection.execute(update(accounts).values(channel=Channel.WEB))
        await connection.commit()


async def slices_of(on: World, journal: FakeJournal) -> AccountSlices:
    async def line_of(_: Account) -> Line:
        return Line(journal=journal.called)

    async with on.store.write() as unit:
        desk = await unit.operators.desk_id()
    return replace(on.slices(line_of=line_of), desk=desk)


def copied(on: World, folder: Path) -> Path:
    return copy_database(Path(str(on.store.url.database)), folder, at=NOW).path


@asynccontextmanager
async def put_back(before: World, copy: Path) -> AsyncIterator[World]:
    """The desk as the copy has it, hours later, on the same phones."""
    async with open_store(copy.parent, name=copy.name) as store:
        on = replace(before, store=store, phones=Phones())
        on.clock.advance(hours=8)
        on.heard.events.clear()
        yield on


def comes_back(on: World) -> ComeBack:
    return ComeBack(store=on.store, announcer=on.heard, clock=on.clock)


async def states(on: World, campaign: CampaignId) -> dict[str, R]:
    async with on.store.read() as unit:
        return {row.number: row.state for row in await unit.delivery.recipients(campaign)}


async def test_what_the_journal_knows_counts_and_only_who_got_nothing_is_written_to(tmp_path: Path) -> None:
    journal = FakeJournal()
    async with world(tmp_path) as on:
        await over_whatsapp_web(on)
        campaign = await on.running(5)
        slices = await slices_of(on, journal)
        await (replace(slices, caps=replace(slices.caps, a_day=2))).run(on.account)
        assert len(on.phones.sent) == 2
        copy = copied(on, tmp_path / "backups")
        on.clock.advance(days=2)  # the day's cap is over, and it goes on
        await (replace(slices, caps=replace(slices.caps, a_day=2))).run(on.account)
        assert len(on.phones.sent) == 4
        for message in on.phones.sent:
            journal.took(message.key, NOW)
        got = [message.to for message in on.phones.sent]

    async with put_back(on, copy) as back:
        assert await comes_back(back).run() == NOW
        assert await comes_back(back).run() is None
        slices = await slices_of(back, journal)
        await slices.run(back.account)
        assert back.phones.sent == []
        asker = ClearDoubts(
            store=back.store, journal_for=lambda _: journal, channels=frozenset({Channel.WEB}),
            announcer=back.heard, watcher=Hints(),
        )  # fmt: skip
        assert await asker.tick(back.clock.now()) == 3
        [left] = {number_of(n) for n in range(5)} - set(got)
        assert await states(back, campaign) == {**dict.fromkeys(got, R.SENT), left: R.WAITING}
        async with back.store.write() as unit:
            paused = await unit.campaigns.any(campaign)
            assert (paused.state, paused.pause_reason) == (CampaignState.PAUSED, PauseReason.RESTORED)
            await service.resume(desk_of(unit), paused, expected=paused.version, at=back.clock.now())
            await unit.commit()
        back.clock.advance(minutes=5)
        await slices.run(back.account)
        assert [message.to for message in back.phones.sent] == [left]
        assert back.phones.sent[0].key not in journal.kept


async def test_without_a_journal_nobody_is_written_to_before_a_person_says_so(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        campaign = await on.running(4)
        copy = copied(on, tmp_path / "backups")
        await on.slices().run(on.account)
        assert len(on.phones.sent) == 4
    async with put_back(on, copy) as back:
        await comes_back(back).run()
        async with back.store.write() as unit:
            paused = await unit.campaigns.any(campaign)
            await service.resume(desk_of(unit), paused, expected=paused.version, at=back.clock.now())
            await unit.commit()
        await back.slices().run(back.account)
        assert back.phones.sent == []
        assert set((await states(back, campaign)).values()) == {R.UNKNOWN}


async def test_what_was_scheduled_is_a_draft_and_what_was_paused_says_why(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        running, by_hand, due = await on.running(2), await on.running(2), await on.running(2)
        async with on.store.write() as unit:
            campaign = await unit.campaigns.any(by_hand)
            await service.pause(desk_of(unit), campaign, expected=campaign.version, at=NOW)
            again = await unit.campaigns.any(due)
            await unit.campaigns.save(
                replace(again, state=CampaignState.SCHEDULED, scheduled_at=NOW + timedelta(hours=1), price=1),
                expected=again.version,
            )
            await unit.commit()
        copy = copied(on, tmp_path / "backups")
    async with put_back(on, copy) as back:
        await comes_back(back).run()
        async with back.store.read() as unit:
            stands = {id: await unit.campaigns.any(id) for id in (running, by_hand, due)}
        for id in (running, by_hand):
            assert stands[id].state is CampaignState.PAUSED
            assert stands[id].pause_reason is PauseReason.RESTORED
        assert (stands[due].state, stands[due].scheduled_at) == (CampaignState.DRAFT, None)
        [told] = back.heard.events
        assert isinstance(told, DeskCameBack)
        assert {one.id for one in told.paused} == {running, by_hand}
        assert [one.id for one in told.drafts] == [due]
        assert (told.made_at, told.people) == (NOW, 4)
        await back.timers.tick(back.clock.now())  # it was due hours ago
        async with back.store.read() as unit:
            assert (await unit.campaigns.any(due)).state is CampaignState.DRAFT


async def test_a_test_that_waited_is_not_sent_hours_later(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await on.test_send("+905321111111")
        copy = copied(on, tmp_path / "backups")
    async with put_back(on, copy) as back:
        await comes_back(back).run()
        await back.slices().run(back.account)
        assert back.phones.sent == []
        assert (await back.direct(id)).state is DirectState.UNKNOWN


async def keys_of_a_day(on: World) -> set[str]:
    """Of a test and a small campaign."""
    await on.running(2)
    await on.test_send("+905321111111")
    for _ in range(3):
        await on.slices().run(on.account)
    return {str(message.key) for message in on.phones.sent}


async def test_a_new_message_has_no_key_that_an_old_one_had(tmp_path: Path) -> None:
    """Otherwise the far side's journal would say "sent" of what nobody got."""
    async with world(tmp_path) as on:
        copy = copied(on, tmp_path / "backups")
        old = await keys_of_a_day(on)
    async with put_back(on, copy) as back:
        await comes_back(back).run()
        new = await keys_of_a_day(back)
        assert len(new) == len(old) == 3 and not new & old


async def test_all_of_it_or_nothing(tmp_path: Path) -> None:
    """Killed in the middle, the desk comes back at the next start."""

    class Killed(Exception):
        pass

    class Deaf:
        async def announce(self, unit: object, event: object) -> None:
            raise Killed

    async with world(tmp_path) as on:
        campaign = await on.running(2)
        copy = copied(on, tmp_path / "backups")
    async with put_back(on, copy) as back:
        with suppress(Killed):
            await ComeBack(store=back.store, announcer=Deaf(), clock=back.clock).run()
        assert set((await states(back, campaign)).values()) == {R.WAITING}
        assert await comes_back(back).run() == NOW
        assert set((await states(back, campaign)).values()) == {R.UNKNOWN}
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
