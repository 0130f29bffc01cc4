"""Groups with topics: what a bot may do there, what it is shown, and how it is told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import Bot, ChatMemberAdministrator, Update

from bot.sandbox.client import SandboxChat, SandboxClient
from bot.sandbox.state import SandboxConfig
from tests.chat.sandbox.conftest import AYSE, DENIZ, SetClock
from tests.chat.sandbox.raw import RawBot, Refused
from tests.fakes.sandbox import RunningSandbox, running_sandbox


async def forum_of(client: SandboxClient, **about: Any) -> SandboxChat:
    wish: dict[str, Any] = {"is_forum": True, "bot": "administrator", **about}
    group = await client.add_group("Desk", [AYSE, DENIZ], **wish)
    return client.chat(group["id"], speaker=DENIZ)


@pytest.fixture
async def forum(client: SandboxClient) -> SandboxChat:
    """A group with topics in which the bot may do everything; Deniz speaks, Ayşe owns it."""
    return await forum_of(client)


@pytest.fixture
async def ptb(running: RunningSandbox) -> AsyncIterator[Bot]:
    async with Bot(running.token, base_url=running.bot_url, base_file_url=running.file_url) as bot:
        yield bot


async def opened(bot: RawBot, forum: SandboxChat, name: str = "Ada") -> int:
    topic = await bot.call("createForumTopic", chat_id=forum.id, name=name)
    return int(topic["message_thread_id"])


async def test_a_topic_is_named_by_the_message_that_opened_it(bot: RawBot, forum: SandboxChat) -> None:
    thread = await opened(bot, forum)
    (update,) = await bot.updates()
    assert update["message"]["message_id"] == update["message"]["message_thread_id"] == thread
    assert update["message"]["forum_topic_created"] == {"name": "Ada", "icon_color": 7322096}
    assert "reply_to_message" not in update["message"]
    await forum.refresh()
    assert forum.topics == {"Ada": thread}


async def test_what_is_written_in_a_topic_looks_like_a_reply_to_what_opened_it(
    bot: RawBot, forum: SandboxChat
) -> None:
    thread = await opened(bot, forum)
    await forum.say("plain", thread=thread)
    message = (await bot.updates())[-1]["message"]
    assert (message["message_thread_id"], message["is_topic_message"]) == (thread, True)
    assert message["reply_to_message"]["message_id"] == thread
    assert "forum_topic_created" in message["reply_to_message"]

    first = await bot.call("sendMessage", chat_id=forum.id, message_thread_id=thread, text="first")
    shown = await forum.wait_for("first")
    await forum.say("an answer", reply_to=shown)
    message = (await bot.updates())[-1]["message"]
    assert message["reply_to_message"]["message_id"] == first["message_id"]
    assert message["message_thread_id"] == thread

    await forum.say("in General")
    message = (await bot.updates())[-1]["message"]
    assert not {"message_thread_id", "is_topic_message", "reply_to_message"} & message.keys()


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("sendMessage", {"text": "x"}),
        ("sendChatAction", {"action": "typing"}),
        ("sendDocument", {"document": "attach://none"}),
        ("sendMediaGroup", {"media": [{"type": "photo", "media": "x"}] * 2}),
    ],
)
async def test_a_deleted_topic_takes_nothing_and_nobody_said_so(
    bot: RawBot, forum: SandboxChat, method: str, args: dict[str, Any]
) -> None:
    thread = await opened(bot, forum)
    await bot.call("sendMessage", chat_id=forum.id, message_thread_id=thread, text="lost")
    heard = len(await bot.updates())
    await forum.topic("delete", thread)
    assert len(await bot.updates()) == heard
    with pytest.raises(Refused, match="400 Bad Request: message thread not found"):
        await bot.call(method, chat_id=forum.id, message_thread_id=thread, **args)
    with pytest.raises(Refused, match="TOPIC_ID_INVALID"):
        await bot.call("closeForumTopic", chat_id=forum.id, message_thread_id=thread)
    await forum.refresh()
    assert forum.topics == {}
    assert "lost" not in forum.screen()


async def test_a_closed_topic_is_closed_to_whoever_may_not_open_it(
    bot: RawBot, forum: SandboxChat, client: SandboxClient
) -> None:
    thread = await forum.topic("create", name="Talk")
    place: dict[str, Any] = {"chat_id": forum.id, "message_thread_id": thread}
    await bot.call("closeForumTopic", **place)
    assert "forum_topic_closed" in (await bot.updates())[-1]["message"]
    with pytest.raises(AssertionError, match="this topic is closed"):
        await forum.say("hello", thread=thread)
    await client.chat(forum.id, speaker=AYSE).say("the owner may", thread=thread)
    await bot.call("sendMessage", text="and so may the bot", **place)
    with pytest.raises(Refused, match="TOPIC_NOT_MODIFIED"):
        await bot.call("closeForumTopic", **place)
    await forum.change_group(bot="administrator", can_manage_topics=False)
    with pytest.raises(Refused, match="TOPIC_CLOSED"):
        await bot.call("sendMessage", text="not any more", **place)
    with pytest.raises(Refused, match="not enough rights to edit the topic"):
        await bot.call("reopenForumTopic", **place)
    await forum.topic("reopen", thread)
    assert "forum_topic_reopened" in (await bot.updates())[-1]["message"]


@pytest.mark.parametrize(
    ("group", "args", "reason"),
    [
        ({"is_forum": False}, {"name": "Ada"}, "the chat is not a forum"),
        ({"bot": "member"}, {"name": "Ada"}, "not enough rights to create a topic"),
        ({"can_manage_topics": False}, {"name": "Ada"}, "not enough rights to create a topic"),
        ({}, {"name": " "}, "title must be non-empty"),
        ({}, {"name": "a" * 129}, "TOPIC_TITLE_TOO_LONG"),
        ({}, {"name": "Ada", "icon_color": 5}, "invalid forum topic icon color specified"),
    ],
)
async def test_a_topic_that_cannot_be_opened(
    bot: RawBot, client: SandboxClient, group: dict[str, Any], args: dict[str, Any], reason: str
) -> None:
    forum = await forum_of(client, **group)
    with pytest.raises(Refused, match=f"400 Bad Request: {reason}"):
        await bot.call("createForumTopic", chat_id=forum.id, **args)


async def test_where_topics_are_off_a_message_for_one_is_refused(bot: RawBot, forum: SandboxChat) -> None:
    thread = await opened(bot, forum)
    await forum.change_group(is_forum=False)
    assert "is_forum" not in await bot.call("getChat", chat_id=forum.id)
    with pytest.raises(Refused, match="message thread not found"):
        await bot.call("sendMessage", chat_id=forum.id, message_thread_id=thread, text="x")


async def test_the_bot_learns_what_it_is_in_a_group(ptb: Bot, bot: RawBot, forum: SandboxChat) -> None:
    mine = await ptb.get_chat_member(forum.id, ptb.id)
    assert isinstance(mine, ChatMemberAdministrator)
    assert mine.can_manage_topics
    await forum.change_group(bot="kicked")
    changed = Update.de_json((await bot.updates())[-1], ptb).my_chat_member
    assert changed is not None
    assert (changed.old_chat_member.status, changed.new_chat_member.status) == ("administrator", "kicked")
    with pytest.raises(Refused, match="403 Forbidden: bot was kicked from the supergroup chat"):
        await bot.call("sendMessage", chat_id=forum.id, text="x")
    await forum.say("nobody listens")
    assert "message" not in (await bot.updates())[-1]


async def test_a_plain_member_is_shown_only_what_is_meant_for_it(bot: RawBot, client: SandboxClient) -> None:
    forum = await forum_of(client, bot="member")
    said = await bot.call("sendMessage", chat_id=forum.id, text="Hello")
    hello = await forum.wait_for("Hello")
    for text in ("among us", "/start", "/start@otherbot", "ask @MassSenderBot", "/help@MassSenderBot"):
        await forum.say(text)
    await forum.say("to you", reply_to=hello)
    heard = [update["message"]["text"] for update in await bot.updates()]
    assert heard == ["/start", "ask @MassSenderBot", "/help@MassSenderBot", "to you"]
    assert said["message_id"] == hello.message_id


async def test_a_group_takes_twenty_messages_a_minute_and_then_asks_to_wait() -> None:
    clock = SetClock()
    config = SandboxConfig(clock=clock, group_per_minute=20)
    async with (
        running_sandbox(config) as running,
        SandboxClient(running.url) as client,
        RawBot.over_http(running) as bot,
    ):
        forum = await forum_of(client)
        thread = await opened(bot, forum)
        place: dict[str, Any] = {"chat_id": forum.id, "message_thread_id": thread}
        for n in range(19):
            clock.now += 1
            await bot.call("sendMessage", text=str(n), **place)
        with pytest.raises(Refused) as refused:
            await bot.call("sendMessage", text="one more", **place)
        assert refused.value.body["parameters"] == {"retry_after": 41}
        clock.now += 41
        await bot.call("sendMessage", text="one more", **place)


async def test_topics_and_their_messages_in_python_telegram_bot(
    ptb: Bot, bot: RawBot, forum: SandboxChat
) -> None:
    topic = await ptb.create_forum_topic(forum.id, "Ada")
    sent = await ptb.send_message(forum.id, "Hello", message_thread_id=topic.message_thread_id)
    assert sent.is_topic_message
    await forum.say("hi", thread=topic.message_thread_id)
    message = Update.de_json((await bot.updates())[-1], ptb).message
    assert message is not None
    assert message.reply_to_message is not None
    assert message.reply_to_message.forum_topic_created is not None
    assert await ptb.close_forum_topic(forum.id, topic.message_thread_id)
    assert await ptb.reopen_forum_topic(forum.id, topic.message_thread_id)
    assert await ptb.edit_forum_topic(forum.id, topic.message_thread_id, name="Ada L.")
    assert await ptb.delete_forum_topic(forum.id, topic.message_thread_id)
