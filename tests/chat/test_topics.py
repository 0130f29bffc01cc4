"""Conversations in a Telegram group: a topic each, answered by writing in it."""

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.forum import in_topic
from bot.sandbox.models import User
from domain.operators.model import Role
from tests.chat.sandbox.pictures import png
from tests.chat.shop import enter, number_of
from tests.chat.stage import AYSE, DENIZ, STRANGER, eventually
from tests.chat.team_chat import add
from tests.chat.topic_desk import COMMAND, SWITCH, beside, choose, topic_desk


async def test_whoever_writes_gets_a_topic_and_what_is_written_in_it_reaches_them(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(1, "hello", "are you open?")
        ada = await desk.topic("Person 1")
        first = await desk.told(ada, "are you open?")
        assert "hello" in first.words
        assert "🛑 Opt out" in first.button_texts
        await desk.writes(2, "price?")
        other = await desk.topic("Person 2")
        await desk.told(other, "price?")

        await desk.group.say("Yes, until six", thread=ada)
        await desk.until_got(1, "Yes, until six")
        await desk.told(ada, "✓")
        await desk.group.say("Ten", reply_to=await desk.told(other, "price?"))
        await desk.until_got(2, "Ten")
        await desk.group.upload(png(), "cake.png", kind="photo", caption="Look", thread=ada)
        await desk.until_got(1, "Look")

        await desk.writes(1, "thanks")
        await desk.told(ada, "thanks")
        assert set(desk.group.topics.values()) == {ada, other}
        await desk.on.ayse.refresh()
        assert "price?" not in desk.on.ayse.screen()


async def test_a_command_in_a_topic_is_no_answer(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "hello")
        await desk.group.say("/inbox@MassSenderBot", thread=ada)
        inbox = await desk.group.wait_for("1 conversation open")
        assert inbox.view["thread"] == ada
        await desk.group.say("an answer", thread=ada)
        await desk.until_got(1, "an answer")
        assert [text for number, text in desk.shop.got() if number == number_of(1)] == ["an answer"]


async def test_others_in_the_group_are_told_once_that_their_words_are_not_sent(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await add(desk.on, desk.shop.space, DENIZ, Role.VIEWER)
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "hello")
        stranger, viewer = desk.seen_by(STRANGER), desk.seen_by(DENIZ)
        for text in ("I know", "and this"):
            await stranger.say(text, thread=ada)
            await viewer.say(text, thread=ada)
        await desk.told(ada, "you are not in the workspace")
        await desk.told(ada, "as a viewer you can only read")
        await desk.group.say("an answer", thread=ada)
        await desk.until_got(1, "an answer")
        await desk.told(ada, "✓")
        said = [m.words for m in desk.in_topic(ada) if "is not sent to" in m.words]
        assert len(said) == 2
        assert len(desk.shop.got()) == 1


async def test_who_writes_in_the_groups_name_is_told_that_nobody_can_tell_who_it_is(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "hello")
        sandbox = desk.on.sandbox.sandbox
        chat = sandbox.chats[desk.group.id]
        nobody = User(id=1087968824, first_name="Group", username="GroupAnonymousBot", is_bot=True)
        extras = {**in_topic(ada), "sender_chat": chat.as_json()}
        sandbox.push_message(sandbox.post(chat, nobody, {"text": "an answer"}, extras=extras))
        await desk.told(ada, "switch off Remain anonymous")
        assert desk.shop.got() == []
        # A command neither, wherever it is.
        entity = {"type": "bot_command", "offset": 0, "length": len(COMMAND)}
        command, extras = {"text": COMMAND, "entities": [entity]}, {"sender_chat": chat.as_json()}
        panel = await desk.panel()
        sandbox.push_message(sandbox.post(chat, nobody, command, extras=extras))
        said = await desk.group.wait_for("Nothing was done: you write as an anonymous", fresh=False)
        assert said.view["thread"] is None and "This desk is private" not in desk.screen()
        assert await desk.panel() == panel


async def test_what_people_say_to_each_other_in_general_is_nobodys_business(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        before, panel = len(desk.group.messages), await desk.panel()
        await desk.group.say("lunch?")
        await desk.seen_by(STRANGER).say("yes")
        await desk.seen_by(STRANGER).upload(b"a,b", "people.csv")
        await desk.writes(1, "hello")
        await desk.told(await desk.topic("Person 1"), "hello")
        assert len(desk.in_topic(None)) == before + 3
        assert desk.shop.got() == []
        assert await desk.panel() == panel and panel.screen == "topics"


async def test_what_cannot_be_sent_is_said_in_the_topic(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(1, "STOP")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "said stop")
        await desk.group.say("please come back", thread=ada)
        said = await desk.told(ada, "did not get this")
        sentence = "⚠️ Person 1 did not get this: they said stop. Only they can undo that, by writing START."
        assert said.words == sentence
        assert "please come back" not in [text for _, text in desk.shop.got()]


async def test_a_topic_that_was_deleted_is_made_anew(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "hello")
        await desk.group.topic("delete", ada)
        await desk.writes(1, "still there?")

        async def again() -> bool:
            await desk.group.refresh()
            return desk.group.topics.get("Person 1", ada) != ada

        await eventually(again, "another topic")
        await desk.told(desk.group.topics["Person 1"], "still there?")
        await desk.group.say("yes", thread=desk.group.topics["Person 1"])
        await desk.until_got(1, "yes")


@pytest.mark.parametrize("may_delete", [True, False])
async def test_the_topic_of_somebody_who_is_forgotten_goes_too(tmp_path: Path, may_delete: bool) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(2, "hello")
        other = await desk.topic("Person 2")
        await desk.told(other, "hello")
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "hello")
        there = desk.on.sandbox.sandbox.chats[desk.group.id]
        there.bot.can_delete_messages = may_delete
        await desk.group.say("/inbox@MassSenderBot")
        for button in ("Person 1", "Contact", "Forget this person", "Forget for good"):
            await desk.group.tap(button)

        async def gone() -> bool:
            topic = there.topics.get(ada)
            return topic is None if may_delete else topic is not None and topic.closed

        await eventually(gone, "the topic is gone")
        assert not there.topics[other].closed


async def test_done_closes_the_topic_and_the_next_message_opens_it_again(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "hello")
        await desk.group.say("/inbox@MassSenderBot")
        await desk.group.tap("Person 1")
        await desk.group.wait_for(lambda m: "✅ Done" in m.button_texts)
        await desk.group.tap("✅ Done")
        await desk.group.until(
            lambda: next((m for m in desk.in_topic(ada) if "closed the topic" in m.words), None),
            timeout=20, what=desk.screen,
        )  # fmt: skip
        await desk.writes(1, "one more thing")
        await desk.told(ada, "one more thing")
        assert any("opened the topic again" in m.words for m in desk.in_topic(ada))


async def test_a_kill_between_making_a_topic_and_keeping_it_leaves_an_empty_one_and_loses_nothing(
    tmp_path: Path,
) -> None:
    async with beside(tmp_path) as desk:
        on = desk.on
        async with on.running():
            await choose(desk)
            await on.client.fault("silence", "createForumTopic")
            await desk.writes(1, "hello")
            await desk.topic("Person 1")
        on.clock.advance(minutes=10)
        async with on.running():

            async def told() -> bool:
                await desk.group.refresh()
                return any("hello" in m.words and m.from_bot for m in desk.group.newest_first())

            await eventually(told, "the reply is told")
        await desk.group.refresh()
        opened = [m for m in desk.group.newest_first() if "opened the topic “Person 1”" in m.words]
        hellos = [m for m in desk.group.newest_first() if m.from_bot and "hello" in m.words]
        assert (len(opened), len(hellos)) == (2, 1)
        assert hellos[0].view["thread"] == desk.group.topics["Person 1"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"bot": "kicked"}, "not in the group any more"),
        ({"bot": "administrator", "can_manage_topics": False}, "may not manage topics"),
        ({"is_forum": False}, "topics were switched off"),
    ],
)
async def test_a_lost_group_gives_way_to_private_chats_and_nothing_is_lost(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    async with topic_desk(tmp_path, members=(AYSE, DENIZ)) as desk:
        await desk.writes(1, "hello")
        await desk.told(await desk.topic("Person 1"), "hello")
        await desk.group.change_group(**change)
        await desk.writes(2, "anybody there?")
        for telegram_id in (AYSE, DENIZ):
            chat = desk.on.client.chat(telegram_id)
            await chat.wait_for(why, fresh=False)
            await chat.wait_for("anybody there?", fresh=False)
            assert "hello" not in chat.screen()
        assert await desk.is_off()
        await desk.writes(1, "me again")
        await desk.on.ayse.wait_for("me again", fresh=False)


async def test_switched_off_everybody_is_told_in_private_chats_again(tmp_path: Path) -> None:
    async with topic_desk(tmp_path, members=(AYSE, DENIZ)) as desk:
        deniz = desk.on.client.chat(DENIZ)
        await deniz.wait_for("conversations told in the group", fresh=False)
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "hello")
        await desk.on.ayse.say("/topics")
        await desk.on.ayse.tap("Tell in private chats again")
        await desk.on.ayse.wait_for("You and your team are told in your private chats again")
        await deniz.wait_for("told in private chats again", fresh=False)
        await desk.writes(1, "and now?")
        await desk.on.ayse.wait_for("and now?", fresh=False)
        await deniz.wait_for("and now?", fresh=False)
        assert "hello" not in deniz.screen()
        await desk.group.say("late", thread=ada)
        await desk.told(ada, "conversations are told in private chats now")
        assert "late" not in [text for _, text in desk.shop.got()]


