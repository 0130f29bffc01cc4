"""Somebody who wrote and is no contact is added or opted out from there; and what old words still offer."""

from pathlib import Path

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.accounts.model import AccountState, Channel
from domain.contacts.model import Consent, Contact
from tests.chat.shop import Shop, enter, number_of, open_shop
from tests.chat.stage import stage

#: None of the shop's people.
ZOE = "+905399999999"


async def told(chat: SandboxChat, words: str) -> ShownMessage:
    return await chat.wait_for(lambda m: words in m.words and m.words.startswith("💬"), fresh=False)


async def contact(shop: Shop, number: str = ZOE) -> Contact | None:
    async with shop.on.store.read() as unit:
        return await unit.contacts.by_number(shop.space, number)


async def test_a_stranger_is_added_and_asked_about_and_then_known_in_the_inbox(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await on.world.reply(ZOE, "do you deliver?", account=shop.remote)
        notice = await told(chat, "do you deliver?")
        assert notice.button_texts == ["➕ Add", "🛑 Opt out", "🔕 Mute"]
        await chat.tap("➕ Add", message=notice)
        asked = await chat.wait_for(f"{ZOE} is added")
        assert "They wrote first" in asked.button_texts
        added = await contact(shop)
        assert added is not None and added.consent is Consent.UNRECORDED, "to write is not to agree"
        await chat.tap("They wrote first", message=asked)
        await chat.wait_for("Can be messaged")
        added = await contact(shop)
        assert added is not None and added.consent is Consent.GRANTED
        # The conversation is theirs now.
        await chat.tap("💬 Conversation")
        talk = await chat.wait_for("do you deliver?")
        assert "👤 Contact" in talk.button_texts and "➕ Add" not in talk.button_texts
        await chat.tap("➕ Add", message=notice)
        await chat.wait_for("was in your contacts already")


async def test_a_stranger_is_opted_out_and_stays_so_when_a_file_brings_them(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await on.world.reply(ZOE, "leave me alone", account=shop.remote)
        await told(chat, "leave me alone")
        await chat.say("/inbox")
        await chat.tap(ZOE)
        await chat.tap("🛑 Opt out", message=await chat.wait_for(lambda m: "➕ Add" in m.button_texts))
        await chat.wait_for(f"Opt out {ZOE}?")
        await chat.tap("Leave as it is")
        await chat.tap("🛑 Opt out", message=await chat.wait_for(lambda m: "➕ Add" in m.button_texts))
        await chat.tap("🛑 Opt them out")
        await chat.wait_for("Will not be messaged", fresh=False)
        added = await contact(shop)
        assert added is not None and added.consent is Consent.REVOKED
        await chat.tap("💬 Conversation")
        talk = await chat.wait_for("Opted out: gets no messages from you")
        assert "🛑 Opt out" not in talk.button_texts


async def test_an_old_opt_out_says_that_they_are_out_already(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await on.world.reply(number_of(1), "hello", account=shop.remote)
        notice = await told(chat, "hello")
        await on.world.reply(number_of(1), "STOP", account=shop.remote)
        stop = await chat.wait_for("said stop", fresh=False)
        assert stop.button_texts == ["🔕 Mute", "👤 Contact"]
        await chat.tap("🛑 Opt out", message=notice)
        await chat.wait_for_toast("opted out already")


async def test_two_conversations_of_one_person_are_told_apart_and_one_is_muted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        remote, number = (made := await on.world.link(link_key="second")).id, made.number
        async with on.store.write() as unit:
            await unit.accounts.create(
                workspace_id=shop.space, channel=Channel.SIMULATED, number=number, name="Second",
                remote=remote, state=AccountState.CONNECTED, at=on.clock.now(),
            )  # fmt: skip
            await unit.commit()
        await on.world.reply(number_of(1), "to the first", account=shop.remote)
        await on.world.reply(number_of(1), "to the second", account=remote)
        first = await told(chat, "to the first")
        assert f"at your number {shop.number}" in first.words
        second = await told(chat, "to the second")
        assert f"at your number {number}" in second.words
        await chat.tap("🔕 Mute", message=second)
        await chat.wait_for_toast(f"when Person 1 writes to {number}")
        await chat.say("/inbox")
        inbox = await chat.wait_for("2 conversations open")
        assert any(one.startswith("🔕") and f"→ {number}" in one for one in inbox.button_texts)
        assert any(f"Person 1 → {shop.number}" in one for one in inbox.button_texts)
        await chat.tap(f"→ {number}", message=inbox)
        await chat.wait_for(f"not told when they write to {number}")
