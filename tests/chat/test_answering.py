"""Answering a notice in Telegram answers the person on WhatsApp, once, and shows how far it got."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.accounts.model import AccountState
from domain.contacts.model import ConsentEvent, ConsentSource
from domain.conversations.tellings import Telling
from domain.delivery.store import DirectPurpose
from domain.kernel.ids import ReplyId
from domain.operators.chat import Notice
from domain.operators.model import Role
from storage.unit import Unit
from tests.chat.sandbox.pictures import png
from tests.chat.shop import Shop, enter, number_of, open_shop
from tests.chat.stage import AYSE, DENIZ, STRANGER, eventually, stage
from tests.chat.team_chat import a_florist, add

ARRIVED = "✓✓ "


async def reached(shop: Shop) -> None:
    """By a campaign: their phones know the shop."""
    await shop.start()
    await shop.until_got(3)


async def told(chat: SandboxChat, words: str = "are you open?") -> ShownMessage:
    return await chat.wait_for(lambda m: words in m.words and "💬" in m.words, fresh=False)


async def somebody_writes(shop: Shop, words: str = "are you open?") -> ShownMessage:
    await shop.on.world.reply(number_of(1), words)
    return await told(shop.on.ayse, words)


def answers(shop: Shop) -> list[tuple[str, bool]]:
    """What Person 1 got after the campaign: the text, and whether a file came with it."""
    got = [one for one in shop.on.world.received if one.number == number_of(1)]
    return [(one.text, one.media is not None) for one in got[1:]]


async def test_an_answer_goes_out_once_and_how_far_it_got_is_edited_in(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await reached(shop)
        notice = await somebody_writes(shop)
        assert "Person 1" in notice.words and "to Spring" in notice.words
        await chat.say("Until six, <b> & always", reply_to=notice)
        tick = await chat.wait_for(ARRIVED, fresh=False)
        assert answers(shop) == [("Until six, <b> & always", False)]
        # The panel has not moved down. An answer to the tick goes the same way.
        panels = [m for m in chat.newest_first() if any("Inbox" in b for b in m.button_texts)]
        assert [m.message_id < notice.message_id for m in panels] == [True]
        await chat.say("And tomorrow", reply_to=tick)
        await chat.wait_for(lambda m: "✓✓" in m.words and m.message_id > tick.message_id, fresh=False)
        assert answers(shop) == [("Until six, <b> & always", False), ("And tomorrow", False)]


async def test_a_file_is_an_answer_too_and_an_open_question_stays_open(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await reached(shop)
        notice = await somebody_writes(shop)
        await chat.say("/settings")
        await chat.tap("✏️ Name")
        await chat.wait_for("Type a new name")
        await chat.upload(png(), "menu.png", kind="photo", caption="the menu", reply_to=notice)
        await chat.wait_for(ARRIVED, fresh=False)
        assert answers(shop) == [("the menu", True)]
        await chat.say("Pier")
        await chat.wait_for("Name: Pier")


async def test_two_members_are_told_and_each_sees_what_the_other_answered(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat, other = await open_shop(on, members=(AYSE, DENIZ)), on.ayse, on.client.chat(DENIZ)
        await enter(chat)
        await enter(other)
        await reached(shop)
        notice = await somebody_writes(shop)
        await chat.say("Yes", reply_to=notice)
        await other.say("Until six", reply_to=await told(other))
        await other.wait_for(ARRIVED, fresh=False)
        await chat.wait_for(ARRIVED, fresh=False)
        await other.say("/inbox")
        await other.tap("Person 1")
        both = await other.wait_for("are you open?")
        assert "Yes" in both.words and "Until six" in both.words and "Spring" in both.words


async def test_a_viewer_is_told_and_may_not_answer(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, viewer = await open_shop(on), on.client.chat(STRANGER)
        await add(on, shop.space, STRANGER, Role.VIEWER)
        await enter(on.ayse)
        await enter(viewer)
        await reached(shop)
        await somebody_writes(shop)
        notice = await told(viewer)
        assert notice.button_texts == ["👤 Contact"]
        await viewer.say("Yes", reply_to=notice)
        await viewer.wait_for("viewer")
        assert not await _queued(shop)


async def _queued(shop: Shop) -> bool:
    async with shop.on.store.read() as unit:
        talks, _ = await unit.conversations.page(shop.space, None, offset=0, limit=10)
        directs = [one for talk in talks for one in await unit.delivery.directs_of(talk.id, limit=10)]
    return any(one.purpose is DirectPurpose.ANSWER for one in directs)


async def _stopped(unit: Unit, shop: Shop) -> None:
    contact = await unit.contacts.by_number(shop.space, number_of(1))
    assert contact is not None
    at = shop.on.clock.now()
    event = ConsentEvent(granted=False, source=ConsentSource.STOP_REPLY, evidence="m", at=at)
    await unit.contacts.record_consent(contact.id, event)


async def _unlinked(unit: Unit, shop: Shop) -> None:
    at = shop.on.clock.now()
    await unit.accounts.set_state(shop.account, AccountState.UNLINKED, reason="unlinked", at=at)


async def _removed(unit: Unit, shop: Shop) -> None:
    await _unlinked(unit, shop)
    await unit.accounts.remove(shop.account)


async def _suspended(unit: Unit, shop: Shop) -> None:
    await unit.operators.suspend(shop.space, why="unpaid", at=shop.on.clock.now())


@pytest.mark.parametrize(
    ("becomes", "said"),
    [
        (_stopped, "they said stop"),
        (_unlinked, "not connected"),
        (_removed, "has been removed here"),
        (_suspended, "unpaid"),
    ],
)
async def test_what_stands_against_an_answer_is_said_and_nothing_is_queued(
    tmp_path: Path, becomes: Callable[[Unit, Shop], Awaitable[None]], said: str
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await reached(shop)
        notice = await somebody_writes(shop)
        async with on.store.write() as unit:
            await becomes(unit, shop)
            await unit.commit()
        for mine in (
            await chat.say("Yes", reply_to=notice),
            (await chat.upload(png(), "menu.png", kind="photo", reply_to=notice)).message_id,
        ):
            await chat.wait_for(_stands_below(mine, said), fresh=False)
        # It stays there, whatever the panel shows next; and the panel has not moved for it.
        await chat.say("/settings")
        await chat.wait_for("Name: ")
        assert [m for m in chat.newest_first() if _stands_below(mine, said)(m)]
        assert not await _queued(shop)


def _stands_below(message_id: int, said: str) -> Callable[[ShownMessage], bool]:
    return lambda m: m.view["reply_to"] == message_id and said in m.words


async def _told_all_at_once(shop: Shop, people: Sequence[int]) -> None:
    """However slowly what they write comes in: nothing is told before all of it has."""
    on, first = shop.on, await somebody_writes(shop)
    chat = Telling(chat_id=AYSE, workspace_id=shop.space, newest=ReplyId(0), told=ReplyId(0))

    async def kept() -> bool:
        async with on.store.read() as unit:
            return await unit.tellings.stands_for(AYSE, first.message_id) is not None

    async def came() -> bool:
        async with on.store.read() as unit:
            talks, _ = await unit.conversations.page(shop.space, None, offset=0, limit=10)
        return len(talks) == len(people)

    await eventually(kept, "the first is told, and that is kept")
    async with on.store.write() as unit:
        await unit.tellings.told(chat, [], up_to=None, due_at=on.clock.now() + timedelta(hours=1))
        await unit.commit()
    for n in people:
        await on.world.reply(number_of(n), "hello all")
    await eventually(came, "all that they wrote is here")
    on.clock.advance(hours=1)


async def test_who_is_meant_must_be_clear(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on, people=6), on.ayse
        await enter(chat)
        await shop.start()
        await shop.until_got(6)
        await _told_all_at_once(shop, range(6))
        many = await chat.wait_for("people wrote", fresh=False)
        await chat.say("Yes", reply_to=many)
        await chat.wait_for("about several people")
        # From before the upgrade.
        async with on.store.write() as unit:
            old = Notice(chat_id=AYSE, key="reply:1:e", kind="text", payload={"text": "💬 old", "rows": []})
            await unit.chat.queue_notice(old, at=on.clock.now())
            await unit.commit()
        await chat.say("Yes", reply_to=await chat.wait_for("💬 old", fresh=False))
        await chat.wait_for("from before answers could be sent")
        assert not await _queued(shop)


async def test_an_answer_goes_to_the_workspace_that_the_person_wrote_to(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        florist = await a_florist(on, DENIZ)
        await add(on, florist, AYSE, Role.OWNER)
        await enter(chat)
        await reached(shop)
        notice = await somebody_writes(shop)
        await chat.say("/settings")
        await chat.tap("Switch workspace")
        await chat.tap("Florist")
        await chat.wait_for("Florist")
        await chat.say("Yes", reply_to=notice)
        await chat.wait_for(ARRIVED, fresh=False)
        assert answers(shop) == [("Yes", False)]


async def test_an_answer_sent_while_the_bot_was_down_goes_out_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        chat = on.ayse
        async with on.running():
            shop = await open_shop(on)
            await enter(chat)
            await reached(shop)
            notice = await somebody_writes(shop)
        await chat.say("Until six", reply_to=notice)
        async with on.running():
            await chat.wait_for(ARRIVED, fresh=False)
        async with on.running():
            assert answers(shop) == [("Until six", False)]
