"""A pre-checkout goes ahead of the lanes: Telegram waits for ten seconds."""

import asyncio
from pathlib import Path

import pytest

from bot.chat import lanes
from bot.sandbox import people
from domain.operators.chat import InboxUpdate
from tests.chat.shop import enter, open_shop
from tests.chat.stage import AYSE, STRANGER, at_work, stage
from tests.chat.till import (
    all_worked,
    invoice_for,
    until_bought,
)

#: Updates of one chat that wait behind a slow one.
WAITING = 150


async def test_a_pre_checkout_is_answered_while_hundreds_of_updates_wait_behind_a_slow_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than a lane has room for, in the payer's own chat. All are worked in order afterwards."""
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        app, go_on, worked = on.app(), asyncio.Event(), list[int]()
        monkeypatch.setattr(lanes, "LANE_ROOM", WAITING // 3)
        real = app.lanes.work

        async def slow(row: InboxUpdate) -> bool:
            if "hello" in str(row.payload):
                await go_on.wait()
                worked.append(row.seq)
            return await real(row)

        async with at_work(app):
            await enter(chat)
            invoice = await invoice_for(chat, "500 points")
            app.lanes.work = slow
            sandbox = on.sandbox.sandbox
            for _ in range(WAITING):
                people.say(sandbox, sandbox.chats[AYSE], sandbox.users[AYSE], "hello")
            async with asyncio.timeout(5):
                assert (await chat.pay(invoice))["paid"]
            assert not worked
            other = on.client.chat(STRANGER)
            await other.say("/start")
            await other.wait_for("private", timeout=5)
            go_on.set()
            await until_bought(shop, 500)
            await all_worked(on)
        assert len(worked) == WAITING
        assert worked == sorted(worked)


async def test_a_pre_checkout_left_over_from_long_ago_is_only_marked(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        query = {
            "id": "1", "from": {"id": AYSE, "is_bot": False, "first_name": "Ayşe"}, "currency": "XTR",
            "total_amount": 250, "invoice_payload": "x",
        }  # fmt: skip
        async with on.store.write() as unit:
            update = {"update_id": 1, "pre_checkout_query": query}
            await unit.chat.add_updates(on.sandbox.sandbox.bot.id, [(1, AYSE, update)], at=on.clock.now())
            await unit.commit()
        on.clock.advance(seconds=11)
        async with on.running():
            await all_worked(on)
        assert await on.client.journal("answerPreCheckoutQuery") == []


async def test_an_answer_that_is_lost_on_the_way_is_given_again_in_time(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        invoice = await invoice_for(chat, "500 points")
        await on.client.fault("error", "answerPreCheckoutQuery", status=502, times=2)
        assert (await chat.pay(invoice))["paid"]
        await until_bought(shop, 500)
