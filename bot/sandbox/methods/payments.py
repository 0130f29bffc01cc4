"""Telegram Stars: invoices, pre-checkout answers, refunds, the list of transactions."""

import secrets

from bot.sandbox import markup, strictness
from bot.sandbox.errors import bad_request, query_too_old
from bot.sandbox.methods import common
from bot.sandbox.methods.table import method
from bot.sandbox.models import Json
from bot.sandbox.parsing import Arguments
from bot.sandbox.stars import Charge, Invoice
from bot.sandbox.state import Sandbox

MAX_STARS = 25_000


def _invoice(args: Arguments) -> Invoice:
    title, description, payload = (args.text(name) for name in ("title", "description", "payload"))
    strictness.check_invoice(title, description, payload)
    if args.text("provider_token"):
        raise bad_request("PAYMENT_PROVIDER_INVALID")
    if args.text("currency") != "XTR":
        raise bad_request("CURRENCY_INVALID")
    prices = args.json("prices")
    if not isinstance(prices, list) or len(prices) != 1:
        raise bad_request("STARS_INVOICE_INVALID")
    price = prices[0]
    amount = price.get("amount") if isinstance(price, dict) else None
    if not isinstance(amount, int) or not 1 <= amount <= MAX_STARS:
        raise bad_request("CURRENCY_TOTAL_AMOUNT_INVALID")
    if not isinstance(price.get("label"), str) or not price["label"]:
        raise bad_request("PRICE_LABEL_INVALID")
    return Invoice(
        title=title,
        description=description,
        payload=payload,
        amount=amount,
        start_parameter=args.text("start_parameter"),
    )


@method("sendInvoice")
async def send_invoice(sandbox: Sandbox, args: Arguments) -> Json:
    chat = common.target(sandbox, args)
    invoice = _invoice(args)
    how = common.options(chat, args)
    if how.markup is None:
        how.markup = {"inline_keyboard": [[{"text": f"Pay ⭐{invoice.amount}", "pay": True}]]}
    elif not markup.buttons(how.markup)[0].get("pay"):
        raise bad_request("BUTTON_TYPE_INVALID")
    message = common.send(sandbox, chat, {"invoice": invoice.as_json()}, how)
    sandbox.stars.invoices[chat.id, message.message_id] = invoice
    return sandbox.message_json(message)


@method("createInvoiceLink")
async def create_invoice_link(sandbox: Sandbox, args: Arguments) -> str:
    link = f"https://t.me/${secrets.token_urlsafe(16)}"
    sandbox.stars.links[link] = _invoice(args)
    return link


@method("answerPreCheckoutQuery")
async def answer_pre_checkout_query(sandbox: Sandbox, args: Arguments) -> bool:
    ok, reason = args.flag("ok"), args.text("error_message")
    if not ok and not reason:
        raise bad_request("error message must be non-empty")
    checkout = sandbox.stars.checkouts.get(args.text("pre_checkout_query_id"))
    if checkout is None or checkout.ok is not None:
        raise query_too_old()
    if sandbox.now() - checkout.at > sandbox.config.pre_checkout_seconds:
        raise query_too_old()
    checkout.ok, checkout.error_message = ok, reason
    sandbox.stars.bell.ring()
    return True


@method("refundStarPayment")
async def refund_star_payment(sandbox: Sandbox, args: Arguments) -> bool:
    user_id = common.user_of(sandbox, args)
    charge = sandbox.stars.charges.get(args.text("telegram_payment_charge_id"))
    if charge is None or charge.user_id != user_id:
        raise bad_request("CHARGE_NOT_FOUND")
    if charge.refunded_at is not None:
        raise bad_request("CHARGE_ALREADY_REFUNDED")
    charge.refunded_at = int(sandbox.now())
    chat = sandbox.chats[charge.chat_id]
    message = sandbox.post(
        chat,
        sandbox.bot,
        {
            "refunded_payment": {
                "currency": "XTR",
                "total_amount": charge.amount,
                "invoice_payload": charge.payload,
                "telegram_payment_charge_id": charge.charge_id,
            }
        },
    )
    sandbox.push_message(message)
    return True


@method("getStarTransactions")
async def get_star_transactions(sandbox: Sandbox, args: Arguments) -> Json:
    limit = min(max(args.integer("limit", 100), 1), 100)
    offset = max(args.integer("offset", 0), 0)
    rows: list[Json] = []
    for charge in sandbox.stars.charges.values():
        partner = _partner(sandbox, charge)
        row: Json = {"id": charge.charge_id, "amount": charge.amount}
        rows.append({**row, "date": charge.date, "source": partner})
        if charge.refunded_at is not None:
            rows.append({**row, "date": charge.refunded_at, "receiver": partner})
    return {"transactions": rows[offset : offset + limit]}


def _partner(sandbox: Sandbox, charge: Charge) -> Json:
    return {
        "type": "user",
        "transaction_type": "invoice_payment",
        "user": sandbox.users[charge.user_id].as_json(),
        "invoice_payload": charge.payload,
    }


@method("getMyStarBalance")
async def get_my_star_balance(sandbox: Sandbox, args: Arguments) -> Json:
    return {"amount": sandbox.stars.balance()}
