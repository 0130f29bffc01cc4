"""The live pinned message: when it is edited, and what becomes of it when Telegram says no."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError, TimedOut

from bot.chat.progress import Progress, gap_after, next_edit_at
from bot.clock import SystemClock
from bot.tasks import TaskOwner
from domain.campaigns import service
from domain.delivery.model import Progress as How
from domain.delivery.ports import Accepted, ReceiptNews
from domain.delivery.recipients import learn
from domain.kernel.ids import AccountId, AttemptKey, CampaignId, WorkspaceId
from domain.operators.chat import ProgressMessage
from domain.scheduler.timers import desk_of
from storage.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.stores import (
    NOW,
    a_list,
    a_member,
    a_running_campaign,
    a_workspace,
    an_account,
    open_store,
)

CHAT, OTHER = 1001, 1002
LATER = NOW + timedelta(minutes=10)


# -- the decision ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edits", "seconds"), [(0, 5), (1, 5), (11, 5), (12, 15), (23, 15), (24, 60), (10_000, 60)]
)
def test_a_message_is_edited_every_5_s_at_first_then_15_then_60(edits: int, seconds: int) -> None:
    assert gap_after(edits) == timedelta(seconds=seconds)
    assert next_edit_at(edits, NOW, now=NOW + timedelta(seconds=1)) == NOW + timedelta(seconds=seconds)


def test_what_was_never_edited_is_due_now() -> None:
    assert next_edit_at(0, None, now=NOW) == NOW


def test_a_change_of_state_goes_at_once_however_often_it_was_edited() -> None:
    assert next_edit_at(500, NOW, now=NOW, at_once=True) == NOW


def test_nothing_goes_before_a_flood_is_over_not_even_a_change_of_state() -> None:
    assert next_edit_at(0, None, now=NOW, at_once=True, closed_until=LATER) == LATER
    assert next_edit_at(0, NOW, now=LATER, closed_until=NOW) <= LATER


def test_a_clock_set_back_does_not_freeze_the_message() -> None:
    assert next_edit_at(0, NOW + timedelta(days=1), now=NOW) == NOW + timedelta(seconds=5)


# -- Telegram, as far as a live message goes ----------------------------------------------------------------


@dataclass
class Sent:
    message_id: int


@dataclass
class FakeTelegram:
    """Remembers calls; `errors` are raised by the next calls of that name."""

    calls: list[tuple[str, int, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    errors: dict[str, list[TelegramError]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    gate: asyncio.Event | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    next_id: int = 500

    async def _call(self, name: str, chat_id: int, about: Any) -> None:
        if self.gate is not None and chat_id == CHAT:
            await self.gate.wait()
        self.calls.append((name, chat_id, about))
        self.heard.set()
        if chat_id in self.blocked:
            raise Forbidden("bot was blocked by the user")
        if self.errors.get(name):
            raise self.errors[name].pop(0)

    async def send_message(self, chat_id: int, text: str, **more: Any) -> Sent:
        self.texts.append(text)
        await self._call("send", chat_id, more["disable_notification"])
        self.next_id += 1
        return Sent(self.next_id)

    async def edit_message_text(self, text: str, *, chat_id: int, message_id: int, **more: Any) -> None:
        self.texts.append(text)
        await self._call("edit", chat_id, message_id)

    async def pin_chat_message(self, chat_id: int, message_id: int, *, disable_notification: bool) -> None:
        assert disable_notification
        await self._call("pin", chat_id, message_id)

    async def unpin_chat_message(self, chat_id: int, message_id: int) -> None:
        await self._call("unpin", chat_id, message_id)

    def names(self) -> list[str]:
        return [name for name, _, _ in self.calls]


@dataclass
class Live:
    """A running campaign of five with a live message asked for in one chat."""

    store: Database
    home: WorkspaceId
    account: AccountId
    campaign: CampaignId
    clock: FakeClock
    telegram: FakeTelegram
    progress: Progress
    keys: list[AttemptKey] = field(default_factory=list)

    async def ask(self, chat_id: int, campaign: CampaignId | None = None) -> None:
        async with self.store.write() as unit:
            await unit.chat.save_progress_message(
                ProgressMessage(
                    campaign_id=campaign or self.campaign, chat_id=chat_id, message_id=None, shown="",
                    edited_at=None, edits=0,
                )
            )  # fmt: skip
            await unit.commit()

    async def send(self, people: int = 1) -> None:
        """So many leave and are accepted."""
        async with self.store.write() as unit:
            claims, _ = await unit.delivery.claim(
                self.campaign, self.account, desk="d", owner="o", now=self.clock.now(),
                lease_until=LATER, limit=people,
            )  # fmt: skip
            learned = [learn(c, Accepted(f"p{c.recipient_id}"), now=self.clock.now()) for c in claims]
            await unit.delivery.record(learned, now=self.clock.now())
            await unit.commit()
        self.keys += [claim.key for claim in claims]
        self._hint(at_once=False)

    async def receipt(self, how: How = How.DELIVERED) -> None:
        """The first message that left got this far."""
        async with self.store.write() as unit:
            await unit.delivery.receipts([ReceiptNews(key=self.keys[0], progress=how, at=self.clock.now())])
            await unit.commit()
        self._hint(at_once=False)

    async def step(self, name: str) -> None:
        async with self.store.write() as unit:
            known = await unit.campaigns.any(self.campaign)
            verb = getattr(service, name)
            await verb(desk_of(unit), known, expected=known.version, at=self.clock.now())
            await unit.commit()
        self._hint(at_once=True)

    def _hint(self, *, at_once: bool) -> None:
        """What `run` does with a hint, without its waiting."""
        chat = self.progress._chats[CHAT]
        self.progress._plan(chat, self.campaign, self.clock.now(), at_once=at_once)

    async def tick(self, chat_id: int = CHAT) -> datetime | None:
        return await self.progress.tick(chat_id)

    async def after(self, seconds: float) -> datetime | None:
        self.clock.advance(seconds=seconds)
        return await self.tick()

    async def row(self, chat_id: int = CHAT) -> ProgressMessage | None:
        async with self.store.read() as unit:
            rows = await unit.chat.progress_messages()
        return next((row for row in rows if row.chat_id == chat_id), None)


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    async with open_store(tmp_path) as store, TaskOwner() as tasks:
        async with store.write() as unit:
            home = await a_workspace(unit)
            member = await a_member(unit, home)
            account = await an_account(unit, home)
            people = await a_list(unit, home, 5)
            campaign = await a_running_campaign(unit, home, member, account, people)
            await unit.commit()
        clock, telegram = FakeClock(NOW), FakeTelegram()
        progress = Progress(store, cast(Bot, telegram), clock, tasks)
        made = Live(store, home, account, campaign, clock, telegram, progress)
        await made.ask(CHAT)
        yield made


async def test_it_is_sent_silently_once_and_pinned(live: Live) -> None:
    await live.tick()
    await live.tick()
    assert live.telegram.calls == [("send", CHAT, True), ("pin", CHAT, 501)]
    row = await live.row()
    assert row is not None
    assert (row.message_id, row.edits, row.edited_at) == (501, 1, NOW)
    assert "0 of 5" in live.telegram.texts[0]


async def test_it_is_edited_when_something_changed_and_not_before_five_seconds(live: Live) -> None:
    await live.tick()
    await live.send()
    assert await live.after(1) == NOW + timedelta(seconds=5)
    assert live.telegram.names() == ["send", "pin"]
    await live.after(4)
    assert live.telegram.names() == ["send", "pin", "edit"]
    assert "1 of 5" in live.telegram.texts[-1]


async def test_the_clock_alone_edits_nothing(live: Live) -> None:
    await live.tick()
    await live.send()
    await live.after(5)
    for _ in range(5):
        await live.after(60)
    assert live.telegram.names() == ["send", "pin", "edit"]


async def test_a_change_of_state_is_shown_at_once(live: Live) -> None:
    await live.tick()
    await live.step("pause")
    await live.after(0.1)
    assert live.telegram.names() == ["send", "pin", "edit"]
    assert "paused: by an operator" in live.telegram.texts[-1]


async def test_a_hint_that_came_before_its_commit_is_looked_at_again(live: Live) -> None:
    await live.tick()
    live._hint(at_once=True)
    await live.tick()
    assert live.telegram.names() == ["send", "pin"]
    async with live.store.write() as unit:
        known = await unit.campaigns.any(live.campaign)
        await service.pause(desk_of(unit), known, expected=known.version, at=NOW)
        await unit.commit()
    wake = await live.tick()
    assert wake is not None
    assert wake - NOW < timedelta(seconds=1)
    await live.after(0.3)
    assert live.telegram.names() == ["send", "pin", "edit"]


async def test_a_lost_hint_is_made_up_for_within_a_minute(live: Live) -> None:
    await live.tick()
    async with live.store.write() as unit:
        known = await unit.campaigns.any(live.campaign)
        await service.pause(desk_of(unit), known, expected=known.version, at=NOW)
        await unit.commit()
    wake = await live.tick()
    assert wake is not None
    assert wake <= NOW + timedelta(seconds=60)
    await live.after(60)
    assert "paused" in live.telegram.texts[-1]


async def test_a_restart_goes_on_editing_the_same_message(live: Live) -> None:
    await live.tick()
    live.progress = Progress(live.store, cast(Bot, live.telegram), live.clock, live.progress.tasks)
    await live.tick()
    assert live.telegram.names() == ["send", "pin"]
    await live.send()
    await live.after(5)
    assert live.telegram.calls[-1] == ("edit", CHAT, 501)


async def test_a_flood_is_waited_out_and_never_answered_by_a_new_message(live: Live) -> None:
    await live.tick()
    live.telegram.errors["edit"] = [RetryAfter(timedelta(seconds=200))]
    await live.step("pause")
    await live.tick()
    wake = await live.after(30)
    assert wake == NOW + timedelta(seconds=200)
    await live.step("resume")
    await live.after(60)
    assert live.telegram.names() == ["send", "pin", "edit"]
    await live.after(110)
    assert live.telegram.names() == ["send", "pin", "edit", "edit"]
    assert {about for name, _, about in live.telegram.calls if name == "edit"} == {501}


async def test_a_flooded_first_message_is_sent_once_the_flood_is_over(live: Live) -> None:
    live.telegram.errors["send"] = [RetryAfter(timedelta(seconds=40))]
    assert await live.tick() == NOW + timedelta(seconds=40)
    await live.after(39)
    assert live.telegram.names() == ["send"]
    await live.after(1)
    assert live.telegram.names() == ["send", "send", "pin"]


async def test_one_chats_flood_does_not_hold_up_another_chat(live: Live) -> None:
    await live.ask(OTHER)
    await live.tick()
    live.telegram.errors["edit"] = [RetryAfter(timedelta(seconds=200))]
    await live.step("pause")
    await live.tick()
    await live.tick(OTHER)
    assert [name for name, chat, _ in live.telegram.calls if chat == OTHER] == ["send", "pin"]


async def test_not_modified_is_success(live: Live) -> None:
    await live.tick()
    live.telegram.errors["edit"] = [BadRequest("Message is not modified: specified new message content")]
    await live.step("pause")
    await live.tick()
    await live.after(5)
    assert live.telegram.names() == ["send", "pin", "edit"]


async def test_a_deleted_message_is_sent_anew_and_pinned(live: Live) -> None:
    await live.tick()
    live.telegram.errors["edit"] = [BadRequest("Message to edit not found")]
    await live.step("pause")
    await live.tick()
    assert live.telegram.names() == ["send", "pin", "edit", "send", "pin"]
    row = await live.row()
    assert row is not None
    assert row.message_id == 502


async def test_whoever_blocked_the_bot_is_left_in_peace(live: Live) -> None:
    await live.tick()
    live.telegram.blocked.add(CHAT)
    await live.step("pause")
    assert await live.tick() is None
    await live.step("resume")
    assert await live.after(600) is None
    assert live.telegram.names() == ["send", "pin", "edit"]


async def test_a_dead_network_is_tried_again_later(live: Live) -> None:
    await live.tick()
    live.telegram.errors["edit"] = [TimedOut()]
    await live.step("pause")
    wake = await live.tick()
    assert wake is not None
    assert timedelta(seconds=5) <= wake - NOW <= timedelta(seconds=60)
    await live.after(60)
    assert live.telegram.names() == ["send", "pin", "edit", "edit"]


async def test_what_telegram_refuses_for_good_does_not_spin(live: Live) -> None:
    await live.tick()
    live.telegram.errors["edit"] = [BadRequest("can't parse entities")]
    await live.step("pause")
    wake = await live.tick()
    assert wake == NOW + timedelta(seconds=60)


async def test_a_server_without_pins_still_has_a_live_message(live: Live) -> None:
    live.telegram.errors["pin"] = [BadRequest("method not found")]
    await live.tick()
    await live.step("pause")
    await live.tick()
    assert live.telegram.names() == ["send", "pin", "edit"]


async def test_the_end_is_shown_unpinned_and_then_left_alone(live: Live) -> None:
    await live.tick()
    await live.step("cancel")
    assert await live.tick() is None
    assert live.telegram.names() == ["send", "pin", "edit", "unpin"]
    assert "cancelled" in live.telegram.texts[-1]
    assert await live.row() is None
    await live.after(600)
    assert live.telegram.names() == ["send", "pin", "edit", "unpin"]


async def test_cancelled_with_some_on_their_way_is_not_the_end_yet(live: Live) -> None:
    await live.tick()
    async with live.store.write() as unit:
        claims, _ = await unit.delivery.claim(
            live.campaign, live.account, desk="d", owner="o", now=NOW, lease_until=LATER, limit=2
        )
        await unit.commit()
    await live.step("cancel")
    await live.tick()
    assert "2 still on their way" in live.telegram.texts[-1]
    async with live.store.write() as unit:
        learned = [learn(c, Accepted(f"p{c.n}{c.recipient_id}"), now=NOW) for c in claims]
        await unit.delivery.record(learned, now=NOW)
        await unit.commit()
    live._hint(at_once=False)
    await live.after(5)
    assert live.telegram.names() == ["send", "pin", "edit", "edit", "unpin"]


async def ended_with_two_sent(live: Live) -> None:
    """Its end is shown and unpinned; two people have it and may still get to read it."""
    await live.tick()
    await live.send(2)
    await live.after(5)
    await live.step("cancel")
    await live.tick()
    assert live.telegram.names() == ["send", "pin", "edit", "edit", "unpin"]


async def test_after_the_end_receipts_are_still_shown_but_at_the_slow_pace(live: Live) -> None:
    await ended_with_two_sent(live)
    await live.receipt()
    await live.after(1)
    wake = await live.after(30)
    assert wake == NOW + timedelta(seconds=65)
    assert len(live.telegram.calls) == 5
    await live.after(30)
    assert live.telegram.names()[5:] == ["edit"]
    assert "Delivered 1" in live.telegram.texts[-1]
    assert "cancelled" in live.telegram.texts[-1]


async def test_a_restart_after_the_end_goes_on_with_the_same_message(live: Live) -> None:
    await ended_with_two_sent(live)
    live.progress = Progress(live.store, cast(Bot, live.telegram), live.clock, live.progress.tasks)
    await live.receipt()
    await live.after(90)
    assert live.telegram.calls[5:] == [("edit", CHAT, 501), ("unpin", CHAT, 501)]
    await live.after(90)
    assert len(live.telegram.calls) == 7


async def test_an_hour_after_the_end_it_is_left_alone_with_its_last_receipts_shown(live: Live) -> None:
    await ended_with_two_sent(live)
    await live.after(59 * 60)
    assert await live.row() is not None
    await live.receipt()
    assert await live.after(61) is None
    assert "Delivered 1" in live.telegram.texts[-1]
    assert await live.row() is None
    await live.receipt(How.READ)
    assert await live.after(600) is None
    assert live.telegram.names()[5:] == ["edit"]


async def test_one_that_was_deleted_after_the_end_is_not_put_back_for_a_receipt(live: Live) -> None:
    await ended_with_two_sent(live)
    live.telegram.errors["edit"] = [BadRequest("Message to edit not found")]
    await live.receipt()
    assert await live.after(60) is None
    assert live.telegram.names()[5:] == ["edit"]
    assert await live.row() is None


async def test_a_crash_between_the_last_edit_and_its_closing_closes_it(live: Live) -> None:
    await live.tick()
    await live.step("cancel")
    await live.tick()
    row = ProgressMessage(
        campaign_id=live.campaign, chat_id=CHAT, message_id=501, shown="", edited_at=NOW, edits=2
    )
    async with live.store.write() as unit:
        await unit.chat.save_progress_message(replace(row, chat_id=OTHER, shown="old:state"))
        await unit.commit()
    assert await live.tick(OTHER) is None
    assert live.telegram.calls[-1] == ("unpin", OTHER, 501)


# -- the loop ----------------------------------------------------------------------------------------------


async def test_run_shows_a_message_that_is_committed_after_its_hint_and_lets_no_chat_wait_for_another(
    live: Live,
) -> None:
    """The first chat's Telegram call hangs; the second chat's message goes out all the same."""
    live.telegram.gate = asyncio.Event()
    async with TaskOwner() as tasks:
        progress = Progress(live.store, cast(Bot, live.telegram), SystemClock(), tasks)
        tasks.start("progress", progress.run())
        progress.changed(live.campaign, True)
        await live.ask(OTHER)
        progress.changed(live.campaign, True)
        async with asyncio.timeout(10):
            while not any(chat == OTHER for _, chat, _ in live.telegram.calls):
                live.telegram.heard.clear()
                await live.telegram.heard.wait()
    assert all(chat == OTHER for _, chat, _ in live.telegram.calls)


async def test_a_row_committed_only_after_its_hint_is_found_soon(live: Live) -> None:
    async with TaskOwner() as tasks:
        progress = Progress(live.store, cast(Bot, live.telegram), SystemClock(), tasks)
        await live.tick()
        await live.step("cancel")
        await live.tick()
        async with live.store.write() as unit:
            member = await a_member(unit, live.home, telegram_id=5)
            people = await a_list(unit, live.home, 2, first=50, name="more")
            campaign = await a_running_campaign(unit, live.home, member, live.account, people)
            await unit.commit()
        live.telegram.calls.clear()
        live.telegram.heard.clear()
        progress.changed(campaign, True)
        await progress._spread()
        assert campaign in progress._early
        await live.ask(CHAT, campaign)
        await progress._spread()
        assert campaign not in progress._early
        async with asyncio.timeout(10):
            await live.telegram.heard.wait()
    assert live.telegram.calls[0] == ("send", CHAT, True)
