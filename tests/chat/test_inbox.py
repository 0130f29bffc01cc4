"""The inbox and its conversations: who has written, what was said, and what is done about it."""

from pathlib import Path

from domain.contacts.model import Consent
from domain.operators.model import Role
from tests.chat.shop import Shop, enter, number_of, open_shop
from tests.chat.stage import STRANGER, eventually, stage
from tests.chat.team_chat import add


async def everybody_writes(shop: Shop, people: int) -> None:
    """Person n writes "word n"; all of it is read."""
    await shop.start()
    await shop.until_got(people)
    for n in range(people):
        await shop.on.world.reply(number_of(n), f"word {n}")

    async def written() -> bool:
        async with shop.on.store.read() as unit:
            return await unit.conversations.unread(shop.space) == people

    await eventually(written, "all of it is read")


async def test_a_conversation_is_read_answered_muted_and_done(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on, people=10), on.ayse
        await enter(chat)
        await everybody_writes(shop, 10)
        await chat.say("/inbox")
        shown = await chat.wait_for("10 conversations open")
        assert "10 people to read" in shown.words
        assert shown.button_texts[0] == "🔵 1 · Person 9 · word 9" and "1 of 2" in " ".join(
            shown.button_texts
        )
        await chat.tap("Person 8")
        talk = await chat.wait_for(lambda m: "word 8" in m.words and "⬅ Back" in m.button_texts)
        assert "📣" in talk.words and "Spring" in talk.words and "🛑 Opt out" in talk.button_texts
        await chat.tap("✍️ Answer")
        await chat.wait_for("To Person 8")
        await chat.say("Yes, until six")
        await chat.wait_for(lambda m: "Yes, until six" in m.words and "word 8" in m.words)
        await chat.wait_for(lambda m: "✓✓ " in m.words and "to Person 8" in m.words, fresh=False)
        await chat.tap("🔄 Refresh")
        talk = await chat.wait_for(lambda m: "🏪" in m.words and "✓✓" in m.words)
        await chat.tap("🔕 Mute", message=talk)
        await chat.wait_for("Muted: you are not told")
        await chat.tap("✅ Done")
        await chat.wait_for("9 conversations open")
        await chat.tap("Done")
        await chat.wait_for("1 conversation done")
        await on.world.reply(number_of(8), "one more thing")
        await chat.say("/inbox")

        async def open_again() -> bool:
            async with on.store.read() as unit:
                return await unit.conversations.unread(shop.space) == 10

        await eventually(open_again, "it is open again")
        await chat.say("/inbox")
        again = await chat.wait_for("10 conversations open")
        assert again.button_texts[0] == "🔕🔵 1 · Person 8 · one more thing"
        assert not any("one more thing" in m.words for m in chat.newest_first())


async def test_somebody_is_found_by_name_and_number_and_opened_from_their_card(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on, people=10), on.ayse
        await enter(chat)
        await everybody_writes(shop, 10)
        await chat.say("/inbox")
        await chat.tap("🔎 Search")
        await chat.say("nobody")
        await chat.wait_for("Nobody found who has written")
        await chat.say(number_of(7)[-3:])
        found = await chat.wait_for(lambda m: m.words.startswith("🔎") and bool(m.buttons))
        assert "🔵 1 · Person 7 · word 7" in found.button_texts
        await chat.tap("Person 7", message=found)
        talk = await chat.wait_for(lambda m: "word 7" in m.words and "⬅ Back" in m.button_texts)
        await chat.tap("👤 Contact", message=talk)
        await chat.tap("💬 Conversation")
        await chat.wait_for("word 7")
        await chat.tap("⬅ Back")
        await chat.wait_for("Person 7")


async def test_a_viewer_reads_and_leaves_it_unread(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, viewer = await open_shop(on), on.client.chat(STRANGER)
        await add(on, shop.space, STRANGER, Role.VIEWER)
        await enter(viewer)
        await everybody_writes(shop, 3)
        await viewer.say("/inbox")
        await viewer.tap("Person 1")
        talk = await viewer.wait_for(lambda m: "word 1" in m.words and "⬅ Back" in m.button_texts)
        assert talk.button_texts == ["📣 Spring", "👤 Contact", "🔄 Refresh", "⬅ Back"]
        async with on.store.read() as unit:
            assert await unit.conversations.unread(shop.space) == 3
        await viewer.tap("📣 Spring", message=talk)
        await viewer.wait_for(lambda m: m.words.startswith("✅ Spring") and "3 of 3" in m.words)


async def test_who_says_stop_is_told_as_such_and_stands_in_the_conversation(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await shop.start()
        await shop.until_got(3)
        await on.world.reply(number_of(1), "STOP")
        await on.world.reply(number_of(2), "now I do")
        await chat.wait_for("Person 1 (+905300000001) said stop", fresh=False)
        await chat.wait_for("now I do", fresh=False)
        await chat.say("/inbox")
        await chat.tap("Person 2")
        talk = await chat.wait_for("now I do")
        await on.world.reply(number_of(2), "STOP")
        await chat.wait_for("Person 2 (+905300000002) said stop", fresh=False)
        await chat.tap("✍️ Answer", message=talk)
        await chat.wait_for_toast("they said stop")
        await chat.say("/inbox")
        await chat.tap("Person 1")
        talk = await chat.wait_for("STOP")
        assert "✍️ Answer" not in talk.button_texts
        async with on.store.read() as unit:
            contact = await unit.contacts.by_number(shop.space, number_of(1))
        assert contact is not None and contact.consent is Consent.REVOKED


async def test_a_tap_far_above_says_that_the_answer_stands_below(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on, people=1), on.ayse
        await enter(chat)
        await everybody_writes(shop, 1)
        told = await chat.wait_for(
            lambda m: "word 0" in m.words and "🛑 Opt out" in m.button_texts, fresh=False
        )
        await chat.say("/contacts")
        await chat.wait_for(lambda m: any("Search" in text for text in m.button_texts))
        await chat.tap("🛑 Opt out", message=told)
        assert await chat.wait_for_toast("below") == "⬇ See below."
        await chat.wait_for(lambda m: m.message_id > told.message_id and "Opt" in m.words)
