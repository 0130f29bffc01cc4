"""Whatever is sent instead of what was asked for: a sentence, and the question stays open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.client import SandboxChat
from bot.tour import picture
from domain.campaigns.model import CampaignState
from tests.chat.shop import enter, entered, open_campaign, open_shop
from tests.chat.stage import Stage, stage

STICKER = {
    "sticker": {
        "file_id": "s1", "file_unique_id": "u1", "type": "regular", "width": 512, "height": 512,
        "is_animated": False, "is_video": False,
    }
}  # fmt: skip
LOCATION = {"location": {"latitude": 41.0, "longitude": 29.0}}
HUGE = {
    "document": {
        "file_id": "d1", "file_unique_id": "u2", "file_name": "everything.xlsx", "file_size": 30 * 2**20,
        "mime_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
}  # fmt: skip
CANNOT_USE = "I can't use that"


async def send(on: Stage, chat: SandboxChat, content: dict[str, Any]) -> None:
    """What the chat page has no button for, or what would be too big to send for real."""
    sandbox = on.sandbox.sandbox
    message = sandbox.post(sandbox.chats[chat.id], sandbox.users[chat.id], dict(content))
    sandbox.push_message(message)


@asynccontextmanager
async def at_the_review(folder: Path) -> AsyncIterator[tuple[Stage, SandboxChat]]:
    async with stage(folder) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await shop.draft()
        await enter(chat)
        await open_campaign(chat)
        await chat.tap("Go on")
        await chat.wait_for("check it once more")
        yield on, chat


async def refused(chat: SandboxChat, text: str, sentence: str) -> None:
    await chat.say(text)
    await chat.wait_for(sentence)


async def test_a_message_with_unknown_blanks_or_too_long_for_a_caption(tmp_path: Path) -> None:
    async with at_the_review(tmp_path) as (_, chat):
        await chat.tap("🖼 Media")
        await chat.wait_for("3 of 7")
        await chat.upload(picture(), "menu.jpg", kind="photo")
        await chat.wait_for("check it once more")
        await chat.tap("✏️ Message")
        await chat.wait_for("2 of 7")
        shown = "Nobody has a column “nme”. These can be used: name, number"
        await refused(chat, "Hello {nme}", shown)
        await refused(chat, "x" * 1025, "The text has 1,025 characters; 1,024 are possible here")
        await chat.say("Hi {name}")
        assert "Hi {name}" in (await chat.wait_for("check it once more")).words


async def test_what_is_no_picture_where_a_picture_is_wanted(tmp_path: Path) -> None:
    async with at_the_review(tmp_path) as (on, chat):
        await chat.tap("🖼 Media")
        await chat.wait_for("3 of 7")
        await refused(chat, "menu.jpg", "I am waiting for a photo")
        await send(on, chat, STICKER)
        await chat.wait_for(CANNOT_USE)
        await send(on, chat, HUGE)
        await chat.wait_for("everything.xlsx has 30 MB; I can take 20 MB")
        await chat.upload(picture(), "menu.jpg", kind="photo")
        assert "photo" in (await chat.wait_for("check it once more")).words


async def test_a_speed_that_is_none_or_too_slow(tmp_path: Path) -> None:
    async with at_the_review(tmp_path) as (_, chat):
        await chat.tap("🐢 Speed")
        await chat.wait_for("5 of 7")
        await refused(chat, "quick <b>", "I can't read “quick <b>” as a speed")
        await refused(chat, "-5", "I can't read “-5” as a speed")
        await refused(chat, "4000", "can be 0 to 3,600 seconds")
        await chat.say("8-15")
        assert "8-15 s between messages" in (await chat.wait_for("check it once more")).words


async def test_a_time_that_is_none_has_passed_or_is_too_far(tmp_path: Path) -> None:
    async with at_the_review(tmp_path) as (_, chat):
        await chat.tap("🕘 When")
        await chat.wait_for("6 of 7")
        await refused(chat, "soon", "I can't read “soon” as a time")
        await refused(chat, "25:70", "I can't read “25:70” as a time")
        await refused(chat, "2020-01-01 10:00", "That time has passed")
        await refused(chat, "2099-01-01 10:00", "more than a year ahead")
        await chat.say("tomorrow 9:00")
        await chat.wait_for(lambda m: "✅ Schedule" in m.button_texts)


async def test_a_test_number_that_is_none(tmp_path: Path) -> None:
    async with at_the_review(tmp_path) as (on, chat):
        await chat.tap("👀 Preview")
        await chat.tap("Send me a test")
        await chat.wait_for("Which WhatsApp number")
        await refused(chat, "my phone", "is not a phone number")
        await refused(chat, "12", "too short")
        await refused(chat, "+999 123 456 789", "country code that does not exist")
        await send(on, chat, LOCATION)
        await chat.wait_for(CANNOT_USE)
        await chat.say("/nonsense")
        await chat.wait_for("I don't know that command")
        await chat.say("+44 7400 123456")
        await chat.wait_for("The test was sent to +447400123456")
        assert [one.number for one in on.world.received] == ["+447400123456"]


async def test_a_campaigns_name_that_is_too_long(tmp_path: Path) -> None:
    async with at_the_review(tmp_path) as (_, chat):
        await chat.tap("🏷 Name")
        await chat.wait_for("Only you see the name")
        await refused(chat, "n" * 61, "A name needs 1 to 60 characters")
        await chat.say("Summer")
        assert "Summer" in (await chat.wait_for("check it once more")).words


async def test_anything_but_a_contact_file_where_one_is_wanted(tmp_path: Path) -> None:
    async with at_the_review(tmp_path) as (on, chat):
        await chat.tap("👥 People")
        await chat.tap("Send me a new file")
        await chat.wait_for("Send me the file now")
        await refused(chat, "customers.xlsx", "I am waiting for a contact file here")
        await chat.upload(picture(), "menu.jpg", kind="photo")
        told = await chat.wait_for("I can't read people from a picture")
        assert "(xlsx, xls, ods, csv)" in told.words
        await chat.upload(b"%PDF-1.7 not a sheet", "people.pdf")
        await chat.wait_for("I can't use people.pdf here")
        await send(on, chat, HUGE)
        await chat.wait_for("everything.xlsx has 30.0 MB; I can take 20 MB")
        await chat.upload(b"name,phone\nElif,+905012345678\n", "people.csv")
        await chat.wait_for("The first ones would be")
        await chat.tap("That's right")
        await chat.tap("They signed up")
        review = await chat.wait_for("check it once more")
        assert "people" in review.words and "1 person can get it" in review.words


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("people.xlsx", b"PK\x03\x04 cut off", "cut off or broken"),
        ("people.xlsx", b"\x7fELF" + bytes(400), "it is something else inside"),
        ("people.csv", b"\n", "There is nothing in this file"),
        ("people.csv", b"name,phone\nElif,12\n", "No row has a phone number I can use"),
    ],
)
async def test_a_file_that_cannot_be_read_gets_a_sentence_and_a_good_one_goes_on(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    async with entered(tmp_path) as (_, chat):
        await chat.upload(content, name)
        if "No row" in sentence:
            await chat.tap("That's right")
        await chat.wait_for(sentence)
        await chat.upload(b"name,phone\nElif,+905012345678\n", "people.csv")
        await chat.wait_for("The first ones would be")


async def test_words_for_how_people_agreed_a_contact_and_a_tag(tmp_path: Path) -> None:
    async with entered(tmp_path) as (_, chat):
        await chat.say("/contacts")
        await chat.tap("Add one")
        await chat.wait_for("Type a phone number")
        await refused(chat, "Elif", "phone number")
        await refused(chat, "0501", "too short")
        await chat.say("0501 234 56 78 Elif")
        await chat.wait_for("Elif is added")
        await chat.tap("Other…")
        await chat.wait_for("Write it in a few words")
        await refused(chat, "…", "Write in a few words how they agreed")
        await refused(chat, "w" * 301, "at most 300 letters")
        await chat.say("asked at the counter")
        await chat.wait_for("Can be messaged")
        await chat.tap("Tag…")
        await chat.wait_for("Type a tag")
        await refused(chat, "t" * 41, "A tag is one short word or two")
        await chat.say("vip")
        await chat.wait_for("Tagged vip")


async def test_a_text_nobody_asked_for_and_an_unknown_command(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await refused(chat, "good morning", "I was not waiting for a text")
        await refused(chat, "/frobnicate", "I don't know that command. /help lists what I can do")
        await send(on, chat, STICKER)
        await chat.wait_for(CANNOT_USE)


async def test_an_answer_for_a_draft_that_a_colleague_has_started_meanwhile(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        draft = await shop.draft()
        await enter(chat)
        await open_campaign(chat)
        await chat.tap("Go on")
        await chat.tap("✏️ Message")
        await chat.wait_for("2 of 7")
        async with on.store.write() as unit:
            running = replace(draft, state=CampaignState.PAUSED)
            await unit.campaigns.save(running, expected=draft.version)
            await unit.commit()
        await refused(chat, "Too late", "it cannot be edited any more")
        assert (await shop.campaign(draft.id)).text == draft.text
