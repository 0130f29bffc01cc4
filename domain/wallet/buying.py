"""Buying with Telegram Stars: order, check before the payment, credit once; and giving the Stars back.

A refund has two steps, because Telegram cannot be asked inside a transaction: `refund` takes back what was
bought and notes that the Stars are to go back; whoever asks Telegram then tells `stars_went_back`, or
`refund_refused` when Telegram will not.
"""

import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import MemberId, OrderId, WorkspaceId
from domain.wallet.model import Entry, EntryKind, NoPlanToTake, Pack, Plan, Tariff, Wallet
from domain.wallet.orders import (
    ORDER_LIFETIME,
    Order,
    OrderState,
    OrderStore,
    Payment,
    PaymentRefused,
    PaymentState,
    refund_key,
)
from domain.wallet.ports import WalletStore

#: Telegram Stars.
CURRENCY: Final = "XTR"
#: Random bytes in the name of an order; as text they are 32 of the 128 bytes that Telegram carries.
PAYLOAD_BYTES: Final = 24

#: What may be refunded, and where it goes back to when Telegram will not.
REFUNDABLE: Final = frozenset({PaymentState.CREDITED, PaymentState.STRAY})

A_DAY: Final = timedelta(days=1)


class Till(Protocol):
    """What buying stands on; a unit of work is one."""

    @property
    def orders(self) -> OrderStore: ...

    @property
    def wallet(self) -> WalletStore: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Stars that moved, as Telegram tells it. `telegram_id` paid, or got them back."""

    charge_id: str
    payload: str
    telegram_id: int
    stars: int
    currency: str


async def order(
    till: Till, offer: Pack | Plan, *, workspace_id: WorkspaceId, member_id: MemberId, telegram_id: int,
    at: datetime,
) -> OrderId:  # fmt: skip
    """Note what is asked for, and by whom; nobody can guess its payload."""
    points, days = (offer.points, 0) if isinstance(offer, Pack) else (0, offer.days)
    return await till.orders.create(
        workspace_id=workspace_id, member_id=member_id, telegram_id=telegram_id,
        payload=secrets.token_urlsafe(PAYLOAD_BYTES), points=points, days=days, stars=offer.stars, at=at,
    )  # fmt: skip


def check(
    order: Order | None, *, tariff: Tariff, telegram_id: int, stars: int, currency: str, now: datetime
) -> Order:
    """Whether this payment may be taken. Raises PaymentRefused: payer, closed or price (what was ordered is
    not sold for that any more: whoever pays an old invoice would pay too much, or too little)."""
    if order is not None and order.telegram_id != telegram_id:
        raise PaymentRefused("payer")
    if order is None or not is_open(order, now=now):
        raise PaymentRefused("closed")
    if (order.stars, CURRENCY) != (stars, currency) or not _is_sold(order, tariff):
        raise PaymentRefused("price")
    return order


def _is_sold(order: Order, tariff: Tariff) -> bool:
    if order.points:
        return Pack(points=order.points, stars=order.stars) in tariff.packs
    return Plan(days=order.days, stars=order.stars) in tariff.plans


def is_open(order: Order, *, now: datetime) -> bool:
    """A clock that was put back must not close it: only its age does."""
    return order.state is OrderState.OPEN and now - order.at < ORDER_LIFETIME


async def credit(till: Till, charge: Charge, *, at: datetime) -> Payment | None:
    """Give what was paid for, once a charge; None when this charge is known.

    Money that came is never refused: a second charge for one order is credited too, and one that fits no
    order is kept as a stray.
    """
    order = await till.orders.by_payload(charge.payload)
    if order is not None and not _fits(order, charge):
        order = None
    payment = Payment(
        charge_id=charge.charge_id, order_id=order.id if order else None,
        workspace_id=order.workspace_id if order else None, telegram_id=charge.telegram_id,
        points=order.points if order else 0, days=order.days if order else 0, stars=charge.stars,
        state=PaymentState.CREDITED if order else PaymentState.STRAY, at=at,
    )  # fmt: skip
    if not await till.orders.add_payment(payment):
        return None
    if order is not None:
        await till.orders.mark_paid(order.id)
        await _give(till, payment, order.member_id, at=at)
    return payment


def _fits(order: Order, charge: Charge) -> bool:
    paid = (charge.telegram_id, charge.stars, charge.currency)
    return paid == (order.telegram_id, order.stars, CURRENCY)


async def _give(till: Till, payment: Payment, member: MemberId, *, at: datetime) -> None:
    key = f"charge:{payment.charge_id}"
    if payment.points:
        bought = _entry(payment, EntryKind.PURCHASE, payment.points, key=key, at=at)
        await till.wallet.post(replace(bought, member_id=member))
    if payment.days:
        await till.wallet.change_plan(
            _workspace(payment), payment.days, key=key, at=at, member_id=member, note=payment.charge_id
        )


async def refund(
    till: Till, charge_id: str, *, at: datetime, by: MemberId | None = None, note: str | None = None
) -> Payment:
    """The first step: what was bought is taken back, and the Stars are to go back.

    Raises NotFound, Conflict (it is not there to be refunded any more), NotEnoughPoints (they are spent or
    held) or NoPlanToTake (the plan is over).
    """
    payment = await till.orders.payment(charge_id)
    if payment is None:
        raise NotFound(what="payment")
    if payment.state not in REFUNDABLE:
        raise Conflict()
    await till.orders.set_payment_state(charge_id, PaymentState.REFUNDING, expected=payment.state, at=at)
    note = note or charge_id
    if payment.points:
        key = refund_key(charge_id, at)
        taken = _entry(payment, EntryKind.REFUND, -payment.points, key=key, at=at)
        await till.wallet.post(replace(taken, member_id=by, note=note))
    if payment.days:
        await _take_days(till, payment, at=at, by=by, note=note)
    return replace(payment, state=PaymentState.REFUNDING)


async def _take_days(till: Till, payment: Payment, *, at: datetime, by: MemberId | None, note: str) -> None:
    """As many as are left of the plan, the day that has begun included. Raises NoPlanToTake."""
    space = _workspace(payment)
    wallet = await till.wallet.wallet(space, lock=True)
    if wallet.plan_until is None or wallet.plan_until <= at:
        raise NoPlanToTake()
    days, key = days_to_take(payment, wallet, at=at), refund_key(payment.charge_id, at)
    await till.wallet.change_plan(space, -days, key=key, at=at, member_id=by, note=note)


def days_to_take(payment: Payment, wallet: Wallet, *, at: datetime) -> int:
    """What a refund of that plan takes: what was bought, or what is left, a begun day as a whole one."""
    if wallet.plan_until is None or wallet.plan_until <= at:
        return 0
    return min(payment.days, -((at - wallet.plan_until) // A_DAY))


async def stars_went_back(till: Till, charge: Charge, *, at: datetime) -> Payment | None:
    """The second step, and as well what follows a refund that was made elsewhere: then points are taken as
    far as there are any, and the rest is owed. Returns the payment as it was before, None when this is
    known. A charge that we never heard of is kept, so that it will not be credited later.
    """
    payment = await till.orders.payment(charge.charge_id)
    if payment is None:
        unheard = Payment(
            charge_id=charge.charge_id, order_id=None, workspace_id=None, telegram_id=charge.telegram_id,
            points=0, days=0, stars=charge.stars, state=PaymentState.REFUNDED, at=at, refunded_at=at,
        )  # fmt: skip
        await till.orders.add_payment(unheard)
        return replace(unheard, state=PaymentState.STRAY)
    if payment.state is PaymentState.REFUNDED:
        return None
    await till.orders.set_payment_state(
        charge.charge_id, PaymentState.REFUNDED, expected=payment.state, at=at
    )
    if payment.state is PaymentState.CREDITED:
        await _take_what_there_is(till, payment, at=at)
    return payment


async def _take_what_there_is(till: Till, payment: Payment, *, at: datetime) -> None:
    if payment.points:
        wallet = await till.wallet.wallet(_workspace(payment), lock=True)
        taken = min(payment.points, wallet.available)
        key = refund_key(payment.charge_id, at)
        entry = _entry(payment, EntryKind.REFUND, -taken, key=key, at=at)
        await till.wallet.post(replace(entry, owed=payment.points - taken))
    if payment.days:
        with suppress(NoPlanToTake):
            await _take_days(till, payment, at=at, by=None, note=payment.charge_id)


async def refund_refused(till: Till, charge_id: str, *, at: datetime) -> Payment | None:
    """Telegram will not give the Stars back: what was taken is given again. None when no refund waits."""
    payment = await till.orders.payment(charge_id)
    if payment is None or payment.state is not PaymentState.REFUNDING:
        return None
    before = PaymentState.STRAY if payment.workspace_id is None else PaymentState.CREDITED
    days = await till.orders.days_taken(charge_id) if payment.days else 0
    await till.orders.set_payment_state(charge_id, before, expected=PaymentState.REFUNDING, at=at)
    key = f"un{refund_key(charge_id, at)}"
    if payment.points:
        await till.wallet.post(_entry(payment, EntryKind.UNREFUND, payment.points, key=key, at=at))
    if days:
        await till.wallet.change_plan(_workspace(payment), days, key=key, at=at, note=charge_id)
    return replace(payment, state=before)


def _entry(payment: Payment, kind: EntryKind, points: int, *, key: str, at: datetime) -> Entry:
    return Entry(
        workspace_id=_workspace(payment), key=key, kind=kind, points=points, note=payment.charge_id, at=at
    )


def _workspace(payment: Payment) -> WorkspaceId:
    """Of one that bought something; strays have none."""
    if payment.workspace_id is None:
        raise Conflict()
    return payment.workspace_id


def cheapest_first(offers: Iterable[Pack | Plan]) -> Sequence[Pack | Plan]:
    return sorted(offers, key=lambda offer: offer.stars)
