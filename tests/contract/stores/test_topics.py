"""A workspace's group with topics: where replies are told, and what is handed over when that changes."""

import asyncio
from collections.abc import Sequence

import pytest

from domain.conversations.topics import GroupTaken
from domain.delivery.ports import ReplyNews
from domain.kernel.ids import ConversationId, WorkspaceId
from domain.operators.model import TERMS_VERSION
from storage.database import Database
from storage.tables import conversations, inbox_groups
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_member, a_workspace

AYSE, DENIZ, GROUP, OTHER = 1001, 1002, -1001, -1002


async def wrote(unit: Unit, bakery: Bakery, event: str, number: str = "+905321112233") -> ConversationId:
    """Somebody wrote, and it is to be told."""
    news = ReplyNews(event=event, sender=number, text=event, at=NOW)
    reply = await unit.delivery.reply(bakery.account, news)
    assert reply is not None
    talk = await unit.conversations.wrote(bakery.account, reply, at=NOW)
    await unit.tellings.wrote(bakery.space, reply.id, at=NOW)
    await unit.tellings.keep()
    return talk.id


async def accepted(unit: Unit, bakery: Bakery) -> None:
    await unit.operators.accept_terms(bakery.ayse, version=TERMS_VERSION, at=NOW)


async def waiting(unit: Unit, space: WorkspaceId) -> dict[int, Sequence[str]]:
    """By chat, what it has not been told."""
    due = await unit.tellings.due(now=NOW, limit=100)
    return {
        one.chat_id: [
            reply.text for some in await unit.tellings.untold(one, people=9, last=9) for reply in some.last
        ]
        for one in due
        if one.workspace_id == space
    }


async def told_all(unit: Unit, chat_id: int) -> None:
    for one in await unit.tellings.due(now=NOW, limit=100):
        if one.chat_id == chat_id:
            await unit.tellings.told(one, [], up_to=one.newest, due_at=NOW)


async def test_replies_are_told_in_the_group_and_members_are_told_what_came_before_it(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        await accepted(unit, bakery)
        await wrote(unit, bakery, "before")
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        await wrote(unit, bakery, "after")
        assert await waiting(unit, bakery.space) == {AYSE: ["before"], GROUP: ["after"]}


async def test_what_the_group_was_not_told_is_handed_to_everybody_in_the_workspace(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        await accepted(unit, bakery)
        await wrote(unit, bakery, "long ago")
        await told_all(unit, AYSE)
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        deniz = await a_member(unit, bakery.space, telegram_id=DENIZ)
        await unit.operators.accept_terms(deniz, version=TERMS_VERSION, at=NOW)
        await wrote(unit, bakery, "told in the group")
        await told_all(unit, GROUP)
        await wrote(unit, bakery, "not told")
        group = await unit.topics.end(bakery.space, at=NOW)
        assert group is not None
        assert group.chat_id == GROUP
        assert await waiting(unit, bakery.space) == {AYSE: ["not told"], DENIZ: ["not told"]}
        await wrote(unit, bakery, "later")
        assert (await waiting(unit, bakery.space))[AYSE] == ["not told", "later"]
        assert await unit.topics.end(bakery.space, at=NOW) is None


async def test_whoever_had_not_been_told_before_the_group_began_still_is(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        await accepted(unit, bakery)
        await wrote(unit, bakery, "before")
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        await wrote(unit, bakery, "in the group")
        await told_all(unit, GROUP)
        await unit.topics.end(bakery.space, at=NOW)
        assert (await waiting(unit, bakery.space))[AYSE][0] == "before"


async def test_a_group_that_is_used_again_is_not_told_what_was_told_elsewhere(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        await accepted(unit, bakery)
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        await wrote(unit, bakery, "first")
        await told_all(unit, GROUP)
        await unit.topics.begin(bakery.space, OTHER, at=NOW)
        await wrote(unit, bakery, "second")
        await told_all(unit, OTHER)
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        assert await waiting(unit, bakery.space) == {}
        await wrote(unit, bakery, "third")
        assert await waiting(unit, bakery.space) == {GROUP: ["third"]}


async def test_a_group_is_of_one_workspace(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        florist = await a_workspace(unit, name="Florist")
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        with pytest.raises(GroupTaken):
            await unit.topics.begin(florist, GROUP, at=NOW)
        mine = await unit.topics.group_in(GROUP)
        assert mine is not None
        assert mine.workspace_id == bakery.space
        assert await unit.topics.group(florist) is None


async def test_a_conversation_has_one_topic_in_a_group_and_the_newest_counts(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        talk = await wrote(unit, bakery, "hello")
        await unit.topics.opened(GROUP, 7, talk)
        before = await unit.topics.topic(GROUP, 7)
        assert before is not None
        assert (before.conversation_id, before.workspace_id, before.is_on) == (talk, bakery.space, False)
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        await unit.topics.opened(GROUP, 8, talk)
        assert await unit.topics.topic(GROUP, 7) is None
        now = await unit.topics.topic_of(GROUP, talk)
        assert now is not None
        assert (now.thread_id, now.is_on) == (8, True)
        await unit.topics.gone(GROUP, 8)
        assert await unit.topics.topic_of(GROUP, talk) is None


async def test_topics_that_stand_otherwise_than_their_conversation(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        talk = await wrote(unit, bakery, "hello")
        await unit.topics.opened(GROUP, 7, talk)
        assert await unit.topics.to_turn(limit=9) == []
        await unit._db.execute(conversations.update().values(state="done"))
        (turn,) = await unit.topics.to_turn(limit=9)
        assert (turn.thread_id, turn.is_closed) == (7, False)
        await unit.topics.turned(GROUP, 7, is_closed=True)
        assert await unit.topics.to_turn(limit=9) == []
        assert await wrote(unit, bakery, "again") == talk
        (turn,) = await unit.topics.to_turn(limit=9)
        assert turn.is_closed


async def test_a_reply_that_comes_in_while_topics_are_switched_off_is_told(
    store: Database, bakery: Bakery
) -> None:
    """Stored first, it is handed over; stored after, it is the members'."""
    async with store.write() as unit:
        await accepted(unit, bakery)
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        await unit.commit()

    async def switch_off() -> None:
        async with store.write() as unit:
            await unit.topics.end(bakery.space, at=NOW)
            await asyncio.sleep(0.1)
            await unit.commit()

    async def write(n: int) -> None:
        async with store.write() as unit:
            await wrote(unit, bakery, f"reply {n}")
            await asyncio.sleep(0.05)
            await unit.commit()

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for work in (write(1), switch_off(), write(2)):
            group.create_task(work)
    async with store.read() as unit:
        told = await waiting(unit, bakery.space)
    # Whichever of the two was first.
    assert {chat: sorted(words) for chat, words in told.items()} == {AYSE: ["reply 1", "reply 2"]}


async def test_only_what_is_left_in_a_group_that_is_none_is_taken_from_it(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        await accepted(unit, bakery)
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        await wrote(unit, bakery, "hello")
        await unit.topics.left_over(bakery.space, GROUP, at=NOW)
        assert await waiting(unit, bakery.space) == {GROUP: ["hello"]}
        await unit._db.execute(inbox_groups.update().values(chat_id=OTHER))
        await unit.topics.left_over(bakery.space, GROUP, at=NOW)
        assert await waiting(unit, bakery.space) == {AYSE: ["hello"]}