@pytest.mark.parametrize(
    ("group", "says"),
    [
        ({"is_forum": False}, "switch on Topics"),
        ({"bot": "member"}, "switch on Manage topics"),
        ({"can_manage_topics": False}, "switch on Manage topics"),
    ],
)
async def test_a_group_that_cannot_is_refused_with_what_to_do(
    tmp_path: Path, group: dict[str, Any], says: str
) -> None:
    async with beside(tmp_path, **group) as desk, desk.on.running():
        await desk.group.say(COMMAND)
        await desk.group.tap(SWITCH)
        await desk.group.until(
            lambda: says in " ".join([*(t["text"] for t in desk.group.toasts), desk.screen()]) or None,
            timeout=20, what=desk.screen,
        )  # fmt: skip
        assert await desk.is_off()


async def test_in_a_private_chat_it_is_explained_tap_by_tap(tmp_path: Path) -> None:
    async with beside(tmp_path) as desk, desk.on.running():
        await enter(desk.on.ayse)
        await desk.on.ayse.say("/settings")
        await desk.on.ayse.tap("Conversations in a group")
        shown = await desk.on.ayse.wait_for("Set it up in Telegram")
        assert "/topics@MassSenderBot" in shown.words and "Remain anonymous" in shown.words
        assert not any(SWITCH in text for text in shown.button_texts)


