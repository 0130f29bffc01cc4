"""What an operator can do about the words of somebody who wrote, beside answering."""

from pathlib import Path

from bot.sandbox.shown import ShownMessage
from bot.screens.campaign_words import person
from bot.texts import FSI, PDI, say
from domain.contacts.model import Consent
from domain.operators.model import Role
from tests.chat.shop import Shop, enter, entered, number_of, open_shop
from tests.chat.stage import STRANGER, stage
from tests.chat.team_chat import add

HEBREW = "נועה לוי"


async def somebody_writes(shop: Shop, words: str = "please stop sending me this") -> ShownMessage:
    id = await shop.start()
    await shop.until_got(3)
    await shop.on.world.reply(number_of(1), words)
    chat = shop.on.ayse
    shown = await chat.wait_for(lambda m: m.words.startswith("💬") and words in m.words, fresh=False)
    assert id
    return shown


async def test_who_wants_no_more_without_saying_stop_is_opted_out_from_the_notice(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await add(on, shop.space, STRANGER, Role.VIEWER)
        await enter(chat)
        viewer = on.client.chat(STRANGER)
        await enter(viewer)
        notice = await somebody_writes(shop)
        await chat.tap("🛑 Opt out", message=notice)
        await chat.wait_for("Opt out Person 1?")
        await chat.tap("🛑 Opt them out")
        await chat.wait_for("Will not be messaged", fresh=False)
        async with on.store.read() as unit:
            contact = await unit.contacts.by_number(shop.space, number_of(1))
        assert contact is not None and contact.consent is Consent.REVOKED
        seen = await viewer.wait_for("please stop sending me this", fresh=False)
        assert list(seen.button_texts) == ["👤 Contact"]


def test_a_right_to_left_name_leaves_the_line_around_it_alone() -> None:
    said = say("notice.stop", person=person(HEBREW, "+972502345678"))
    assert f"{FSI}{HEBREW}{PDI}</b> (+972502345678)" in said
    listed = say("notice.stopped.paused", names=[HEBREW, "Spring"])
    assert f"{FSI}{HEBREW}{PDI}, Spring" in listed


async def test_a_right_to_left_name_stands_whole_on_its_button(tmp_path: Path) -> None:
    async with entered(tmp_path) as (_, chat):
        await chat.upload(f"name,phone\n{HEBREW},+972502345678\n".encode(), "people.csv")
        await chat.tap("That's right")
        await chat.tap("They signed up")
        await chat.tap("👥 Contacts")
        await chat.tap("Search")
        await chat.say("נועה")
        found = await chat.wait_for("1 person")
        assert f"✅ {FSI}{HEBREW}{PDI} · +972502345678" in found.button_texts
