"""What stands in a chat about somebody who was forgotten says so, whatever is done with it."""

from pathlib import Path

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.scheduler.forgetting import forget_person
from tests.chat.shop import Shop, enter, number_of, open_shop
from tests.chat.stage import AYSE, DENIZ, stage
from tests.chat.topic_desk import topic_desk

GONE = "This person was forgotten on"


async def forgotten(shop: Shop, n: int = 1) -> None:
    async with shop.on.store.write() as unit:
        contact = await unit.contacts.by_number(shop.space, number_of(n))
        assert contact is not None
        at = shop.on.clock.now()
        await forget_person(unit, shop.space, contact.id, by=shop.member, called="somebody", at=at)
        await unit.commit()


async def told(chat: SandboxChat, words: str) -> ShownMessage:
    return await chat.wait_for(lambda m: words in m.words and m.words.startswith("💬"), fresh=False)


async def test_every_button_and_every_answer_says_that_they_were_forgotten(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await on.world.reply(number_of(1), "hello", account=shop.remote)
        notice = await told(chat, "hello")
        await chat.say("Hi", reply_to=notice)
        tick = await chat.wait_for("✓✓", fresh=False)
        await forgotten(shop)
        for button in ("👤 Contact", "🛑 Opt out", "🔕 Mute"):
            await chat.tap(button, message=notice)
            await chat.wait_for_toast(GONE)
        for under in (notice, tick):
            mine = await chat.say("One more thing", reply_to=under)
            await chat.wait_for(
                lambda m: m.view["reply_to"] == mine and f"Not sent: {GONE}" in m.words,  # noqa: B023
                fresh=False,
            )
        # They write anew, and whoever looks is told who they were.
        on.clock.advance(minutes=1)
        await on.world.reply(number_of(1), "hello again", account=shop.remote)
        again = await told(chat, "hello again")
        assert again.button_texts == ["🔕 Mute"]
        await chat.say("/inbox")
        await chat.tap(number_of(1))
        talk = await chat.wait_for(f"{GONE} ")
        assert "hello again" in talk.words and "writing START" in talk.words
        await chat.say("Hi", reply_to=again)
        await chat.wait_for("they asked to be forgotten", fresh=False)


async def test_whoever_looks_at_the_card_meanwhile_is_told_why_it_is_gone(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on, members=(AYSE, DENIZ)), on.ayse
        other = on.client.chat(DENIZ)
        for one in (chat, other):
            await enter(one)
        await on.world.reply(number_of(1), "hello", account=shop.remote)
        for one in (chat, other):
            await one.tap("👤 Contact", message=await told(one, "hello"))
            await one.wait_for("Person 1")
        await other.tap("🗑 Forget this person")
        await other.tap("🗑 Forget for good")
        await other.wait_for_toast("Forgotten.")
        await chat.wait_for(GONE, fresh=False)


async def test_in_a_group_whoever_answers_under_an_old_message_is_told_too(tmp_path: Path) -> None:
    async with topic_desk(tmp_path) as desk:
        await desk.writes(1, "hello")
        thread = await desk.topic("Person 1")
        notice = await desk.told(thread, "hello")
        await forgotten(desk.shop)
        await desk.group.tap("👤 Contact", message=notice)
        await desk.group.wait_for_toast(GONE)
