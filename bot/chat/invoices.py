"""Sends the invoice of an order."""

from collections.abc import Mapping
from typing import Any, Final

from telegram import Bot, LabeledPrice

from bot.chat.notices import Send
from bot.screens.campaign_words import cut, one_line
from bot.texts import count, plain
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.ids import OrderId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit
from domain.wallet.buying import CURRENCY, is_open
from domain.wallet.orders import Order

LONGEST_TITLE: Final = 32
LONGEST_DESCRIPTION: Final = 255
LONGEST_NAME: Final = 100


def sender_of_invoices(store: Store[Unit], clock: Clock) -> Send:
    async def invoice(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int | None:
        """Nothing for an order that was paid already, or ran out while Telegram was away. `start` makes a
        forwarded copy lead here: without it anybody could press Pay on it."""
        async with store.read() as unit:
            order = await unit.orders.order(OrderId(payload["order"]))
            if order is None:
                raise NotFound(what="order")
            space = await unit.operators.workspace(order.workspace_id)
        if not is_open(order, now=clock.now()):
            return None
        # No provider_token: Stars need none, and an empty one arrives as "[]".
        title, text = invoice_words(order, space.name, space.language)
        message = await bot.send_invoice(
            chat_id, title=title, description=text, payload=order.payload, currency=CURRENCY,
            prices=[LabeledPrice(title, order.stars)], start_parameter=payload["start"],
        )  # fmt: skip
        return message.message_id

    return invoice


def invoice_words(order: Order, workspace: str, lang: str) -> tuple[str, str]:
    """Title and description, as long as Telegram takes them."""
    name = one_line(workspace, LONGEST_NAME)
    if order.points:
        points = count(order.points, "point", "points")
        title = plain("invoice.title.points", lang, points=points)
        text = plain("invoice.text.points", lang, points=points, workspace=name)
    else:
        days = count(order.days, "day", "days")
        title = plain("invoice.title.plan", lang, days=days)
        text = plain("invoice.text.plan", lang, days=days, workspace=name)
    return cut(title, LONGEST_TITLE), cut(text, LONGEST_DESCRIPTION)
