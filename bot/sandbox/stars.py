"""Payments in Telegram Stars: invoices, pre-checkout, charges, refunds."""

from dataclasses import dataclass, field

from bot.sandbox.bell import Bell
from bot.sandbox.models import Json


@dataclass(kw_only=True, frozen=True, slots=True)
class Invoice:
    """What is sold, for how many Stars."""

    title: str
    description: str
    payload: str
    amount: int
    start_parameter: str = ""

    def as_json(self) -> Json:
        """Telegram's Invoice; the payload stays between bot and Telegram."""
        return {
            "title": self.title,
            "description": self.description,
            "start_parameter": self.start_parameter,
            "currency": "XTR",
            "total_amount": self.amount,
        }


@dataclass(kw_only=True, slots=True)
class PreCheckout:
    """A question to the bot: may this be paid?"""

    query_id: str
    user_id: int
    at: float
    ok: bool | None = None
    """None until answered."""
    error_message: str = ""


@dataclass(kw_only=True, slots=True)
class Charge:
    """One payment that happened."""

    charge_id: str
    user_id: int
    chat_id: int
    amount: int
    payload: str
    date: int
    refunded_at: int | None = None


@dataclass(slots=True)
class StarLedger:
    """Open invoices and what was paid. `bell` rings when a pre-checkout was answered."""

    invoices: dict[tuple[int, int], Invoice] = field(default_factory=dict)
    """By chat and message."""
    links: dict[str, Invoice] = field(default_factory=dict)
    checkouts: dict[str, PreCheckout] = field(default_factory=dict)
    charges: dict[str, Charge] = field(default_factory=dict)
    bell: Bell = field(default_factory=Bell)

    def balance(self) -> int:
        return sum(c.amount for c in self.charges.values() if c.refunded_at is None)
