"""An unmodified python-telegram-bot, built as the product builds it, lives on the sandbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Update,
)
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.sandbox.client import SandboxChat, SandboxClient
from tests.chat.sandbox.conftest import AYSE, DENIZ
from tests.chat.sandbox.pictures import png
from tests.fakes.sandbox import RunningSandbox

# The library would rather parse a whole batch in one go; a batch fetched raw survives one bad update.
pytestmark = pytest.mark.filterwarnings("ignore:Please use 'Bot.getUpdates'")

App = Application[Any, Any, Any, Any, Any, Any]
Context = ContextTypes.DEFAULT_TYPE
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Count", callback_data="count")]])


async def start(update: Update, context: Context) -> None:
    assert update.message is not None
    await update.message.reply_html("<b>Welcome</b>", reply_markup=KEYBOARD)


async def echo(update: Update, context: Context) -> None:
    assert update.message is not None
    await update.message.reply_text(f"you said {update.message.text}")


async def count(update: Update, context: Context) -> None:
    assert update.callback_query is not None
    await update.callback_query.answer("counted")
    await update.callback_query.edit_message_text("One", reply_markup=KEYBOARD)


async def weigh(update: Update, context: Context) -> None:
    assert update.message is not None
    assert update.message.document is not None
    file = await update.message.document.get_file()
    await update.message.reply_text(f"{len(await file.download_as_bytearray())} bytes")


@pytest.fixture
async def app(running: RunningSandbox) -> AsyncIterator[App]:
    """The bot: no Updater, updates fetched raw and parsed one by one."""
    builder = Application.builder().token(running.token).updater(None).job_queue(None)
    app: App = builder.base_url(running.bot_url).base_file_url(running.file_url).build()
    app.add_handler(CommandHandler("start", start))
    app.add_handler(MessageHandler(filters.TEXT, echo))
    app.add_handler(MessageHandler(filters.Document.ALL, weigh))
    app.add_handler(CallbackQueryHandler(count))
    async with app:
        poll = asyncio.gather(_poll(app))
        yield app
        poll.cancel()
        with suppress(asyncio.CancelledError):
            await poll


async def _poll(app: App) -> None:
    offset = 0
    while True:
        batch: Any = await app.bot.do_api_request("getUpdates", {"offset": offset, "timeout": 4})
        for raw in batch:
            await app.process_update(Update.de_json(raw, app.bot))
            offset = raw["update_id"] + 1


async def test_start_tap_echo_and_upload(app: App, client: SandboxClient) -> None:
    ayse = client.chat(AYSE)
    await ayse.say("/start")
    welcome = await ayse.wait_for("Welcome")
    assert welcome.button_texts == ["Count"]

    query_id = await ayse.tap("Count")
    assert (await ayse.wait_for("One")).message_id == welcome.message_id
    await ayse.wait_answered(query_id)
    assert ayse.last_toast == "counted"

    await ayse.say("hello")
    await ayse.wait_for("you said hello")
    await ayse.upload(b"12345", "five.bin")
    await ayse.wait_for("5 bytes")
    assert "Ayşe: hello\nBot: you said hello" in ayse.screen()


@pytest.fixture
async def ptb(running: RunningSandbox) -> AsyncIterator[Bot]:
    async with Bot(running.token, base_url=running.bot_url, base_file_url=running.file_url) as bot:
        yield bot


async def test_files_albums_and_media_edits(ptb: Bot, ayse: SandboxChat) -> None:
    sent = await ptb.send_message(AYSE, "soon")
    edited = await ptb.edit_message_media(InputMediaPhoto(png(), caption="QR"), AYSE, sent.message_id)
    assert not isinstance(edited, bool)
    assert len(edited.photo) == 3
    again = await ptb.edit_message_media(InputMediaPhoto(png(colour="navy")), AYSE, sent.message_id)
    assert not isinstance(again, bool)
    assert again.photo[-1].file_id != edited.photo[-1].file_id
    album = await ptb.send_media_group(AYSE, [InputMediaPhoto(png()), InputMediaPhoto(png((9, 9)))])
    assert len({message.media_group_id for message in album}) == 1
    document = await ptb.send_document(AYSE, b"report", filename="report.csv", caption="Report")
    assert document.document is not None
    shown = await ayse.wait_for("Report")
    assert shown.document is not None
    assert (shown.document["name"], await ayse.download(shown)) == ("report.csv", b"report")
    file = await (await ptb.get_file(document.document.file_id)).download_as_bytearray()
    assert bytes(file) == b"report"


async def test_refusals_become_its_errors(ptb: Bot, ayse: SandboxChat, client: SandboxClient) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await ptb.send_message(DENIZ, "x")
    sent = await ptb.send_message(AYSE, "x")
    with pytest.raises(BadRequest, match="Message is not modified"):
        await ptb.edit_message_text("x", AYSE, sent.message_id)
    await ayse.block()
    with pytest.raises(Forbidden):
        await ptb.send_message(AYSE, "x")
    await ayse.block(False)
    await client.fault("flood", "sendMessage", retry_after=30)
    with pytest.raises(RetryAfter):
        await ptb.send_message(AYSE, "x")
    await client.fault("drop_before", "sendMessage")
    with pytest.raises(NetworkError):
        await ptb.send_message(AYSE, "x")
    await client.fault("silence", "sendMessage")
    with pytest.raises(TimedOut):
        await ptb.send_message(AYSE, "perhaps", read_timeout=0.2)
    assert await ayse.wait_for("perhaps")


async def test_the_profile_of_the_bot(ptb: Bot, ayse: SandboxChat) -> None:
    await ptb.set_my_commands([("start", "Home"), ("help", "Help")])
    await ayse.refresh()
    assert [command["command"] for command in ayse.state["commands"]] == ["start", "help"]
    assert (await ptb.get_chat(AYSE)).first_name == "Ayşe"
    assert (await ptb.get_chat_member(AYSE, AYSE)).status == "member"
