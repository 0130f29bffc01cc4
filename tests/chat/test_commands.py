"""Every command that the menu lists or that may be typed is answered."""

import re
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.app import MENU
from bot.screens.base import COMMANDS
from bot.texts import en, has, plain
from tests.chat.shop import enter, open_shop
from tests.chat.stage import STRANGER, register, stage

#: What is typed, and what is then on screen.
ANSWERS = {
    "start": "can be messaged",
    "campaigns": "Campaigns",
    "contacts": "Contacts",
    "link": "WhatsApp",
    "help": "How it works",
    "new": "1 of 7",
    "cancel": "Left.",
    "terms": "Message only people who agreed",
    "inbox": "Nothing is open",
    "hours": "Active hours",
    "rules": "Automatic answers",
    "topics": "Conversations in a Telegram group",
    "settings": "Time zone",
    "team": "Team of Bakery",
    "balance": "Points available",
    "paysupport": "Write what went wrong",
    "admin": "The desk",
    "status": "Telegram answered",
    "simulate": "No simulated phones",
    "dev_reset": "It cannot be undone",
}


async def test_every_command_answers_a_member(tmp_path: Path) -> None:
    assert set(ANSWERS) == set(COMMANDS)
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await shop.draft()
        await enter(chat)
        for name, words in ANSWERS.items():
            await chat.say(f"/{name}")
            await chat.wait_for(words)
        await chat.say("/HELP@MassSenderBot")
        await chat.wait_for("How it works")


async def test_help_lists_every_command_with_what_it_is_for(tmp_path: Path) -> None:
    """A missing text would leave the reader on Home, with no word of why."""
    for name in COMMANDS:
        assert has(f"command.{name}"), name
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        await enter(on.ayse)
        await on.ayse.say("/help")
        shown = await on.ayse.wait_for("How it works")
        for name in set(COMMANDS) - {"admin", "status"}:
            assert f"/{name} – {plain(f'command.{name}')}" in shown.words, name
        listed = re.findall(r"^/(\w+) – ", shown.words, re.MULTILINE)
        assert listed[:4] == ["start", "link", "contacts", "new"]  # in the order of the first steps
        assert listed.index("cancel") < listed.index("hours") < listed.index("simulate")


async def test_a_screen_that_lacks_a_text_says_so_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        await enter(on.ayse)
        await on.ayse.say("/terms")
        await on.ayse.wait_for("Message only people who agreed")
        monkeypatch.delitem(en.TEXTS, "command.topics")
        with capture_logs() as logged:
            await on.ayse.say("/help")
            await on.ayse.wait_for("Three steps")
    [told] = [line for line in logged if line["event"] == "screen not drawn"]
    assert told["log_level"] == "error" and told["screen"] == "help" and "command.topics" in told["missing"]


async def test_the_menu_holds_what_can_be_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await register(on.ayse)
        calls = await on.client.journal("setMyCommands")
        assert len(calls) == 1
    assert set(MENU) <= set(COMMANDS)


@pytest.mark.parametrize("text", ["/help", "/new", "/frobnicate", "hello"])
async def test_a_stranger_is_told_the_same_whatever_they_type(tmp_path: Path, text: str) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        chat = on.client.chat(STRANGER)
        await chat.say(text)
        shown = await chat.wait_for("This desk is private")
        assert shown.buttons == [] and str(STRANGER) in shown.words


async def test_cancel_leaves_a_question_and_keeps_the_draft(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await chat.say("/new")
        await chat.tap("everybody")
        await chat.wait_for("2 of 7")
        await chat.say("/cancel")
        await chat.wait_for("Left.")
        await chat.say("Hello {name}")
        await chat.wait_for("I was not waiting for a text")
        async with on.store.read() as unit:
            [draft], _ = await unit.campaigns.of_workspace(shop.space)
        assert draft.text == ""
