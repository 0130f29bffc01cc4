"""Pre-checkout queries: may this be paid? Telegram asks before any Star moves, and is answered ahead of all
else."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog
from telegram import Bot, PreCheckoutQuery
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.tasks import TaskOwner
from bot.texts import plain
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.operators.chat import InboxUpdate
from domain.operators.model import Right
from domain.scheduler.unit import Unit
from domain.wallet import buying
from domain.wallet.model import Tariff
from domain.wallet.orders import PaymentRefused

log = structlog.get_logger(__name__)

#: Telegram gives a bot ten seconds to answer a pre-checkout; after that nobody is waiting for it.
TIME_TO_ANSWER: Final = timedelta(seconds=10)
#: Trying ends a little before, and one try does not use it all up. Seconds.
TRYING: Final = 9.0
ONE_TRY: Final = 3.0
BETWEEN_TRIES: Final = 0.5


class Checkout:
    """Answers pre-checkout queries, each in a task of its own: what waits in the lanes holds up none."""

    def __init__(self, bot: Bot, store: Store[Unit], clock: Clock, tariff: Tariff, tasks: TaskOwner) -> None:
        self.bot, self.store, self.clock, self.tariff, self.tasks = bot, store, clock, tariff, tasks
        self._working: set[int] = set()

    def put(self, row: InboxUpdate) -> None:
        if row.seq not in self._working:
            self._working.add(row.seq)
            self.tasks.start(f"checkout-{row.seq}", self.work(row))

    async def work(self, row: InboxUpdate) -> None:
        try:
            now = self.clock.now()
            if row.received_at is None or now - row.received_at < TIME_TO_ANSWER:
                await self._answer(row)
            async with self.store.write() as unit:
                await unit.chat.mark_done(row.seq, at=self.clock.now())
                await unit.commit()
        finally:
            self._working.discard(row.seq)

    async def _answer(self, row: InboxUpdate) -> None:
        query = PreCheckoutQuery.de_json(dict(row.payload["pre_checkout_query"]), self.bot)
        with suppress(TimeoutError):
            async with asyncio.timeout(TRYING):
                why = await self._why_not(query)
                while True:
                    if await self._told(query.id, why):
                        return
                    await asyncio.sleep(BETWEEN_TRIES)
        log.warning("pre-checkout not answered in time", seq=row.seq)

    async def _why_not(self, query: PreCheckoutQuery) -> str | None:
        """The sentence that refuses it, or None. A fault of ours must not take money either."""
        try:
            async with self.store.read() as unit:
                return await why_not(unit, query, tariff=self.tariff, now=self.clock.now())
        except Exception as error:
            log.error("pre-checkout not looked up", exc_info=error)
            return plain("payment.trouble")

    async def _told(self, id: str, why: str | None) -> bool:
        """False when it is worth another try."""
        try:
            await self.bot.answer_pre_checkout_query(
                id, ok=why is None, error_message=why, read_timeout=ONE_TRY, write_timeout=ONE_TRY,
                connect_timeout=ONE_TRY, pool_timeout=ONE_TRY,
            )  # fmt: skip
        except (BadRequest, Forbidden) as late:
            log.info("pre-checkout not taken", error=type(late).__name__)
        except RetryAfter as flood:
            wait = flood.retry_after
            await asyncio.sleep(wait if isinstance(wait, int | float) else wait.total_seconds())
            return False
        except TelegramError as error:
            log.warning("pre-checkout not answered", error=type(error).__name__)
            return False
        return True


async def why_not(unit: Unit, query: PreCheckoutQuery, *, tariff: Tariff, now: datetime) -> str | None:
    """In plain words, in the language of the workspace; None when it may be paid."""
    order = await unit.orders.by_payload(query.invoice_payload)
    payer = query.from_user.id
    try:
        order = buying.check(
            order, tariff=tariff, telegram_id=payer, stars=query.total_amount, currency=query.currency,
            now=now,
        )  # fmt: skip
        members = await unit.operators.members(order.workspace_id)
        if not any(m.telegram_id == payer and Right.OWN in m.role.rights for m in members):
            raise PaymentRefused("role")
    except PaymentRefused as refused:
        language = (await unit.operators.workspace(order.workspace_id)).language if order else "en"
        return plain(f"refused.{refused.code}", language)
    return None
