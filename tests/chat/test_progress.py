"""The live pinned message: when it is edited, and what becomes of it when Telegram says no."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from telegram import Bot
from telegram.error import BadRequest, RetryAfter, TimedOut

from bot.chat.progress import Progress, gap_after, next_edit_at
from bot.clock import SystemClock
from bot.tasks import TaskOwner
from domain.campaigns import service
from domain.scheduler.timers import desk_of
from tests.chat.live_message import CHAT, LATER, OTHER, Live, a_live_message
from tests.fakes.stores import (
    NOW,
    a_list,
    a_member,
    a_running_campaign,
)

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


# -- the message --------------------------------------------------------------------------------------------


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    async with a_live_message(tmp_path) as live:
        yield live


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
    assert "paused (by an operator)" in live.telegram.texts[-1]


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
