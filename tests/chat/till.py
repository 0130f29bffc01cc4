"""Paying in a conversation: invoices asked for and paid, and Stars that come in ways a person cannot bring
about."""

from dataclasses import replace

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from bot.sandbox.stars import Charge, Invoice
from domain.kernel.ids import WorkspaceId
from domain.operators.model import TERMS_VERSION, Role
from domain.wallet.model import Entry, Pack, Plan, Wallet
from domain.wallet.orders import Payment
from storage.tables import notices
from tests.chat.shop import Shop
from tests.chat.stage import AYSE, Stage, eventually


def selling(
    on: Stage, *, packs: tuple[Pack, ...] | None = None, plans: tuple[Plan, ...] | None = None
) -> Stage:
    """The same stage with other offers."""
    wish = {"point_packs": packs, "plans": plans}
    changes = {name: offers for name, offers in wish.items() if offers is not None}
    return replace(on, settings=on.settings.model_copy(update=changes))


async def invoice_for(chat: SandboxChat, offer: str, *, kind: str = "Buy points") -> ShownMessage:
    """Through Balance to the invoice."""
    await chat.say("/balance")
    await chat.tap(kind)
    await chat.tap(offer)
    return await chat.wait_for(lambda m: m.view["invoice"] is not None)


def invoice_in(on: Stage, message: ShownMessage) -> Invoice:
    """With what only bot and Telegram know of it."""
    return on.sandbox.sandbox.stars.invoices[AYSE, message.message_id]


def comes(on: Stage, invoice: Invoice, charge_id: str, *, payer: int = AYSE, known: bool = True) -> None:
    """Stars come, as Telegram tells the bot; nobody was asked before. `known`: Telegram can refund it."""
    sandbox = on.sandbox.sandbox
    chat = sandbox.chats[payer]
    if known:
        sandbox.stars.charges[charge_id] = Charge(
            charge_id=charge_id, user_id=payer, chat_id=payer, amount=invoice.amount,
            payload=invoice.payload, date=int(sandbox.now()),
        )  # fmt: skip
    paid = {
        "currency": "XTR", "total_amount": invoice.amount, "invoice_payload": invoice.payload,
        "telegram_payment_charge_id": charge_id, "provider_payment_charge_id": "x",
    }  # fmt: skip
    sandbox.push_message(sandbox.post(chat, sandbox.users[payer], {"successful_payment": paid}))


async def wallet(shop: Shop) -> Wallet:
    async with shop.on.store.read() as unit:
        return await unit.wallet.wallet(shop.space)


async def payments(shop: Shop, space: WorkspaceId | None) -> list[Payment]:
    async with shop.on.store.read() as unit:
        found, _ = await unit.orders.payments(space, limit=100)
    return list(found)


async def bought(shop: Shop) -> list[Entry]:
    """The entries that a payment or its refund made."""
    async with shop.on.store.read() as unit:
        entries = [entry async for entry in unit.wallet.stream_entries(shop.space)]
    return [e for e in entries if e.kind in {"purchase", "refund", "unrefund"}]


async def until_bought(shop: Shop, *points: int) -> None:
    """Until that and nothing else stands in the ledger."""

    async def so() -> bool:
        return [entry.points for entry in await bought(shop)] == list(points)

    await eventually(so, f"bought {points}")


async def all_worked(on: Stage) -> None:
    """Until no update waits, at Telegram or in the inbox."""
    bot_id = on.sandbox.sandbox.bot.id

    async def so() -> bool:
        async with on.store.read() as unit:
            waiting = await unit.chat.waiting_updates(bot_id)
        return not waiting and not len(on.sandbox.sandbox.updates)

    await eventually(so, "every update is worked", seconds=60)


async def notices_to(on: Stage, chat_id: int, kind: str = "text") -> list[str]:
    """The texts of notices queued so far, oldest first, sent or not."""
    async with on.store.read() as unit:
        rows = await unit.chat._db.execute(
            notices.select()
            .where(notices.c.chat_id == chat_id, notices.c.kind == kind)
            .order_by(notices.c.id)
        )
        return [row.payload.get("text", "") for row in rows]


async def joins(shop: Shop, telegram_id: int, role: Role) -> None:
    at = shop.on.clock.now()
    async with shop.on.store.write() as unit:
        member = await unit.operators.create_member(
            workspace_id=shop.space, telegram_id=telegram_id, name="Deniz", role=role, at=at
        )
        await unit.operators.accept_terms(member, version=TERMS_VERSION, at=at)
        await unit.commit()
