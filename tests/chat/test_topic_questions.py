"""In a group a question waits for whoever opened it, where they did; what others say there is not for us."""

from dataclasses import replace
from pathlib import Path

from bot.chat import asked
from domain.operators.chat import Prompt
from domain.operators.model import Role
from tests.chat.shop import number_of
from tests.chat.stage import AYSE, DENIZ, STRANGER, eventually
from tests.chat.team_chat import a_florist, add
from tests.chat.topic_desk import COMMAND, TopicDesk, topic_desk


async def tags(desk: TopicDesk) -> tuple[str, ...]:
    async with desk.on.store.read() as unit:
        contact = await unit.contacts.by_number(desk.shop.space, number_of(1))
    assert contact is not None
    return contact.tags


async def asked_for_a_tag(desk: TopicDesk) -> int:
    """By Ayşe, in the topic of Person 1."""
    await desk.writes(1, "hello")
    ada = await desk.topic("Person 1")
    await desk.group.tap("Contact", message=await desk.told(ada, "hello"))
    await desk.group.tap("🏷 Tag")
    await desk.told(ada, "Type a tag")
    return ada


async def test_what_answers_a_question_in_a_topic_is_not_sent_to_the_customer(tmp_path: Path) -> None:
    async with topic_desk(tmp_path, members=(AYSE, DENIZ)) as desk:
        ada = await asked_for_a_tag(desk)
        deniz = desk.seen_by(DENIZ)
        # A colleague's words in the topic are an answer, and what they open and close is theirs.
        await deniz.say("from Deniz", thread=ada)
        await desk.until_got(1, "from Deniz")
        await deniz.say("/inbox@MassSenderBot")
        await deniz.tap("Person 1")
        await deniz.tap("Answer")
        await deniz.tap("Back")
        await desk.group.say("difficult", thread=ada)

        async def tagged() -> bool:
            return await tags(desk) == ("difficult",)

        await eventually(tagged, "the tag is set")
        # It is answered: what is written next goes to the customer again, as does a reply meanwhile.
        await desk.group.say("Until six", thread=ada)
        await desk.until_got(1, "Until six")
        assert sorted(text for _, text in desk.shop.got()) == ["Until six", "from Deniz"]


async def test_under_a_message_of_somebodys_one_answers_them_all_the_same(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        ada = await asked_for_a_tag(desk)
        await desk.group.say("Until six", reply_to=await desk.told(ada, "hello"))
        await desk.until_got(1, "Until six")
        assert await tags(desk) == ()


async def test_colleagues_who_chat_answer_no_question_that_somebody_else_opened(tmp_path: Path) -> None:
    async with topic_desk(tmp_path, members=(AYSE, DENIZ)) as desk:
        await desk.writes(1, "hello")
        await desk.told(await desk.topic("Person 1"), "hello")
        await desk.group.say("/inbox@MassSenderBot")
        await desk.group.tap("Person 1")
        await desk.group.tap("Answer")
        await desk.group.wait_for("Type your answer")
        panel = await desk.panel()
        for who in (DENIZ, STRANGER):
            await desk.seen_by(who).say("she is difficult")
        await desk.seen_by(STRANGER).say("/start")
        await desk.seen_by(STRANGER).say(COMMAND)
        await desk.group.say("/start@otherbot")
        await desk.seen_by(STRANGER).tap("Back")
        await desk.seen_by(STRANGER).wait_for_toast("You are in no workspace here")
        assert await desk.panel() == panel
        await desk.group.say("Until six")
        await desk.until_got(1, "Until six")
        assert [text for _, text in desk.shop.got()] == ["Until six"]
        assert "This desk is private" not in desk.screen()


async def test_somebody_who_works_elsewhere_leaves_the_panel_as_it_is(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await add(desk.on, await a_florist(desk.on, STRANGER), DENIZ, Role.MANAGER)
        panel = await desk.panel()
        await desk.seen_by(DENIZ).say("lunch?")
        await desk.writes(1, "hello")
        await desk.told(await desk.topic("Person 1"), "hello")
        assert await desk.panel() == panel


async def test_only_the_words_of_whoever_was_asked_for_a_secret_are_taken_away(tmp_path: Path) -> None:
    async with topic_desk(tmp_path, members=(AYSE, DENIZ)) as desk:
        prompt = Prompt(chat_id=desk.group.id, kind="cloud.token", args={"id": 0})
        async with desk.on.store.write() as unit:
            await asked.ask(unit, prompt, AYSE)
            await asked.ask(unit, replace(prompt, kind="contact.tag"), DENIZ)
            await unit.commit()
        theirs = await desk.seen_by(STRANGER).say("good morning")
        hers = await desk.group.say("EAA or something")

        async def gone() -> bool:
            await desk.group.refresh()
            return hers not in desk.group.messages

        await eventually(gone, "her words are out of the group")
        assert theirs in desk.group.messages
