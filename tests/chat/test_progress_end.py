"""The live pinned message when its campaign is over."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from telegram import Bot
from telegram.error import BadRequest

from bot.chat.progress import Progress
from domain.delivery.model import Progress as How
from domain.delivery.ports import Accepted
from domain.delivery.recipients import learn
from domain.kernel.errors import Interrupted
from domain.operators.chat import ProgressMessage
from storage.chat import SqlChat
from tests.chat.live_message import CHAT, LATER, OTHER, Live, a_live_message
from tests.fakes.stores import (
    NOW,
)


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    async with a_live_message(tmp_path) as live:
        yield live


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


async def test_a_message_whose_note_was_undone_is_not_sent_a_second_time(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store undoes it when this process stood still in the middle."""
    keep = SqlChat.save_progress_message
    undone: list[int | None] = []

    async def once_undone(chat: SqlChat, message: ProgressMessage) -> None:
        await keep(chat, message)
        if not undone:
            undone.append(message.message_id)
            raise Interrupted

    monkeypatch.setattr(SqlChat, "save_progress_message", once_undone)
    await live.tick()
    row = await live.row()
    assert row is not None
    assert undone == [row.message_id]
    await live.after(60)
    assert live.telegram.names() == ["send", "pin"]
