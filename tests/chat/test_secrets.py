"""A secret in the chat is taken out of it at once, and kept nowhere as it was written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import demo_number
from bot.chat.sealed_updates import SealedUpdates
from bot.sandbox.client import SandboxChat
from bot.tour import picture
from bot.vault import Vault
from tests.chat.shop import Shop, enter, open_shop
from tests.chat.stage import AYSE, KEY, Stage, stage
from tests.contract.cloud_standin.stage import Stage as WhatsApp
from tests.contract.cloud_standin.stage import stage as whatsapp
from whatsapp.client import build_cloud_client

APP_SECRET = "0123456789abcdef" * 2


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[tuple[Stage, WhatsApp, Shop, SandboxChat]]:
    """The whole bot, with WhatsApp's stand-in behind it."""
    async with (
        whatsapp() as there,
        build_cloud_client() as client,
        stage(folder, official=(f"{there.standin.url}/v23.0", client)) as on,
        on.running(),
    ):
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        yield on, there, shop, chat


async def begin_adding(chat: SandboxChat) -> None:
    await chat.say("/link")
    await chat.tap("Add a Cloud API number")
    await chat.wait_for("1 of 2")


async def ask_for_token(there: WhatsApp, chat: SandboxChat) -> None:
    await begin_adding(chat)
    await chat.say(there.account["phone_number_id"])
    await chat.wait_for("2 of 2")


def written(chat: SandboxChat) -> str:
    """All that stands in the chat now."""
    return "\n".join(message.words for message in chat.newest_first())


async def kept(on: Stage) -> str:
    """Everything the chat's tables hold."""
    async with on.store.connection() as db:
        rows = [
            str(row)
            for table in ("chat_inbox", "panels", "prompts", "notices", "activity", "cloud_accounts")
            for row in await db.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
        ]
    return "\n".join(rows)


def files_of(folder: Path) -> bytes:
    """The database as it lies on the disk, with what belongs to it."""
    return b"".join(path.read_bytes() for path in folder.glob("masssender.db*"))


