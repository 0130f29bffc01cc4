"""What becomes of an update that failed by a fault of ours, and of one that came too late."""

import secrets

import structlog
from telegram import Bot
from telegram.error import TelegramError

from bot.chat.secret_texts import forget_if_secret
from bot.screens.base import Desk
from bot.texts import say
from domain.contacts.forgetting import PersonGone
from domain.kernel.errors import DomainError, NotFound
from domain.operators.chat import InboxUpdate
from domain.scheduler.unit import Unit

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


async def gone_by(unit: Unit, chat_id: int, tapped: int | None, error: DomainError) -> DomainError:
    """Why what an old message names is not there: the person was forgotten. Else the refusal as it is."""
    if tapped is None or not isinstance(error, NotFound):
        return error
    told = await unit.tellings.stands_for(chat_id, tapped)
    return error if told is None or told.forgotten_at is None else PersonGone(at=told.forgotten_at)
