"""Secrets in the chat: a token, an app's secret. They do not stay there, nor are they stored as they were
written (bot/chat/sealed_updates.py)."""

from collections.abc import Iterator
from typing import Any, Final

import structlog
from telegram import Bot, Message
from telegram.error import TelegramError

from bot.chat.asked import questions
from bot.chat.sealed_updates import is_sealed
from bot.chat.standing import elsewhere, noted, present
from bot.cloud_answers import APP_SECRET, LONG_WORD, TOKEN, TOKEN_ALONE
from bot.screens.base import BEFORE_TEXT, RULES, SECRETS, Before, Door, Go, Scene
from bot.texts import Html, say
from domain.operators.chat import InboxUpdate, Prompt
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: Questions that are no secret themselves, and stand beside those that are: a token may be sent here instead.
BESIDE: Final = frozenset({"cloud.id", "cloud.waba"})
#: What Telegram says of a message that is gone already: this update was worked before, up to here.
GONE: Final = "message to delete not found"
#: Where words stand in a message. Elsewhere, in the ids of files, anything may look like a token.
_WORDS: Final = frozenset({"text", "caption", "url"})


def words_of(message: object) -> Iterator[str]:
    """All that is written in a message as Telegram describes it, also in what it quotes and links to."""
    if isinstance(message, dict):
        for key, value in message.items():
            if isinstance(value, str):
                yield from (value,) if key in _WORDS else ()
            else:
                yield from words_of(value)
    elif isinstance(message, list | tuple):
        for one in message:
            yield from words_of(one)


def is_asked_for(asked: Prompt | None) -> bool:
    return asked is not None and asked.kind in SECRETS


def may_come(asked: Prompt | None) -> bool:
    """Whether the answer deals with secrets itself, asked for or not."""
    return is_asked_for(asked) or (asked is not None and asked.kind in BESIDE)


def _is_long(text: str, asked: Prompt | None) -> bool:
    return may_come(asked) and LONG_WORD.search(text) is not None


def may_hold_secret(message: dict[str, Any], asked: Prompt | None) -> bool:
    """Whether it is to be stored sealed: rather once too often."""
    words = list(words_of(message))
    looks_like = any(TOKEN.search(text) or APP_SECRET.search(text) or _is_long(text, asked) for text in words)
    return looks_like or (bool(words) and is_asked_for(asked))


async def taken_away(bot: Bot, message: Message, asked: Prompt | None) -> str | None:
    """The key of the sentence that says whether the message is out of the chat; None when it is no secret."""
    answers = is_asked_for(asked) and bool(message.text or message.caption)
    own = {key: value for key, value in message.to_dict().items() if key != "reply_to_message"}
    if not answers and not any(TOKEN_ALONE.search(text) or _is_long(text, asked) for text in words_of(own)):
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


async def not_an_answer(scene: Scene) -> Go:
    """To a question that asks for something else: taken for its answer, a token would be kept as it is."""
    return noted(await present(scene), say("secret.unasked", scene.language))


def said_too(go: Go, key: str | None, language: str) -> Go:
    """With what became of the message, after whatever else is said."""
    if key is None:
        return go
    note, sentence = go.args.get("note"), say(key, language)
    return noted(go, Html(f"{note}\n\n{sentence}") if note else sentence)


async def forget_if_secret(unit: Unit, row: InboxUpdate) -> None:
    """For an update that failed: the question that it answered is still open."""
    if is_sealed(row.payload) or any(map(is_asked_for, await questions(unit, row.lane_key))):
        await unit.chat.forget_words(row.seq)
