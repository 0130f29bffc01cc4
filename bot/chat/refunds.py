"""Gives Stars back: asks Telegram outside any transaction, and goes on after a restart."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.chat.payments import admins_of, tell_all, went_back
from bot.tasks import Bell
from bot.texts import plain, say
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict
from domain.kernel.unit import Store
from domain.operators.activity import Activity, Topic
from domain.scheduler.unit import Unit
from domain.wallet import buying
from domain.wallet.buying import CURRENCY, Charge
from domain.wallet.orders import Payment

log = structlog.get_logger(__name__)

#: Waits between tries of one refund, in seconds; the last one repeats.
BACKOFF: Final = (5, 15, 60, 300)
LOOK_AGAIN: Final = 30.0
#: While one has to be tried again, seconds.
LOOK_SOON: Final = 2.0

#: Telegram's word for a refund that had reached it before: what was wanted is so. (The library changes its
#: capitals.)
ALREADY: Final = "charge_already_refunded"


class Refunds:
    """Works payments that are `refunding`."""

    def __init__(self, bot: Bot, store: Store[Unit], clock: Clock, admin_ids: frozenset[int]) -> None:
        self.bot, self.store, self.clock, self.admin_ids = bot, store, clock, admin_ids
        self._bell = Bell()
        #: By charge: how often it failed, and not before when it is tried again.
        self._later: dict[str, tuple[int, datetime]] = {}

    def poke(self) -> None:
        self._bell.ring()

    async def run(self) -> None:
        while True:
            try:
                await self.work()
            except Exception as error:
                # A fault of the store (a full disk) must not end refunds for good.
                log.error("refunds not worked", exc_info=error)
            await self._bell.wait(LOOK_SOON if self._later else LOOK_AGAIN)

    async def work(self) -> None:
        """Everything that waits, once, as far as it is due."""
        async with self.store.read() as unit:
            waiting = await unit.orders.refunding()
        names = {payment.charge_id for payment in waiting}
        self._later = {name: later for name, later in self._later.items() if name in names}
        for payment in waiting:
            _, due = self._later.get(payment.charge_id, (0, self.clock.now()))
            if due <= self.clock.now():
                await self._refund(payment)

    async def _refund(self, payment: Payment) -> None:
        try:
            await self.bot.refund_star_payment(payment.telegram_id, payment.charge_id)
        except (BadRequest, Forbidden) as error:
            if ALREADY not in error.message.casefold():
                return await self._refused(payment, error.message)
        except TelegramError as error:
            return self._put_off(payment, type(error).__name__)
        await self._done(payment)
        return None

    def _put_off(self, payment: Payment, error: str) -> None:
        tries, _ = self._later.get(payment.charge_id, (0, None))
        wait = BACKOFF[min(tries, len(BACKOFF) - 1)]
        self._later[payment.charge_id] = (tries + 1, self.clock.now() + timedelta(seconds=wait))
        log.warning("refund put off", charge=payment.charge_id, error=error, wait=wait)

    async def _done(self, payment: Payment) -> None:
        """The message that Telegram puts into the chat may have told it already."""
        charge = Charge(
            charge_id=payment.charge_id, payload="", telegram_id=payment.telegram_id, stars=payment.stars,
            currency=CURRENCY,
        )  # fmt: skip
        at = self.clock.now()
        try:
            async with self.store.write() as unit:
                before = await buying.stars_went_back(unit, charge, at=at)
                if before is not None:
                    admins = await admins_of(unit, self.admin_ids)
                    await went_back(unit, before, admins=admins, at=at)
                await unit.commit()
        except Conflict:
            log.info("refund was noted meanwhile", charge=payment.charge_id)

    async def _refused(self, payment: Payment, why: str) -> None:
        """For good, as far as Telegram is concerned: what was taken is given again, and the admins look."""
        log.warning("refund refused", charge=payment.charge_id, error=why)
        at = self.clock.now()
        async with self.store.write() as unit:
            if await buying.refund_refused(unit, payment.charge_id, at=at) is not None:
                text = say("payment.not_refunded", stars=payment.stars, receipt=payment.charge_id, why=why)
                key = f"not_refunded:{payment.charge_id}:{at.isoformat()}"
                await tell_all(unit, await admins_of(unit, self.admin_ids), key, text, at=at)
                await self._note_refused(unit, payment, at=at)
            await unit.commit()

    async def _note_refused(self, unit: Unit, payment: Payment, *, at: datetime) -> None:
        """In both logs, where the refund stands too; a stray is in the desk's alone."""
        for log_of in {payment.workspace_id, None}:
            await unit.activity.add(
                Activity(
                    workspace_id=log_of, at=at, telegram_id=None, who=plain("log.masssender"),
                    topic=Topic.MONEY, what="payment.not_refunded", screen="", about=payment.charge_id,
                    after={"stars": payment.stars, "points": payment.points},
                )
            )  # fmt: skip
