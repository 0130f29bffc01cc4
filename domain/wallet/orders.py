"""What is bought with Telegram Stars: an order is made, an invoice shown, a payment credited once.

Source of the rules: Telegram's Bot API, "Payments"; a payment is named by its charge id, and one invoice's
payload can be paid twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from domain.kernel.errors import DomainError
from domain.kernel.ids import MemberId, OrderId, WorkspaceId

#: An invoice not paid by then has to be asked for anew: prices may have changed.
ORDER_LIFETIME: Final = timedelta(hours=24)


class OrderState(StrEnum):
    OPEN = "open"
    PAID = "paid"


class PaymentState(StrEnum):
    """stray: money came for which there is no order; an admin has to look at it."""

    CREDITED = "credited"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    STRAY = "stray"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for: `points` or `days` for `stars`. `payload` names it in the invoice, unguessably;
    only `telegram_id` may pay it."""

    id: OrderId
    workspace_id: WorkspaceId
    member_id: MemberId
    telegram_id: int
    payload: str
    points: int
    days: int
    stars: int
    state: OrderState
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Stars that came. `charge_id` is Telegram's own name for it. Without `order_id` it is a stray."""

    charge_id: str
    order_id: OrderId | None
    workspace_id: WorkspaceId | None
    telegram_id: int
    points: int
    days: int
    stars: int
    state: PaymentState
    at: datetime
    refunded_at: datetime | None = None


def refund_key(charge_id: str, at: datetime | None = None) -> str:
    """Names what a refund takes back. A refund that Telegram refused can be tried again, so that `at` is a
    part of it; without, what the names of all refunds of a charge begin with."""
    return f"refund:{charge_id}:" + ("" if at is None else at.isoformat())


class OrderStore(Protocol):
    async def create(
        self, *, workspace_id: WorkspaceId, member_id: MemberId, telegram_id: int, payload: str,
        points: int, days: int, stars: int, at: datetime,
    ) -> OrderId: ...  # fmt: skip

    async def order(self, id: OrderId) -> Order | None: ...

    async def by_payload(self, payload: str) -> Order | None: ...

    async def mark_paid(self, id: OrderId) -> bool:
        """open -> paid. False when it was."""
        ...

    async def add_payment(self, payment: Payment) -> bool:
        """False when that charge is known."""
        ...

    async def payment(self, charge_id: str) -> Payment | None: ...

    async def payments(
        self, workspace_id: WorkspaceId | None, *, offset: int = 0, limit: int = 8
    ) -> tuple[Sequence[Payment], int]:
        """Newest first, and how many; None: those without a workspace (strays)."""
        ...

    async def payments_of(self, telegram_id: int, *, limit: int = 5) -> Sequence[Payment]:
        """A payer's newest, in whatever workspace."""
        ...

    async def refunding(self) -> Sequence[Payment]:
        """Refunds that Telegram has not confirmed yet, oldest first."""
        ...

    async def days_taken(self, charge_id: str) -> int:
        """How many days of a plan the newest refund of it took back; 0 when there is none."""
        ...

    async def set_payment_state(
        self, charge_id: str, state: PaymentState, *, expected: PaymentState, at: datetime
    ) -> None:
        """Raises Conflict when it is in another state."""
        ...


class PaymentRefused(DomainError):
    """Asked before the payment: it must not be taken. The code ends with why: closed, price or payer."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.code = f"payment.{why}"
