"""Orders and the payments that came for them, in tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from domain.kernel.errors import Conflict
from domain.kernel.ids import MemberId, OrderId, WorkspaceId
from domain.kernel.work import Work
from domain.wallet.orders import Order, OrderState, Payment, PaymentState, refund_key
from storage.base import SqlStore
from storage.tables import orders, payments, plan_changes


def _order(row: Row[Any]) -> Order:
    return Order(
        id=OrderId(row.id), workspace_id=WorkspaceId(row.workspace_id), member_id=MemberId(row.member_id),
        telegram_id=row.telegram_id, payload=row.payload, points=row.points, days=row.days, stars=row.stars,
        state=row.state, at=row.at,
    )  # fmt: skip


def _payment(row: Row[Any]) -> Payment:
    return Payment(
        charge_id=row.charge_id, order_id=None if row.order_id is None else OrderId(row.order_id),
        workspace_id=None if row.workspace_id is None else WorkspaceId(row.workspace_id),
        telegram_id=row.telegram_id, points=row.points, days=row.days, stars=row.stars, state=row.state,
        at=row.at, refunded_at=row.refunded_at,
    )  # fmt: skip


class SqlOrders(SqlStore):
    """Implements `domain.wallet.orders.OrderStore`."""

    async def create(
        self, *, workspace_id: WorkspaceId, member_id: MemberId, telegram_id: int, payload: str,
        points: int, days: int, stars: int, at: datetime,
    ) -> OrderId:  # fmt: skip
        row = {
            "workspace_id": workspace_id, "member_id": member_id, "telegram_id": telegram_id,
            "payload": payload, "points": points, "days": days, "stars": stars, "state": OrderState.OPEN,
            "at": at,
        }  # fmt: skip
        result = await self._db.execute(insert(orders).values(row).returning(orders.c.id))
        return OrderId(result.scalar_one())

    async def order(self, id: OrderId) -> Order | None:
        row = (await self._db.execute(select(orders).where(orders.c.id == id))).one_or_none()
        return None if row is None else _order(row)

    async def by_payload(self, payload: str) -> Order | None:
        row = (await self._db.execute(select(orders).where(orders.c.payload == payload))).one_or_none()
        return None if row is None else _order(row)

    async def mark_paid(self, id: OrderId) -> bool:
        result = await self._db.execute(
            update(orders)
            .where(orders.c.id == id, orders.c.state == OrderState.OPEN)
            .values(state=OrderState.PAID)
        )
        return result.rowcount == 1

    async def add_payment(self, payment: Payment) -> bool:
        row = {
            "charge_id": payment.charge_id, "order_id": payment.order_id,
            "workspace_id": payment.workspace_id, "telegram_id": payment.telegram_id,
            "points": payment.points, "days": payment.days, "stars": payment.stars, "state": payment.state,
            "at": payment.at, "refunded_at": payment.refunded_at,
        }  # fmt: skip
        if payment.state is PaymentState.REFUNDING:
            self._wake(Work.REFUNDS)
        statement = self._insert(payments).values(row).on_conflict_do_nothing()
        return await self._db.scalar(statement.returning(payments.c.charge_id)) is not None

    async def payment(self, charge_id: str) -> Payment | None:
        statement = select(payments).where(payments.c.charge_id == charge_id)
        row = (await self._db.execute(statement)).one_or_none()
        return None if row is None else _payment(row)

    async def payments(
        self, workspace_id: WorkspaceId | None, *, offset: int = 0, limit: int = 8
    ) -> tuple[Sequence[Payment], int]:
        p = payments.c
        theirs = p.workspace_id.is_(None) if workspace_id is None else p.workspace_id == workspace_id
        total = await self._db.scalar(select(func.count()).select_from(payments).where(theirs))
        return await self._newest(theirs, offset=offset, limit=limit), int(total or 0)

    async def payments_of(self, telegram_id: int, *, limit: int = 5) -> Sequence[Payment]:
        return await self._newest(payments.c.telegram_id == telegram_id, limit=limit)

    async def _newest(self, *conditions: Any, limit: int, offset: int = 0) -> Sequence[Payment]:
        p = payments.c
        newest = select(payments).where(*conditions).order_by(p.at.desc(), p.charge_id.desc())
        return [_payment(row) for row in await self._db.execute(newest.offset(offset).limit(limit))]

    async def refunding(self) -> Sequence[Payment]:
        p = payments.c
        waiting = select(payments).where(p.state == PaymentState.REFUNDING).order_by(p.at, p.charge_id)
        return [_payment(row) for row in await self._db.execute(waiting)]

    async def days_taken(self, charge_id: str) -> int:
        p = plan_changes.c
        taken = select(p.days).where(p.key.startswith(refund_key(charge_id), autoescape=True))
        return -int(await self._db.scalar(taken.order_by(p.id.desc()).limit(1)) or 0)

    async def set_payment_state(
        self, charge_id: str, state: PaymentState, *, expected: PaymentState, at: datetime
    ) -> None:
        if state is PaymentState.REFUNDING:
            self._wake(Work.REFUNDS)
        refunded = {"refunded_at": at} if state is PaymentState.REFUNDED else {}
        result = await self._db.execute(
            update(payments)
            .where(payments.c.charge_id == charge_id, payments.c.state == expected)
            .values(state=state, **refunded)
        )
        if result.rowcount == 0:
            raise Conflict()
