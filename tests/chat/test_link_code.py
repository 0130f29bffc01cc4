"""Linking a number over WhatsApp Web by the code that is typed on the phone."""

from pathlib import Path

import pytest

from tests.chat.link_parts import (
    BAKERY,
    PIER,
    accounts,
    ask_for_code,
    ask_for_qr,
    gone,
    read_qr,
    the_code,
    the_qr,
    waiting,
)
from tests.chat.shop import enter, entered, open_shop
from tests.chat.stage import stage


async def test_a_code_is_typed_on_the_phone_that_also_shows_this_chat(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        shown = await ask_for_code(chat, "0532 123 45 67")
        remote = await waiting(on)
        code = on.web.code_of(remote)
        assert code is not None
        spaced = f"{code[:4]}-{code[4:]}"
        assert spaced in shown.words and BAKERY in shown.words
        assert shown.buttons[0]["copy_text"] == code
        assert "Link with phone number instead" in shown.words
        on.web.enter_code(remote, code, "Bakery")
        await gone(chat, shown)
        await chat.wait_for("Your messages can leave from it now", fresh=False)
        assert BAKERY in {account.number for account in await accounts(on)}


@pytest.mark.parametrize("text", ["abc", "12", "+90 532", "call me"])
async def test_what_is_no_number_is_explained_and_the_question_stays(tmp_path: Path, text: str) -> None:
    async with entered(tmp_path) as (on, chat):
        await chat.say("/link")
        await chat.tap("Link WhatsApp Web")
        await chat.tap("Use a code")
        await chat.wait_for("Type the WhatsApp number of this phone, for example +90 5")
        await chat.say(text)
        refused = await chat.wait_for(
            lambda m: "example" in m.words and "Type the WhatsApp number" in m.words
        )
        assert refused.words.index("example") < refused.words.index("Type the WhatsApp number")
        assert on.web.kept == {}
        await chat.say("+90 532 123 45 67")
        await the_code(chat)


async def test_a_code_that_whatsapp_refuses_is_told_and_the_qr_still_works(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        on.web.refuses_codes = True
        chat = on.ayse
        await enter(chat)
        await chat.say("/link")
        await chat.tap("Link WhatsApp Web")
        await chat.tap("Use a code")
        await chat.wait_for("Type the WhatsApp number of this phone")
        await chat.say(BAKERY)
        told = await chat.wait_for("WhatsApp makes no code for", fresh=False)
        assert BAKERY in told.words and "Show QR" in " ".join(told.button_texts)
        await chat.tap("Show QR")
        await the_qr(chat)


async def test_from_the_qr_to_a_code_and_back_on_the_same_session(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        picture = await ask_for_qr(chat)
        remote = await waiting(on)
        await chat.tap("Use a code")
        await chat.wait_for("Type the WhatsApp number of this phone")
        await chat.say(PIER)
        shown = await the_code(chat)
        await gone(chat, picture)
        await chat.tap("Show QR")
        again = await the_qr(chat)
        await gone(chat, shown)
        assert on.web.waiting == [remote]
        assert await read_qr(chat, again) == on.web.session(remote).qr
        on.web.scan(remote, PIER)
        await chat.wait_for("Your messages can leave from it now", fresh=False)


async def test_a_phone_that_scanned_the_qr_while_a_code_was_asked_for_is_linked(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await ask_for_qr(chat)
        remote = await waiting(on)
        await chat.tap("Use a code")
        await chat.wait_for("Type the WhatsApp number of this phone")
        on.web.scan(remote, BAKERY, slowly=True)
        await chat.say(BAKERY)
        await chat.wait_for("The phone is sending what WhatsApp needs", fresh=False)
        on.web._linked(remote, BAKERY, "Bakery", slowly=False)
        await chat.wait_for("Your messages can leave from it now", fresh=False)
        assert on.web.deleted == []


async def test_a_code_that_ended_can_be_made_anew_without_typing_the_number_again(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        shown = await ask_for_code(chat, BAKERY)
        on.clock.advance(minutes=3)
        await gone(chat, shown)
        await chat.wait_for("This code has ended", fresh=False)
        await chat.tap("Make a new code")
        assert BAKERY in (await the_code(chat)).words
