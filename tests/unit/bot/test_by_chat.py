"""Ticks and topics: shown once, and no chat waits for another."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from telegram import Bot
from telegram.error import NetworkError

from bot.chat.by_chat import MOST_AT_ONCE, ByChat
from bot.chat.ticks import Ticks
from bot.tasks import TaskOwner
from domain.delivery.store import DirectPurpose, DirectState
from domain.kernel.ids import DirectId
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, number_of
from tests.unit.bot.told_chats import AYSE, CountingTelegram, Told, told_chats

GROUP, DENIZ = -1001, 1002


@dataclass(kw_only=True)
class SlowGroup(CountingTelegram):
    """Takes what is for the group only once it is let."""

    let: asyncio.Event = field(default_factory=asyncio.Event)

    async def send_message(self, chat_id: int, text: str, **about: Any) -> Any:
        if chat_id == GROUP:
            await self.let.wait()
        return await super().send_message(chat_id, text, **about)

    async def edit_message_text(self, text: str, **about: Any) -> Any:
        return self._take("edit", about["chat_id"], text, {})


@asynccontextmanager
async def answered(folder: Path, *chats: int) -> AsyncIterator[tuple[Told, SlowGroup, Ticks, list[DirectId]]]:
    """An answer was given in each of these chats."""
    async with told_chats(folder) as told:
        telegram = told.telegram = SlowGroup(clock=told.clock)
        async with told.store.write() as unit:
            ids = [
                await unit.delivery.queue_direct(
                    workspace_id=told.space, account_id=told.account.id, member_id=None, chat_id=chat,
                    purpose=DirectPurpose.ANSWER, number=number_of(1), text="yes", media=None, desk="d",
                    campaign_id=None, at=NOW, asked_by=n,
                )
                for n, chat in enumerate(chats)
            ]  # fmt: skip
            await unit.commit()
        yield told, telegram, Ticks(cast(Bot, telegram), told.store, told.clock, told.tasks), ids


async def test_a_flush_that_meets_another_shows_nothing_twice(tmp_path: Path) -> None:
    async with answered(tmp_path, GROUP, AYSE) as (told, telegram, ticks, _):
        both = [told.tasks.start("flush", ticks.flush()) for _ in range(2)]
        async with asyncio.timeout(20):
            while not telegram.texts(AYSE):
                await asyncio.sleep(0.01)
            telegram.let.set()
            await asyncio.gather(*both)
        assert sorted(one.chat_id for one in telegram.sent) == [GROUP, AYSE]


async def test_a_slow_group_and_all_that_waits_for_it_hold_up_nobody_else(tmp_path: Path) -> None:
    async with answered(tmp_path, *[GROUP] * 150, AYSE) as (told, telegram, ticks, _):
        flush = told.tasks.start("flush", ticks.flush())
        async with asyncio.timeout(20):
            while not telegram.texts(AYSE):
                await asyncio.sleep(0.01)
        assert telegram.texts(GROUP) == []
        telegram.let.set()
        await flush
        assert len(telegram.texts(GROUP)) == 150


async def test_what_was_sent_and_could_not_be_kept_is_not_sent_again(
    tmp_path: Path, monkeypatch: Any
) -> None:
    async with answered(tmp_path, AYSE, DENIZ) as (told, telegram, ticks, ids):
        write, full = told.store.write, [True]

        def no_room() -> Any:
            if full:
                full.pop()
                raise OSError("no room")
            return write()

        with monkeypatch.context() as patch:
            patch.setattr(told.store, "write", no_room)
            await ticks.flush()
        told.clock.advance(seconds=10)
        await ticks.flush()
        assert sorted(one.chat_id for one in telegram.sent if one.kind == "text") == [AYSE, DENIZ]
        async with told.store.write() as unit:
            assert await unit.delivery.ticks(limit=9) == []
            await unit.delivery.tick_shown(ids[0], DirectState.SENT, tick_id=None)
            assert len(await unit.delivery.ticks(limit=9)) == 1
            assert await unit.delivery.ticks(limit=9, without=[AYSE]) == []


async def test_a_chat_in_trouble_rests_and_is_tried_again(tmp_path: Path) -> None:
    async with answered(tmp_path, AYSE) as (told, telegram, ticks, _):
        telegram.trouble = [NetworkError("away")]
        await ticks.flush()
        assert telegram.sent == []
        told.clock.advance(seconds=10)
        await ticks.flush()
        assert len(telegram.sent) == 1


async def test_what_is_of_no_chat_is_shown_once_too() -> None:
    left, asked = list(range(2 * MOST_AT_ONCE + 1)), []

    async def find(without: Collection[int]) -> Sequence[int]:
        asked.append(without)
        return list(left)

    async def show(one: int) -> None:
        await asyncio.sleep(0)
        left.remove(one)

    async with TaskOwner() as tasks:
        nowhere: ByChat[int] = ByChat(
            "nowhere", tasks, FakeClock(NOW), find=find, chat_of=lambda _: None, show=show, look=1
        )
        await asyncio.gather(nowhere.flush(), nowhere.flush())
    assert left == []
    assert not any(asked)
