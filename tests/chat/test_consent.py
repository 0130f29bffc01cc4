"""Whoever says stop is not messaged again, and nobody is reached twice by a follow-up."""

from pathlib import Path

from bot.sandbox.client import SandboxChat
from domain.campaigns.model import CampaignState
from domain.contacts.model import Consent
from domain.delivery.recipients import RecipientState as R
from tests.chat.shop import HALTING, Shop, enter, number_of, open_campaign, open_shop
from tests.chat.stage import stage
from whatsapp.simulated.behaviour import FaultKind


async def standing(shop: Shop, number: str) -> Consent:
    async with shop.on.store.read() as unit:
        contact = await unit.contacts.by_number(shop.space, number)
    assert contact is not None
    return contact.consent


async def first_campaign(shop: Shop, chat: SandboxChat) -> None:
    """Everybody has got something, so that everybody can answer."""
    await enter(chat)
    id = await shop.start(text="First, {name}", name="First")
    await shop.until(id, CampaignState.COMPLETED)


async def say_stop(shop: Shop, chat: SandboxChat, number: str, word: str = "STOP") -> None:
    await shop.on.world.reply(number, word)
    notice = await chat.wait_for("said stop and will not be messaged again", fresh=False)
    assert number in notice.words


async def test_stop_holds_at_once_and_a_campaign_under_way_passes_them_over(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await first_campaign(shop, chat)
        id = await shop.start(pacing=HALTING)
        await shop.until_got(4)
        await say_stop(shop, chat, number_of(2))
        assert await standing(shop, number_of(2)) is Consent.REVOKED
        await shop.until_got(5)  # they are told that it was heard
        on.clock.advance(minutes=31)
        await shop.until_got(6)
        on.clock.advance(minutes=31)
        await shop.until(id, CampaignState.COMPLETED)
        assert await shop.states(id) == {R.DELIVERED: 2, R.SKIPPED: 1}
        assert (number_of(2), "Hello Person 2") not in shop.got()
        await chat.wait_for("Skipped 1 (no longer agreed", fresh=False)


async def test_importing_a_file_does_not_turn_a_stop_back_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await first_campaign(shop, chat)
        await say_stop(shop, chat, number_of(1), "dur")
        rows = "".join(f"Person {n},{number_of(n)}\n" for n in range(3))
        await chat.upload(f"name,phone\n{rows}".encode(), "again.csv")
        await chat.tap("That's right")
        await chat.wait_for("3 rows · 2 ready · 0 duplicates · 0 bad numbers · 1 opted out")
        await chat.tap("They signed up")
        await chat.wait_for("2 can be messaged")
        assert await standing(shop, number_of(1)) is Consent.REVOKED
        await chat.tap("New campaign")
        await chat.wait_for("2 of 7")
        await chat.say("Again, {name}")
        await chat.wait_for("3 of 7")
        await chat.tap("continue")
        await chat.wait_for("4 of 7")
        await chat.tap("Continue")
        await chat.tap("As fast as it goes")
        await chat.tap("⚡ Now")
        review = await chat.wait_for("check it once more")
        assert "1 will not: 1 opted out" in review.words
        await chat.tap("✅ Start", message=review)
        await shop.until_got(6)
        await chat.wait_for(lambda m: "Again" not in m.words and m.photo is not None)
        heard, first = [text for number, text in shop.got() if number == number_of(1)]
        assert (heard[:11], first) == ("Bakery size", "First, Person 1")


async def test_an_operator_cannot_undo_a_stop(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await first_campaign(shop, chat)
        await say_stop(shop, chat, number_of(1))
        await chat.say("/contacts")
        await chat.tap("Opted out")
        await chat.wait_for("Only their own message can change that")
        await chat.tap("Person 1")
        shown = await chat.wait_for("Will not be messaged")
        assert not [text for text in shown.button_texts if "Record consent" in text]


async def test_a_reply_is_told_once_with_whose_it_is_and_to_what(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await first_campaign(shop, chat)
            await on.world.reply(number_of(0), "Is <b>this</b> still open?")
            notice = await chat.wait_for("Is <b>this</b> still open?", fresh=False)
            assert "Person 0" in notice.words and "First" in notice.words
        async with on.running():
            await on.world.reply(number_of(1), "Yes")
            await chat.wait_for("Person 1", fresh=False)
        told = [m for m in chat.newest_first() if "still open?" in m.words]
        assert len(told) == 1


async def retry_failed(chat: SandboxChat) -> None:
    """Through to its start."""
    await chat.tap("Retry failed")
    await chat.wait_for("check it once more")
    await chat.tap("✅ Start")


async def test_retry_failed_reaches_those_and_a_second_retry_nobody(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        on.world.script(number_of(1), FaultKind.MEDIA_REFUSED)
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        report = await chat.wait_for(lambda m: m.photo is not None and m.from_bot)
        [old] = [b["callback_data"] for b in report.buttons if "Retry failed (1)" in b["text"]]
        await retry_failed(chat)
        await shop.until_got(3)
        assert shop.got()[1] == (number_of(1), "Hello Person 1")
        await chat.wait_for(lambda m: m.photo is not None and m.message_id != report.message_id)
        await chat.wait_answered(await chat.tap_data(report.message_id, old))
        panel = await chat.wait_for(lambda m: "⬅ Back" in m.button_texts and "♻️ Repeat" in m.button_texts)
        assert not [text for text in panel.button_texts if "Retry failed" in text]
        assert "🔁 Taken over by a later campaign: 1 person." in panel.text
        assert len(shop.got()) == 3


async def test_two_drafts_for_the_same_failed_people_reach_them_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        on.world.script(number_of(1), FaultKind.MEDIA_REFUSED)
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        await chat.wait_for(lambda m: m.photo is not None and m.from_bot)
        for _ in range(2):
            await open_campaign(chat, "✅ Spring")
            await chat.tap("Retry failed (1)")
            await chat.wait_for("check it once more")
        review = chat.newest_first()[0]
        await chat.tap("✅ Start", message=review)
        await shop.until_got(3)
        await open_campaign(chat, "📝 Spring")
        await chat.tap("Go on")
        other = await chat.wait_for("Nobody is left for it")
        assert not [text for text in other.button_texts if "Start" in text]
        assert len(shop.got()) == 3
