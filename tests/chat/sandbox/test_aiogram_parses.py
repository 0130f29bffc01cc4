"""aiogram, strictly typed and written by others, calls every method and parses every answer and update."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    ChatMemberAdministrator,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    LabeledPrice,
    MenuButtonCommands,
    Message,
    ReplyParameters,
    Update,
)

from bot.sandbox.client import SandboxChat, SandboxClient
from bot.sandbox.methods import METHODS
from tests.chat.sandbox.conftest import AYSE, DENIZ
from tests.chat.sandbox.pictures import png
from tests.fakes.sandbox import RunningSandbox

PHOTO = BufferedInputFile(png(), "a.png")
TEXT = BufferedInputFile(b"hello", "a.txt")
KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[
        [InlineKeyboardButton(text="Go", callback_data="go", style="success")],
        [InlineKeyboardButton(text="Copy", copy_text=CopyTextButton(text="+905551112233"))],
        [InlineKeyboardButton(text="Site", url="https://example.org")],
    ]
)


@pytest.fixture
async def aiobot(running: RunningSandbox) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(running.url))
    async with Bot(running.token, session, DefaultBotProperties(parse_mode="HTML")) as bot:
        yield bot


async def test_every_method_and_every_answer(aiobot: Bot, ayse: SandboxChat, client: SandboxClient) -> None:
    await _about_the_bot(aiobot)
    await _messages(aiobot, ayse)
    await _media(aiobot)
    await _payments(aiobot, ayse)
    await _topics(aiobot, client)
    await _the_rest(aiobot, client)
    called = {call["method"].lower() for call in await client.journal()}
    assert set(METHODS) - called == {"setwebhook"}  # refused by design; its refusal has its own test
    assert all(call["ok"] for call in await client.journal())


async def _about_the_bot(bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.is_bot, me.username) == (True, "MassSenderBot")
    assert await bot.delete_webhook()
    assert (await bot.get_webhook_info()).url == ""
    assert await bot.set_my_commands([BotCommand(command="start", description="Home")])
    assert (await bot.get_my_commands())[0].command == "start"
    assert await bot.delete_my_commands()
    assert await bot.set_my_name("Desk")
    assert (await bot.get_my_name()).name == "Desk"
    assert await bot.set_my_description("About", language_code="tr")
    assert (await bot.get_my_description(language_code="tr")).description == "About"
    assert await bot.set_my_short_description("Short")
    assert (await bot.get_my_short_description()).short_description == "Short"
    assert await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert isinstance(await bot.get_chat_menu_button(), MenuButtonCommands)


async def _messages(bot: Bot, ayse: SandboxChat) -> None:
    sent = await bot.send_message(AYSE, "<b>Home</b> 😀", reply_markup=KEYBOARD, disable_notification=True)
    assert (sent.text, sent.html_text) == ("Home 😀", "<b>Home</b> 😀")
    assert sent.reply_markup is not None
    assert sent.reply_markup.model_dump() == KEYBOARD.model_dump()
    reply = await bot.send_message(
        AYSE, "re", reply_parameters=ReplyParameters(message_id=sent.message_id), protect_content=True
    )
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.message_id == sent.message_id
    query_id = await ayse.tap("Go")
    assert await bot.answer_callback_query(query_id, "Going", show_alert=True)
    assert (await ayse.wait_for_toast("Going")) == "Going"

    edited = await bot.edit_message_text(
        "Home 2", chat_id=AYSE, message_id=sent.message_id, reply_markup=KEYBOARD
    )
    assert isinstance(edited, Message)
    assert edited.edit_date is not None
    assert isinstance(await bot.edit_message_reply_markup(chat_id=AYSE, message_id=sent.message_id), Message)
    assert await bot.pin_chat_message(AYSE, sent.message_id)
    assert (await bot.get_chat(AYSE)).pinned_message is not None
    assert await bot.unpin_chat_message(AYSE, message_id=sent.message_id)
    assert await bot.unpin_all_chat_messages(AYSE)
    copied = await bot.copy_message(AYSE, AYSE, sent.message_id)
    assert await bot.delete_message(AYSE, copied.message_id)
    assert await bot.delete_messages(AYSE, [reply.message_id, 1])
    assert await bot.send_chat_action(AYSE, "typing")


async def _media(bot: Bot) -> None:
    photo = await bot.send_photo(AYSE, PHOTO, caption="<i>c</i>")
    assert photo.photo is not None
    assert (photo.photo[-1].width, photo.photo[-1].height) == (640, 480)
    document = await bot.send_document(AYSE, TEXT)
    assert document.document is not None
    assert (document.document.file_name, document.document.mime_type) == ("a.txt", "text/plain")
    video = await bot.send_video(AYSE, BufferedInputFile(b"v", "a.mp4"), width=10, height=20, duration=3)
    assert video.video is not None
    assert (video.video.width, video.video.height, video.video.duration) == (10, 20, 3)
    audio = await bot.send_audio(AYSE, BufferedInputFile(b"a", "a.mp3"), performer="P", title="T", duration=9)
    assert audio.audio is not None
    assert (audio.audio.performer, audio.audio.title) == ("P", "T")
    assert (await bot.send_voice(AYSE, BufferedInputFile(b"o", "a.ogg"))).voice is not None
    album = await bot.send_media_group(
        AYSE,
        [InputMediaPhoto(media=PHOTO, caption="1"), InputMediaVideo(media=BufferedInputFile(b"v", "v.mp4"))],
    )
    assert album[0].media_group_id == album[1].media_group_id
    captioned = await bot.edit_message_caption(caption="<u>d</u>", chat_id=AYSE, message_id=photo.message_id)
    assert isinstance(captioned, Message)
    assert captioned.html_text == "<u>d</u>"
    swapped = await bot.edit_message_media(
        InputMediaDocument(media=TEXT), chat_id=AYSE, message_id=photo.message_id
    )
    assert isinstance(swapped, Message)
    assert swapped.document is not None
    file = await bot.get_file(document.document.file_id)
    assert file.file_path is not None
    content = await bot.download_file(file.file_path)
    assert content is not None
    assert content.read() == b"hello"


async def _payments(bot: Bot, ayse: SandboxChat) -> None:
    words, prices = ("Points", "1,000 points", "order-1", "XTR"), [LabeledPrice(label="Points", amount=50)]
    sent = await bot.send_invoice(AYSE, *words, prices)
    assert sent.invoice is not None
    assert (await bot.create_invoice_link(*words, prices)).startswith("https://t.me/$")

    async def agree() -> None:
        while True:
            for update in await bot.get_updates(timeout=5):
                if update.pre_checkout_query is not None:
                    assert await bot.answer_pre_checkout_query(update.pre_checkout_query.id, ok=True)
                    return

    shown = await ayse.wait_for("Points")
    _, outcome = await asyncio.gather(agree(), ayse.pay(shown))
    assert outcome["paid"] is True
    rows = (await bot.get_star_transactions()).transactions
    assert (rows[0].amount, rows[0].source is not None) == (50, True)
    assert (await bot.get_my_star_balance()).amount == 50
    assert await bot.refund_star_payment(AYSE, rows[0].id)
    assert (await bot.get_star_transactions()).transactions[1].receiver is not None


async def _topics(bot: Bot, client: SandboxClient) -> None:
    group = await client.add_group("Forum", [AYSE], is_forum=True, bot="administrator")
    topic = await bot.create_forum_topic(group["id"], "Ada", icon_color=9367192)
    place = (group["id"], topic.message_thread_id)
    assert (topic.name, topic.icon_color) == ("Ada", 9367192)
    sent = await bot.send_message(group["id"], "Hello", message_thread_id=topic.message_thread_id)
    assert sent.is_topic_message
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.forum_topic_created is not None
    assert await bot.edit_forum_topic(*place, name="Ada L.")
    assert await bot.close_forum_topic(*place)
    assert await bot.reopen_forum_topic(*place)
    assert await bot.delete_forum_topic(*place)
    assert (await bot.get_chat(group["id"])).is_forum
    mine = await bot.get_chat_member(group["id"], bot.id)
    assert isinstance(mine, ChatMemberAdministrator)
    assert mine.can_manage_topics


async def _the_rest(bot: Bot, client: SandboxClient) -> None:
    member = await bot.get_chat_member(AYSE, AYSE)
    assert member.status == "member"
    assert await bot.get_chat_member_count(AYSE) == 2
    group = await client.add_group("Team", [AYSE, DENIZ])
    assert (await bot.send_message(group["id"], "all")).chat.title == "Team"
    assert await bot.leave_chat(group["id"])
    assert await bot.close()
    assert await bot.log_out()


async def test_every_kind_of_update(aiobot: Bot, ayse: SandboxChat, client: SandboxClient) -> None:
    first = await ayse.say("see https://example.org 😀 #tag")
    await ayse.edit(first, "edited")
    await ayse.upload(b"x", "a.csv", caption="c")
    for kind in ("photo", "video", "audio", "voice"):
        await ayse.upload(png() if kind == "photo" else b"x", "a.bin", kind=kind)
    await ayse.album([(png(), "a.png"), (png(), "b.png")])
    await ayse.contact("+905551112233", "Ali", user_id=DENIZ)
    sent = await aiobot.send_message(AYSE, "x", reply_markup=KEYBOARD)
    await ayse.tap("Go")
    await aiobot.pin_chat_message(AYSE, sent.message_id)
    await ayse.block()
    with pytest.raises(TelegramForbiddenError):
        await aiobot.send_message(AYSE, "x")
    await ayse.block(False)
    group = await client.add_group("Team", [AYSE, DENIZ], bot="administrator")
    await client.chat(group["id"], speaker=DENIZ).say("hi all")

    updates: list[Update] = await aiobot.get_updates()
    kinds = [update.event_type for update in updates]
    assert kinds.count("message") == 12
    assert set(kinds) == {"message", "edited_message", "callback_query", "my_chat_member"}
    assert [u.update_id for u in updates] == sorted({u.update_id for u in updates})
    assert updates[-1].message is not None
    assert updates[-1].message.from_user is not None
    assert updates[-1].message.from_user.id == DENIZ


async def test_refusals_become_aiogram_s_errors(
    aiobot: Bot, ayse: SandboxChat, client: SandboxClient
) -> None:
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await aiobot.send_message(5, "x")
    await client.fault("flood", "sendMessage", retry_after=3)
    with pytest.raises(TelegramRetryAfter) as flood:
        await aiobot.send_message(AYSE, "x")
    assert flood.value.retry_after == 3
