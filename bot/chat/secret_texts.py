"""Answers that are secret: a token, an app's secret. They do not stay in the chat, nor in the inbox."""

import re
from typing import Final

import structlog
from telegram import Bot, Message
from telegram.error import TelegramError

from bot.chat.standing import elsewhere, noted
from bot.screens.base import BEFORE_TEXT, RULES, SECRETS, Before, Door, Go, Scene
from bot.texts import Html, say
from domain.operators.chat import Prompt
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: An access token of Meta's, sent when nobody asked for one: after a question that was left, say.
TOKEN: Final = re.compile(r"EAA[A-Za-z0-9_-]{40,}")
#: What Telegram says of a message that is gone already: this update was worked before, up to here.
GONE: Final = "message to delete not found"


async def taken_away(bot: Bot, message: Message, asked: Prompt | None) -> str | None:
    """The key of the sentence that says whether the message is out of the chat; None when it is no secret."""
    is_asked_for = asked is not None and asked.kind in SECRETS
    if not is_asked_for and TOKEN.fullmatch((message.text or "").strip()) is None:
        return None
    try:
        await bot.delete_message(message.chat_id, message.message_id)
    except TelegramError as error:
        if GONE not in error.message.lower():
            log.warning("a secret stays in the chat", chat=message.chat_id, error=type(error).__name__)
            return "secret.stays"
    return "secret.deleted"


def bring_for(asked: Prompt | None, text: str) -> Before | None:
    """What the answer needs of the network; nothing for those who may not answer, or work elsewhere now."""
    ask = BEFORE_TEXT.get(asked.kind) if asked is not None else None
    if asked is None or ask is None:
        return None

    async def bring(scene: Scene) -> object:
        if not scene.may(RULES[Door.TEXT, asked.kind]) or elsewhere(asked.args, scene):
            return None
        return await ask(scene, asked, text)

    return bring


def said_too(go: Go, key: str | None, language: str) -> Go:
    """With what became of the message, after whatever else is said."""
    if key is None:
        return go
    note, sentence = go.args.get("note"), say(key, language)
    return noted(go, Html(f"{note}\n\n{sentence}") if note else sentence)


async def forget_if_secret(unit: Unit, seq: int, chat_id: int) -> None:
    """For an update that failed: the question that it answered is still open."""
    asked = await unit.chat.prompt(chat_id)
    if asked is not None and asked.kind in SECRETS:
        await unit.chat.forget_words(seq)
