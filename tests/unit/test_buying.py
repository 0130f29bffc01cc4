"""Buying with Stars: what may be paid, what is given for it, and how it goes back."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import MemberId, OrderId, WorkspaceId
from domain.wallet import buying
from domain.wallet.buying import CURRENCY, Charge
from domain.wallet.model import Entry, EntryKind, NoPlanToTake, NotEnoughPoints, Pack, Plan, Tariff, Wallet
from domain.wallet.orders import (
    ORDER_LIFETIME,
    Order,
    OrderState,
    Payment,
    PaymentRefused,
    PaymentState,
)
from storage.database import Database
from tests.fakes.stores import NOW, a_member, open_store

AYSE, SOMEBODY = 1001, 2002
PACK, PLAN = Pack(points=500, stars=250), Plan(days=30, stars=500)
TARIFF = Tariff(packs=(PACK,), plans=(PLAN,))
AN_ORDER = Order(
    id=OrderId(1), workspace_id=WorkspaceId(1), member_id=MemberId(1), telegram_id=AYSE, payload="p",
    points=500, days=0, stars=250, state=OrderState.OPEN, at=NOW,
)  # fmt: skip


# -- before the payment ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "payer", "stars", "currency", "after", "why"),
    [
        (None, AYSE, 250, CURRENCY, timedelta(0), "payment.closed"),
        (AN_ORDER, SOMEBODY, 250, CURRENCY, timedelta(0), "payment.payer"),
        (AN_ORDER, AYSE, 249, CURRENCY, timedelta(0), "payment.price"),
        (AN_ORDER, AYSE, 250, "EUR", timedelta(0), "payment.price"),
        (AN_ORDER, AYSE, 250, CURRENCY, ORDER_LIFETIME, "payment.closed"),
        (replace(AN_ORDER, state=OrderState.PAID), AYSE, 250, CURRENCY, timedelta(0), "payment.closed"),
        # Whether it is paid is nobody's business but the payer's.
        (replace(AN_ORDER, state=OrderState.PAID), SOMEBODY, 250, CURRENCY, timedelta(0), "payment.payer"),
    ],
)
def test_a_payment_is_refused_for_its_own_reason(
    order: Order | None, payer: int, stars: int, currency: str, after: timedelta, why: str
) -> None:
    with pytest.raises(PaymentRefused) as refused:
        buying.check(order, tariff=TARIFF, telegram_id=payer, stars=stars, currency=currency, now=NOW + after)
    assert refused.value.code == why


@pytest.mark.parametrize("after", [timedelta(0), ORDER_LIFETIME - timedelta(seconds=1), timedelta(days=-2)])
def test_an_open_order_may_be_paid_by_who_ordered_also_after_the_clock_was_put_back(
    after: timedelta,
) -> None:
    checked = buying.check(
        AN_ORDER, tariff=TARIFF, telegram_id=AYSE, stars=250, currency=CURRENCY, now=NOW + after
    )
    assert checked == AN_ORDER


@pytest.mark.parametrize("stars", [249, 251, None], ids=["cheaper now", "dearer now", "not sold any more"])
@pytest.mark.parametrize("order", [AN_ORDER, replace(AN_ORDER, points=0, days=30)], ids=["points", "days"])
def test_an_order_whose_price_has_changed_meanwhile_is_refused_as_that(
    order: Order, stars: int | None
) -> None:
    def may_be_paid(price: int | None) -> bool:
        packs = () if price is None else (Pack(points=500, stars=price),)
        plans = () if price is None else (Plan(days=30, stars=price),)
        try:
            buying.check(
                order, tariff=Tariff(packs=packs, plans=plans), telegram_id=AYSE, stars=250,
                currency=CURRENCY, now=NOW,
            )  # fmt: skip
        except PaymentRefused as refused:
            assert refused.code == "payment.price"
            return False
        return True

    assert may_be_paid(250)
    assert not may_be_paid(stars)


def test_offers_are_shown_cheapest_first() -> None:
    dear, cheap = Pack(points=100, stars=900), Pack(points=900, stars=100)
    assert buying.cheapest_first((dear, cheap)) == [cheap, dear]


# -- the payment -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Shop:
    store: Database
    space: WorkspaceId
    ayse: MemberId

    async def order(self, offer: Pack | Plan = PACK) -> Order:
        async with self.store.write() as unit:
            id = await buying.order(
                unit, offer, workspace_id=self.space, member_id=self.ayse, telegram_id=AYSE, at=NOW
            )
            made = await unit.orders.order(id)
            await unit.commit()
        assert made is not None
        return made

    async def credit(self, charge: Charge, *, at: datetime = NOW) -> Payment | None:
        async with self.store.write() as unit:
            payment = await buying.credit(unit, charge, at=at)
            await unit.commit()
        return payment

    async def bought(self, offer: Pack | Plan = PACK) -> str:
        """Paid and credited; the charge's name."""
        charge = paid(await self.order(offer))
        assert await self.credit(charge) is not None
        return charge.charge_id

    async def refund(self, charge_id: str, *, at: datetime = NOW) -> None:
        async with self.store.write() as unit:
            await buying.refund(unit, charge_id, at=at, note="asked for it")
            await unit.commit()

    async def went_back(self, charge: Charge, *, at: datetime = NOW) -> Payment | None:
        async with self.store.write() as unit:
            payment = await buying.stars_went_back(unit, charge, at=at)
            await unit.commit()
        return payment

    async def refused(self, charge_id: str, *, at: datetime = NOW) -> Payment | None:
        async with self.store.write() as unit:
            payment = await buying.refund_refused(unit, charge_id, at=at)
            await unit.commit()
        return payment

    async def spend(self, points: int) -> None:
        spent = Entry(
            workspace_id=self.space, key=f"spent:{points}", kind=EntryKind.TAKEN, points=-points, at=NOW
        )
        async with self.store.write() as unit:
            await unit.wallet.post(spent)
            await unit.commit()

    async def wallet(self) -> Wallet:
        async with self.store.read() as unit:
            return await unit.wallet.wallet(self.space)

    async def state(self, charge_id: str) -> PaymentState:
        async with self.store.read() as unit:
            payment = await unit.orders.payment(charge_id)
        assert payment is not None
        return payment.state

    async def entries(self) -> list[tuple[EntryKind, int]]:
        async with self.store.read() as unit:
            return [(e.kind, e.points) async for e in unit.wallet.stream_entries(self.space)]


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[Shop]:
    async with open_store(folder) as store:
        async with store.write() as unit:
            # One without points or a plan of its own.
            space = await unit.operators.create_workspace(
                name="Bakery", country="TR", zone="Europe/Istanbul", language="en", at=NOW
            )
            ayse = await a_member(unit, space)
            await unit.commit()
        yield Shop(store=store, space=space, ayse=ayse)


