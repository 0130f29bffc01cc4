"""Orders and payments, over every database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.kernel.errors import Conflict
from domain.kernel.ids import OrderId, WorkspaceId
from domain.wallet.orders import Order, OrderState, Payment, PaymentState, refund_key
from storage.database import Database
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_workspace

PAYER = 1001


async def an_order(
    unit: Unit, at: Bakery, *, payload: str = "p-1", points: int = 500, days: int = 0
) -> OrderId:
    return await unit.orders.create(
        workspace_id=at.space, member_id=at.ayse, telegram_id=PAYER, payload=payload, points=points,
        days=days, stars=250, at=NOW,
    )  # fmt: skip


def a_payment(
    charge_id: str, at: Bakery | None, order: OrderId | None = None, *, minutes: int = 0
) -> Payment:
    return Payment(
        charge_id=charge_id, order_id=order, workspace_id=at.space if at else None, telegram_id=PAYER,
        points=500 if at else 0, days=0, stars=250,
        state=PaymentState.CREDITED if at else PaymentState.STRAY, at=NOW + timedelta(minutes=minutes),
    )  # fmt: skip


async def test_an_order_is_found_by_its_payload_and_by_its_number(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await an_order(unit, bakery)
        await unit.commit()
    async with store.read() as unit:
        found = await unit.orders.by_payload("p-1")
        assert found == Order(
            id=id, workspace_id=bakery.space, member_id=bakery.ayse, telegram_id=PAYER, payload="p-1",
            points=500, days=0, stars=250, state=OrderState.OPEN, at=NOW,
        )  # fmt: skip
        assert await unit.orders.order(id) == found
        assert await unit.orders.by_payload("p-2") is None
        assert await unit.orders.order(OrderId(id + 1)) is None


async def test_an_order_is_marked_paid_once(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await an_order(unit, bakery)
        assert await unit.orders.mark_paid(id)
        assert not await unit.orders.mark_paid(id)
        await unit.commit()
    async with store.read() as unit:
        order = await unit.orders.order(id)
    assert order is not None and order.state is OrderState.PAID


async def test_a_charge_is_kept_once_whatever_it_is_said_to_be(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        first = a_payment("c-1", bakery, await an_order(unit, bakery))
        assert await unit.orders.add_payment(first)
        assert not await unit.orders.add_payment(first)
        assert not await unit.orders.add_payment(replace(first, stars=1, state=PaymentState.STRAY))
        await unit.commit()
    async with store.read() as unit:
        assert await unit.orders.payment("c-1") == first
        assert await unit.orders.payment("c-2") is None


async def test_payments_come_newest_first_page_by_page_of_one_workspace(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        order = await an_order(unit, bakery)
        elsewhere = await a_workspace(unit, name="Florist")
        for n in range(5):
            await unit.orders.add_payment(a_payment(f"c-{n}", bakery, order, minutes=n))
        await unit.orders.add_payment(a_payment("stray", None, minutes=9))
        await unit.commit()
    async with store.read() as unit:
        page, total = await unit.orders.payments(bakery.space, limit=2)
        assert ([p.charge_id for p in page], total) == (["c-4", "c-3"], 5)
        page, total = await unit.orders.payments(bakery.space, offset=4, limit=2)
        assert ([p.charge_id for p in page], total) == (["c-0"], 5)
        assert await unit.orders.payments(WorkspaceId(elsewhere)) == ([], 0)
        strays, total = await unit.orders.payments(None)
        assert ([p.charge_id for p in strays], total) == (["stray"], 1)
        assert [p.charge_id for p in await unit.orders.payments_of(PAYER, limit=3)] == ["stray", "c-4", "c-3"]
        assert await unit.orders.payments_of(2002) == []


async def test_a_state_is_only_left_from_where_it_was_expected(store: Database, bakery: Bakery) -> None:
    later = NOW + timedelta(hours=1)
    async with store.write() as unit:
        await unit.orders.add_payment(a_payment("c-1", bakery, await an_order(unit, bakery)))
        await unit.orders.set_payment_state(
            "c-1", PaymentState.REFUNDING, expected=PaymentState.CREDITED, at=NOW
        )
        with pytest.raises(Conflict):
            await unit.orders.set_payment_state(
                "c-1", PaymentState.REFUNDING, expected=PaymentState.CREDITED, at=NOW
            )
        assert [p.charge_id for p in await unit.orders.refunding()] == ["c-1"]
        await unit.orders.set_payment_state(
            "c-1", PaymentState.REFUNDED, expected=PaymentState.REFUNDING, at=later
        )
        await unit.commit()
    async with store.read() as unit:
        assert await unit.orders.refunding() == []
        payment = await unit.orders.payment("c-1")
    assert payment is not None and payment.refunded_at == later


async def test_the_days_that_the_newest_refund_took_are_known(store: Database, bakery: Bakery) -> None:
    later = NOW + timedelta(days=1)
    async with store.write() as unit:
        await unit.wallet.change_plan(bakery.space, 30, key="charge:c_1", at=NOW)
        assert await unit.orders.days_taken("c_1") == 0
        await unit.wallet.change_plan(bakery.space, -9, key=refund_key("c_1", NOW), at=NOW)
        await unit.wallet.change_plan(bakery.space, 9, key=f"un{refund_key('c_1', later)}", at=later)
        await unit.wallet.change_plan(bakery.space, -7, key=refund_key("c_1", later), at=later)
        # A name in which `_` would stand for any letter, did nobody look.
        await unit.wallet.change_plan(bakery.space, -2, key=refund_key("cX1", later), at=later)
        assert await unit.orders.days_taken("c_1") == 7


async def test_two_processes_that_credit_one_charge_credit_it_once(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        order = await an_order(unit, bakery)
        await unit.commit()
    added = []
    for process in (store, other_process):
        async with process.write() as unit:
            added.append(await unit.orders.add_payment(a_payment("c-1", bakery, order)))
            await unit.commit()
    assert added == [True, False]
