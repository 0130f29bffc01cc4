"""What becomes of an update that failed by a fault of ours."""

import secrets

import structlog
from telegram import Bot
from telegram.error import TelegramError

from bot.chat.secret_texts import forget_if_secret
from bot.screens.base import Desk
from bot.texts import say
from domain.operators.chat import InboxUpdate

log = structlog.get_logger(__name__)


async def set_aside(desk: Desk, bot: Bot, row: InboxUpdate, error: BaseException) -> None:
    """It is not worked again; the chat is told, with a reference that stands in the log."""
    reference = secrets.token_hex(4)
    log.error("update failed", reference=reference, seq=row.seq, exc_info=error)
    async with desk.store.write() as unit:
        await forget_if_secret(unit, row)
        await unit.chat.set_aside(row.seq, error=reference, at=desk.clock.now())
        await unit.commit()
    if row.lane_key:
        try:
            await bot.send_message(row.lane_key, say("trouble", "en", reference=reference))
        except TelegramError as silence:
            log.info("trouble not told", error=type(silence).__name__)