async def test_a_picture_asked_for_in_a_topic_comes_in_that_topic(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "hello")
        await desk.group.say("/hours@MassSenderBot", thread=ada)
        await desk.told(ada, "Always open")
        await desk.group.tap("Mon–Fri 9–18")
        await desk.told(ada, "Save these hours")
        await desk.group.tap("✅ Save")
        await desk.told(ada, "✅ Saved")
        await desk.group.tap("As a picture")
        picture = await desk.group.wait_for(lambda m: m.photo is not None)
        assert picture.view["thread"] == ada


async def test_a_viewer_is_told_who_can_set_it_up(tmp_path: Path) -> None:
    async with beside(tmp_path) as desk, desk.on.running():
        await add(desk.on, desk.shop.space, DENIZ, Role.VIEWER)
        viewer = desk.on.client.chat(DENIZ)
        await enter(viewer)
        await viewer.say("/topics")
        shown = await viewer.wait_for("Managers and owners answer")
        assert "tap" not in shown.words.lower() and shown.button_texts == ["⬅ Back"]


async def test_two_workspaces_do_not_share_a_group(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        on = desk.on
        async with on.store.write() as unit:
            florist = await unit.operators.create_workspace(
                name="Florist", country="TR", zone="Europe/Istanbul", language="en", at=on.clock.now()
            )
            await unit.commit()
        await add(on, florist, DENIZ, Role.OWNER)
        theirs = desk.seen_by(DENIZ)
        await theirs.say(COMMAND)
        await theirs.tap(SWITCH)
        await theirs.wait_for_toast("Another workspace has its conversations in this group")
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.told(ada, "hello")
        await theirs.say("from the florist", thread=ada)
        await desk.told(ada, "you are not in the workspace")
        assert desk.shop.got() == []


async def test_a_muted_conversation_is_not_told(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(1, "hello")
        ada = await desk.topic("Person 1")
        await desk.group.tap("Mute", message=await desk.told(ada, "hello"))
        await desk.group.wait_for_toast()
        await desk.writes(1, "psst")
        await desk.writes(2, "hi")
        await desk.told(await desk.topic("Person 2"), "hi")
        assert "psst" not in desk.screen()