def paid(order: Order, *, n: int = 1) -> Charge:
    """The n-th charge for an order."""
    return Charge(
        charge_id=f"c{order.id}-{n}", payload=order.payload, telegram_id=order.telegram_id, stars=order.stars,
        currency=CURRENCY,
    )  # fmt: skip


async def test_orders_have_names_that_nobody_guesses_and_telegram_carries(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        names = {(await on.order()).payload for _ in range(50)}
    assert len(names) == 50
    assert all(32 <= len(name.encode()) <= 128 for name in names)


async def test_points_are_given_once_a_charge(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        order = await on.order()
        assert await on.credit(paid(order)) is not None
        assert await on.credit(paid(order)) is None
        assert (await on.wallet()).balance == 500
        assert await on.entries() == [(EntryKind.PURCHASE, 500)]


async def test_two_charges_for_one_order_are_both_credited(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        order = await on.order()
        await on.credit(paid(order))
        await on.credit(paid(order, n=2))
        assert (await on.wallet()).balance == 1000


async def test_a_plan_is_made_longer_once_a_charge(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        order = await on.order(PLAN)
        for charge in (paid(order), paid(order), paid(order, n=2)):
            await on.credit(charge)
        assert (await on.wallet()).plan_until == NOW + timedelta(days=60)


@pytest.mark.parametrize(
    "otherwise",
    [
        lambda charge: replace(charge, payload="no such order"),
        lambda charge: replace(charge, stars=1),
        lambda charge: replace(charge, telegram_id=SOMEBODY),
        lambda charge: replace(charge, currency="EUR"),
    ],
    ids=["unknown", "other price", "other payer", "other money"],
)
async def test_money_that_fits_no_order_is_kept_as_a_stray_and_gives_nothing(
    tmp_path: Path, otherwise: Callable[[Charge], Charge]
) -> None:
    async with shop(tmp_path) as on:
        order = await on.order()
        stray = await on.credit(otherwise(paid(order)))
        assert stray is not None and stray.state is PaymentState.STRAY
        assert (stray.points, stray.workspace_id, stray.order_id) == (0, None, None)
        assert await on.entries() == []
        # The order is still there to be paid.
        assert await on.credit(paid(order, n=2)) is not None
        assert (await on.wallet()).balance == 500


# -- giving it back ----------------------------------------------------------------------------------


async def test_a_refund_takes_the_points_first_and_is_done_when_telegram_says_so(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        charge = paid(await on.order())
        await on.credit(charge)
        await on.refund(charge.charge_id)
        assert (await on.wallet()).balance == 0
        assert await on.state(charge.charge_id) is PaymentState.REFUNDING
        assert await on.went_back(charge) is not None
        assert await on.went_back(charge) is None
        assert await on.state(charge.charge_id) is PaymentState.REFUNDED
        assert await on.entries() == [(EntryKind.PURCHASE, 500), (EntryKind.REFUND, -500)]
        assert await on.credit(charge) is None


async def test_what_cannot_be_refunded_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        charge_id = await on.bought()
        await on.spend(1)
        with pytest.raises(NotEnoughPoints) as short:
            await on.refund(charge_id)
        assert (short.value.needs, short.value.available) == (500, 499)
        assert await on.state(charge_id) is PaymentState.CREDITED
        with pytest.raises(NotFound):
            await on.refund("no such charge")
        plan = await on.bought(PLAN)
        with pytest.raises(NoPlanToTake):
            await on.refund(plan, at=NOW + timedelta(days=30))
        assert await on.state(plan) is PaymentState.CREDITED


async def test_a_refund_is_asked_for_once(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        charge_id = await on.bought()
        await on.bought()
        await on.refund(charge_id)
        with pytest.raises(Conflict):
            await on.refund(charge_id)
        assert (await on.wallet()).balance == 500


async def test_a_refund_that_telegram_refuses_gives_the_points_again_and_can_be_tried_again(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as on:
        charge_id = await on.bought()
        for n in range(2):
            at = NOW + timedelta(minutes=n)
            await on.refund(charge_id, at=at)
            assert (await on.wallet()).balance == 0
            assert await on.refused(charge_id, at=at) is not None
            assert await on.refused(charge_id, at=at) is None
            assert (await on.wallet()).balance == 500
        assert await on.state(charge_id) is PaymentState.CREDITED


@pytest.mark.parametrize("used", [timedelta(0), timedelta(days=27, hours=1)])
async def test_a_refunded_plan_ends_and_comes_back_no_longer_than_it_was(
    tmp_path: Path, used: timedelta
) -> None:
    """To the day that had begun."""
    async with shop(tmp_path) as on:
        charge_id, at = await on.bought(PLAN), NOW + used
        until = (await on.wallet()).plan_until
        assert until is not None
        await on.refund(charge_id, at=at)
        assert (await on.wallet()).plan_until == at
        await on.refused(charge_id, at=at)
        again = (await on.wallet()).plan_until
        assert again is not None and timedelta(0) <= again - until < timedelta(days=1)


async def test_a_refund_made_elsewhere_takes_what_there_is_and_the_rest_is_owed(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        charge = paid(await on.order())
        await on.credit(charge)
        await on.spend(200)
        before = await on.went_back(charge)
        assert before is not None and before.state is PaymentState.CREDITED
        wallet = await on.wallet()
        assert (wallet.balance, wallet.owed) == (0, 200)
        await on.bought()
        wallet = await on.wallet()
        assert (wallet.balance, wallet.owed) == (300, 0)


async def test_a_plan_refunded_elsewhere_after_its_end_takes_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        charge = paid(await on.order(PLAN))
        await on.credit(charge)
        assert await on.went_back(charge, at=NOW + timedelta(days=31)) is not None
        assert (await on.wallet()).plan_until == NOW + timedelta(days=30)


async def test_a_stray_is_refunded_and_stays_one_when_telegram_refuses(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        charge = replace(paid(await on.order()), payload="no such order")
        await on.credit(charge)
        await on.refund(charge.charge_id)
        assert await on.refused(charge.charge_id) is not None
        assert await on.state(charge.charge_id) is PaymentState.STRAY
        await on.refund(charge.charge_id, at=NOW + timedelta(minutes=1))
        await on.went_back(charge)
        assert await on.state(charge.charge_id) is PaymentState.REFUNDED
        assert await on.entries() == []


async def test_a_charge_that_went_back_before_we_heard_of_it_is_never_credited(tmp_path: Path) -> None:
    async with shop(tmp_path) as on:
        charge = paid(await on.order())
        assert await on.went_back(charge) is not None
        assert await on.credit(charge) is None
        assert (await on.wallet()).balance == 0
