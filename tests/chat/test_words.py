"""The words that stop: seen and edited in the chat, and heard from then on."""

from pathlib import Path

from domain.campaigns.model import CampaignState
from domain.contacts.model import Consent
from tests.chat.shop import enter, entered, number_of, open_shop
from tests.chat.stage import stage


async def test_a_word_of_ones_own_is_added_heard_and_taken_out(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await chat.say("/settings")
        await chat.tap("Words that stop")
        await chat.wait_for("Whoever writes one of these words")
        await chat.tap("Your own (0)")
        await chat.wait_for("None yet")
        await chat.tap("Add")
        await chat.wait_for("Type a word, or several")
        await chat.say("!!!")
        await chat.wait_for("cannot be a word to listen for")
        await chat.say("start")
        await chat.wait_for("already means the opposite")
        await chat.say("<b>no & no, No more bread, enough")
        shown = await chat.wait_for("✅ Saved")
        assert "<b>no & no · No more bread · enough" in shown.words

        id = await shop.start(text="First, {name}", name="First")
        await shop.until(id, CampaignState.COMPLETED)
        await on.world.reply(number_of(1), "no more BREAD!")
        await chat.wait_for("said stop and will not be messaged again", fresh=False)
        async with on.store.read() as unit:
            contact = await unit.contacts.by_number(shop.space, number_of(1))
            log, _ = await unit.activity.list(shop.space)
        assert contact is not None
        assert contact.consent is Consent.REVOKED
        assert "words.added" in [line.what for line in log]

        await chat.say("/settings")
        await chat.tap("Words that stop")
        await chat.tap("Your own (3)")
        await chat.tap("Take out")
        await chat.wait_for("Type the word to take out")
        await chat.say("bread")
        await chat.wait_for("That is not in this list")
        await chat.tap("Take out")
        await chat.say("ENOUGH")
        left = await chat.wait_for("✅ Saved")
        assert "enough" not in left.words


async def test_a_list_is_set_back_and_stop_itself_always_stops(tmp_path: Path) -> None:
    async with entered(tmp_path) as (_, chat):
        await chat.say("/settings")
        await chat.tap("Words that stop")
        await chat.tap("English")
        await chat.tap("Take out")
        await chat.say("stop")
        await chat.wait_for("always stops messages")
        await chat.say("cancel, quit")
        edited = await chat.wait_for("✅ Saved")
        assert " cancel ·" not in edited.words
        await chat.tap("As it was at first")
        whole = await chat.wait_for("cancel · end · quit")
        assert "As it was at first" not in " ".join(whole.button_texts)
        await chat.tap("Back")
        await chat.tap("Words that bring back")
        await chat.wait_for("agrees again")
