"""The little answer that every tap gets."""

from dataclasses import replace

import structlog
from telegram import CallbackQuery
from telegram.error import TelegramError

from bot.chat.standing import present
from bot.chat.view import LONGEST_TOAST
from bot.screens import first_contact
from bot.screens.base import Go, Scene
from bot.texts import plain

log = structlog.get_logger(__name__)


async def answer_tap(query: CallbackQuery, go: Go) -> None:
    """If Telegram has forgotten the tap, no matter."""
    try:
        toast = go.toast[:LONGEST_TOAST] if go.toast else None
        await query.answer(toast, show_alert=bool(toast) and go.alert)
    except TelegramError as error:
        log.info("tap not answered", error=type(error).__name__)


async def stale_button(scene: Scene) -> Go:
    """Of another version; how things stand now is shown."""
    if scene.member is None:
        return await first_contact.knock(scene)
    return replace(await present(scene), toast=plain("stale.button", scene.language))