async def test_a_token_is_deleted_from_the_chat_at_once_and_kept_sealed(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        await ask_for_token(there, chat)
        token = there.account["token"]
        await chat.say(token)
        panel = await chat.wait_for("is connected")
        assert "🗑 Your message is deleted from this chat." in panel.words
        assert "New people a day" in panel.words
        assert token not in written(chat)
        assert token not in await kept(on)
        calls = [call["method"] for call in await on.client.journal()]
        assert calls.index("deleteMessage") < len(calls) - 1 - calls[::-1].index("sendMessage")


async def test_a_token_that_is_refused_is_deleted_as_well_and_asked_for_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        await ask_for_token(there, chat)
        wrong = "EAA" + "w" * 60
        await chat.say(wrong)
        panel = await chat.wait_for("does not accept this access token")
        assert "Your message is deleted" in panel.words
        assert wrong not in written(chat) + await kept(on)
        await chat.say(there.account["token"])
        await chat.wait_for("is connected")


async def test_it_is_said_when_telegram_does_not_delete_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        await ask_for_token(there, chat)
        await on.client.fault(
            "error", "deleteMessage", status=400, times=1,
            description="Bad Request: message can't be deleted for everyone",
        )  # fmt: skip
        await chat.say(there.account["token"])
        panel = await chat.wait_for("is connected")
        assert "did not let me delete your message. Delete it yourself" in panel.words
        assert there.account["token"] not in await kept(on)


async def test_a_token_that_nobody_asked_for_does_not_stay_either(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        await ask_for_token(there, chat)
        await chat.say("/cancel")
        await chat.wait_for("Left.")
        await chat.say(there.account["token"])
        panel = await chat.wait_for("I did not ask for one")
        assert "Your message is deleted" in panel.words
        assert there.account["token"] not in written(chat) + await kept(on)


async def test_a_token_in_a_sentence_adds_the_number_and_never_stands_in_any_file(tmp_path: Path) -> None:
    async with desk(tmp_path) as (_, there, _, chat):
        await ask_for_token(there, chat)
        token = there.account["token"]
        await chat.say(f"Here it is:\n{token}\n(hope that works)")
        panel = await chat.wait_for("is connected")
        assert "Your message is deleted" in panel.words
        assert token not in written(chat)
        # The log of the database as well as the database: what is overwritten stays in its pages for long.
        assert token.encode() not in files_of(tmp_path)
    assert token.encode() not in files_of(tmp_path)


@asynccontextmanager
async def killed_with_a_token(folder: Path, vault: Vault) -> AsyncIterator[tuple[Stage, WhatsApp]]:
    """The question for the token is open; its answer was stored by a process that was killed then."""
    async with (
        whatsapp() as there,
        build_cloud_client() as client,
        stage(folder, official=(f"{there.standin.url}/v23.0", client)) as on,
    ):
        async with on.running():
            await open_shop(on)
            await enter(on.ayse)
            await ask_for_token(there, on.ayse)
        person = {"id": AYSE, "is_bot": False, "first_name": "Ayşe"}
        message = {
            "message_id": 999_999, "date": 1_700_000_000, "chat": {"id": AYSE, "type": "private"},
            "from": person, "text": there.account["token"],
        }  # fmt: skip
        kept = SealedUpdates(vault).close({"update_id": 999_999, "message": message})
        async with on.store.write() as unit:
            bot_id = on.sandbox.sandbox.bot.id
            await unit.chat.add_updates(bot_id, [(999_999, AYSE, kept)], at=on.clock.now())
            await unit.commit()
        yield on, there


async def test_a_token_that_a_killed_process_left_sealed_is_worked(tmp_path: Path) -> None:
    async with killed_with_a_token(tmp_path, Vault(KEY)) as (on, there), on.running():
        await on.ayse.wait_for("is connected")
        assert there.account["token"].encode() not in files_of(tmp_path)


async def test_what_another_secret_key_sealed_is_set_aside_and_said(tmp_path: Path) -> None:
    async with killed_with_a_token(tmp_path, Vault(b"another key" * 4)) as (on, _), on.running():
        await on.ayse.wait_for("wrong")
        assert "sealed" not in await kept(on)


async def test_a_token_in_a_caption_or_behind_a_command_does_not_stay_either(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        token = there.account["token"]
        await chat.upload(b"name,phone\n", "people.csv", kind="document", caption=f"see {token}")
        await chat.wait_for("Your message is deleted")
        await chat.say(f"/token {token}")
        await chat.wait_for("Your message is deleted")
        assert token not in written(chat) + await kept(on)
        assert token.encode() not in files_of(tmp_path)


@pytest.mark.parametrize("unmarked", [False, True], ids=["as Meta makes them", "as the demo's"])
async def test_a_token_that_comes_before_the_id_is_taken_and_kept_sealed(
    tmp_path: Path, unmarked: bool
) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        token = there.account["token"]
        if unmarked:
            token = demo_number.TOKEN
            await there.control("POST", "tokens", {"token": token, "app_id": there.account["app_id"]})
        await begin_adding(chat)
        await chat.say(f"the token is {token}")
        panel = await chat.wait_for("Now I need the Phone number ID")
        assert "Your message is deleted" in panel.words
        assert token not in written(chat) + await kept(on)
        await chat.say(there.account["phone_number_id"])
        await chat.wait_for("is connected")
        assert token not in written(chat) + await kept(on)
        assert token.encode() not in files_of(tmp_path)


async def test_a_token_whose_number_was_named_wrongly_waits_sealed_for_the_right_id(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        token = there.account["token"]
        await begin_adding(chat)
        await chat.say("999999999999999")
        await chat.wait_for("2 of 2")
        await chat.say(f"“{token}”")
        panel = await chat.wait_for("I keep the access token meanwhile")
        assert "Your message is deleted" in panel.words and "1 of 2" in panel.words
        assert token not in written(chat) + await kept(on)
        await chat.say(f"my id is {there.account['phone_number_id']} thanks")
        await chat.wait_for("is connected")
        assert token.encode() not in files_of(tmp_path)


async def test_a_token_where_the_business_account_is_asked_for_is_neither_kept_nor_repeated(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        await there.control("POST", f"numbers/{there.account['phone_number_id']}", {"tells_waba": False})
        await ask_for_token(there, chat)
        await chat.say(there.account["token"])
        await chat.wait_for("WhatsApp Business Account ID")
        await chat.say(demo_number.TOKEN)
        panel = await chat.wait_for("That is no WhatsApp Business Account ID")
        assert "Your message is deleted" in panel.words
        assert demo_number.TOKEN not in written(chat) + await kept(on)
        assert demo_number.TOKEN.encode() not in files_of(tmp_path)


async def test_a_token_is_no_answer_to_a_question_about_something_else(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        token = there.account["token"]
        await chat.say("/contacts")
        await chat.tap("Search")
        await chat.wait_for("name")
        await chat.say(f"the token is {token}")
        panel = await chat.wait_for("I did not ask for one")
        assert "Your message is deleted" in panel.words
        assert token not in written(chat) + await kept(on)


async def test_an_app_secret_is_deleted_and_sealed_alike(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        await ask_for_token(there, chat)
        await chat.say(there.account["token"])
        await chat.wait_for("is connected")
        await chat.tap("Webhook")
        await chat.wait_for("https://desk.example/webhooks/whatsapp")
        await chat.tap("Give the app secret")
        await chat.wait_for("App settings")
        await chat.say(f"It says {APP_SECRET} there.")
        panel = await chat.wait_for("The app secret is kept")
        assert "Your message is deleted" in panel.words
        assert APP_SECRET not in written(chat) + await kept(on)
        assert APP_SECRET.encode() not in files_of(tmp_path)


async def test_a_file_that_whatsapp_refuses_is_refused_before_it_is_fetched(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, there, _, chat):
        await ask_for_token(there, chat)
        await chat.say(there.account["token"])
        await chat.wait_for("is connected")
        async with on.store.write() as unit:
            [account] = [one for one in await unit.accounts.all() if one.channel == "cloud"]
            await unit.accounts.set_default(account.id)
            await unit.commit()
        await chat.say("/new")
        await chat.wait_for("1 of 7")
        await chat.tap("everybody")
        await chat.wait_for("Send from which number?")
        await chat.tap("Cloud API")
        await chat.wait_for("2 of 7")
        await chat.tap("spring")
        await chat.wait_for("What goes into the blanks")
        await chat.tap("Continue")
        await chat.wait_for("a picture at its top")
        await chat.upload(b"%PDF-1.4", "menu.pdf", kind="document")
        await chat.wait_for("At the top of this template stands a photo")
        assert await on.client.journal("getFile") == []
        await chat.upload(picture(), "cake.jpg", kind="photo")
        await chat.wait_for("4 of 7")
        assert len(await on.client.journal("getFile")) == 1
