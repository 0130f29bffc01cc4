"""What a group is told in its topics: every reply once, within what Telegram lets into a group."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete
from telegram import ForumTopic
from telegram.error import BadRequest

from bot.chat.topic_teller import LONGEST_NAME, topic_name
from domain.conversations.model import Conversation, ConversationState
from domain.kernel.ids import AccountId, ConversationId, WorkspaceId
from storage.tables import inbox_groups
from tests.fakes.stores import NOW
from tests.unit.bot.told_chats import AYSE, CountingTelegram, Sent, Told, told_chats

GROUP = -1001


@dataclass(kw_only=True)
class CountingForum(CountingTelegram):
    """A group with topics, whose calls are all counted."""

    topics: dict[int, str] = field(default_factory=dict)
    calls: list[datetime] = field(default_factory=list)
    #: Whether topics can be opened.
    is_forum: bool = True
    username: str = "bot"

    async def create_forum_topic(self, chat_id: int, name: str) -> ForumTopic:
        self.calls.append(self.clock.now())
        if not self.is_forum:
            raise BadRequest("The chat is not a forum")
        thread = 1000 + len(self.topics)
        self.topics[thread] = name
        return ForumTopic(message_thread_id=thread, name=name, icon_color=0)

    async def send_message(self, chat_id: int, text: str, **about: Any) -> Any:
        if chat_id == GROUP:
            self.calls.append(self.clock.now())
        return await super().send_message(chat_id, text, **about)

    @property
    def in_group(self) -> Sequence[Sent]:
        return [one for one in self.sent if one.chat_id == GROUP]


@asynccontextmanager
async def told_group(folder: Path, *, people: int = 10) -> AsyncIterator[tuple[Told, CountingForum]]:
    async with told_chats(folder, people=people) as told:
        telegram = told.telegram = CountingForum(clock=told.clock)
        async with told.store.write() as unit:
            await unit.topics.begin(told.space, GROUP, at=NOW)
            await unit.commit()
        yield told, telegram


async def test_a_burst_of_one_person_is_one_message_in_their_topic(tmp_path: Path) -> None:
    async with told_group(tmp_path) as (told, telegram):
        await told.write((1, "one"), (2, "hello"), (1, "two"), (1, "three"))
        await told.tell()
        assert [telegram.topics[one.thread_id or 0] for one in telegram.in_group] == ["Person 1", "Person 2"]
        assert re.search("one.*two.*three", telegram.in_group[0].text, re.DOTALL)
        assert telegram.texts(AYSE) == []


async def test_everybody_gets_a_topic_in_turn_and_no_minute_has_more_than_twenty_calls(
    tmp_path: Path,
) -> None:
    async with told_group(tmp_path, people=12) as (told, telegram):
        teller = told.teller()
        for word in ("first", "second"):
            await told.write(*[(n, word) for n in range(12)])
            await told.tell_all(teller)
        assert sorted(telegram.topics.values()) == sorted(f"Person {n}" for n in range(12))
        words = Counter(one.text.split("\n")[-1] for one in telegram.in_group)
        assert words == {"first": 12, "second": 12}
        _at_most_twenty_a_minute(telegram.calls)


async def test_a_flood_is_told_in_topics_and_the_rest_of_it_in_general_and_loses_nothing(
    tmp_path: Path,
) -> None:
    async with told_group(tmp_path, people=200) as (told, telegram):
        teller = told.teller()
        for batch in range(5):
            await told.write(*[(n, f"word {batch}") for n in range(200)])
            for _ in range(5):
                await told.tell(teller)
                told.clock.advance(seconds=1)
        await told.tell_all(teller)
        assert sum(_replies_in(one) for one in telegram.in_group) == 1000
        general = [one for one in telegram.in_group if one.thread_id is None]
        assert general
        assert all(one.buttons == ["💬 Inbox"] for one in general)
        assert len(telegram.in_group) < 40
        _at_most_twenty_a_minute(telegram.calls)


def _replies_in(one: Sent) -> int:
    gathered = re.search(r"\(([\d,]+) messages?\)", one.text)
    return int(gathered[1].replace(",", "")) if gathered else one.text.count("word")


def _at_most_twenty_a_minute(calls: Sequence[datetime]) -> None:
    for at in calls:
        assert sum(1 for one in calls if at <= one < at + timedelta(seconds=60)) <= 20


async def test_where_topics_are_off_members_are_told_at_once_what_the_group_was_not(tmp_path: Path) -> None:
    async with told_group(tmp_path) as (told, telegram):
        teller = told.teller()
        await told.write((1, "in time"))
        await told.tell_all(teller)
        telegram.is_forum = False
        await told.write((2, "too late"))
        await told.tell_all(teller)
        assert [text.split("\n")[-1] for text in telegram.texts(AYSE)] == ["too late"]
        async with told.store.read() as unit:
            assert await unit.topics.group(told.space) is None


async def test_what_is_left_for_a_group_that_is_none_members_are_told(tmp_path: Path) -> None:
    """As it was stored while topics were being switched off."""
    async with told_group(tmp_path) as (told, telegram):
        await told.write((1, "between two stools"))
        async with told.store.write() as unit:
            await unit.topics._db.execute(delete(inbox_groups))
            await unit.commit()
        async with asyncio.timeout(20):
            await told.tell_all(told.teller())
        assert telegram.in_group == []
        assert [text.split("\n")[-1] for text in telegram.texts(AYSE)] == ["between two stools"]


def test_a_topic_is_named_in_one_line_that_telegram_takes() -> None:
    assert topic_name(_talk("  Ada \n Lovelace ")) == "Ada Lovelace"
    assert topic_name(_talk("")) == "+905300000001"
    long = topic_name(_talk("😀" * 100))
    assert len(long.encode("utf-16-le")) // 2 <= LONGEST_NAME
    assert long == "😀" * 64
    assert topic_name(_talk("a" + "😀" * 100)) == "a" + "😀" * 63
    assert topic_name(_talk("Ada"), "+447700900002") == "Ada → +447700900002"
    cut = topic_name(_talk("😀" * 100), "+447700900002")
    assert cut.endswith(" → +447700900002") and len(cut.encode("utf-16-le")) <= 2 * LONGEST_NAME


def _talk(name: str) -> Conversation:
    return Conversation(
        id=ConversationId(1), workspace_id=WorkspaceId(1), account_id=AccountId(1), number="+905300000001",
        name=name, contact_id=None, campaign_id=None, state=ConversationState.OPEN, is_muted=False,
        is_handed=False, unread=1, last_at=NOW, last_text="",
    )  # fmt: skip
