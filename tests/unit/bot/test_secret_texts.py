"""Whether a message with a secret is out of the chat, and what is said of it."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from telegram import Bot, Chat, Message
from telegram.error import BadRequest, TelegramError, TimedOut

from bot.chat.secret_texts import taken_away
from domain.operators.chat import Prompt

ASKED = Prompt(chat_id=7, kind="cloud.token")
OTHER = Prompt(chat_id=7, kind="contacts.search")
TOKEN = "EAA" + "x" * 60


class OneBot:
    """Answers a deletion with that error, if any; remembers what it was told to delete."""

    def __init__(self, error: TelegramError | None = None) -> None:
        self.error = error
        self.deleted: list[tuple[int, int]] = []

    async def delete_message(self, chat_id: int, message_id: int) -> bool:
        self.deleted.append((chat_id, message_id))
        if self.error is not None:
            raise self.error
        return True


def said(text: str) -> Message:
    return Message(message_id=5, date=datetime.now(UTC), chat=Chat(id=7, type="private"), text=text)


async def outcome(bot: OneBot, text: str, asked: Prompt | None) -> str | None:
    return await taken_away(cast(Bot, cast(Any, bot)), said(text), asked)


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (None, "secret.deleted"),
        # The update was worked before, up to here, by a process that was killed.
        (BadRequest("Message to delete not found"), "secret.deleted"),
        (BadRequest("Message can't be deleted for everyone"), "secret.stays"),
        (TimedOut(), "secret.stays"),
    ],
)
async def test_what_became_of_the_message_is_said(error: TelegramError | None, key: str) -> None:
    bot = OneBot(error)
    assert await outcome(bot, "whatever was typed", ASKED) == key
    assert bot.deleted == [(7, 5)]


@pytest.mark.parametrize("asked", [OTHER, None])
async def test_a_token_goes_whatever_was_asked_and_other_words_stay(asked: Prompt | None) -> None:
    bot = OneBot()
    assert await outcome(bot, f" {TOKEN}\n", asked) == "secret.deleted"
    assert await outcome(bot, f"my token is {TOKEN[:20]}", asked) is None
    assert bot.deleted == [(7, 5)]
