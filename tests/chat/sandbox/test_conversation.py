"""The chat from both ends: what a person does reaches the bot, what the bot does reaches the screen."""

import pytest

from bot.sandbox.client import SandboxChat
from tests.chat.sandbox.raw import RawBot

AYSE = 1001


async def test_a_text_becomes_an_update_with_its_command_marked(ayse: SandboxChat, bot: RawBot) -> None:
    (update,) = await bot.updates()
    message = update["message"]
    assert message["text"] == "/start"
    assert message["chat"]["id"] == message["from"]["id"] == AYSE
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


async def test_a_tap_reaches_the_bot_and_its_answer_comes_back_as_a_toast(
    ayse: SandboxChat, bot: RawBot
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "➕ New", "callback_data": "v1|new"}]]}
    sent = await bot.call(
        "sendMessage", chat_id=AYSE, text="<b>Home</b>", parse_mode="HTML", reply_markup=keyboard
    )
    home = await ayse.wait_for("Home")
    assert home.message_id == sent["message_id"]
    assert home.view["html"] == "<b>Home</b>"

    query_id = await ayse.tap("New")
    update = (await bot.updates())[-1]
    assert update["callback_query"]["id"] == query_id
    assert update["callback_query"]["data"] == "v1|new"
    assert update["callback_query"]["message"]["message_id"] == home.message_id

    await bot.call("answerCallbackQuery", callback_query_id=query_id, text="Here you are")
    await ayse.wait_answered(query_id)
    assert await ayse.wait_for_toast("Here") == "Here you are"
    assert ayse.last_toast == "Here you are"


async def test_an_absent_button_is_an_error_that_names_the_visible_ones(
    ayse: SandboxChat, bot: RawBot
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Back", "callback_data": "b"}]]}
    await bot.call("sendMessage", chat_id=AYSE, text="x", reply_markup=keyboard)
    with pytest.raises(AssertionError, match=r"no button 'Forward'. Visible: \[Back\]"):
        await ayse.tap("Forward", timeout=0)


async def test_waiting_in_vain_shows_the_screen(ayse: SandboxChat, bot: RawBot) -> None:
    await bot.call("sendMessage", chat_id=AYSE, text="only this")
    with pytest.raises(AssertionError, match="Bot: only this"):
        await ayse.wait_for("something else", timeout=0.05)


async def test_only_what_came_after_the_last_deed_counts_as_fresh(ayse: SandboxChat, bot: RawBot) -> None:
    await bot.call("sendMessage", chat_id=AYSE, text="old news")
    await ayse.wait_for("old news")
    await ayse.say("and now?")
    with pytest.raises(AssertionError):
        await ayse.wait_for("old news", timeout=0.05)
    assert await ayse.wait_for("old news", fresh=False)
