"""Telegram Stars from invoice to refund."""

import asyncio
from typing import Any

import pytest

from bot.sandbox.client import SandboxChat, SandboxClient
from bot.sandbox.state import SandboxConfig
from tests.chat.sandbox.conftest import AYSE, DENIZ
from tests.chat.sandbox.raw import RawBot, Refused
from tests.fakes.sandbox import running_sandbox

INVOICE: dict[str, Any] = {
    "title": "1,000 points",
    "description": "Points for messages",
    "payload": "order-1",
    "currency": "XTR",
    "prices": [{"label": "1,000 points", "amount": 250}],
    "start_parameter": "points",
}


async def answer(bot: RawBot, **verdict: Any) -> dict[str, Any]:
    """Wait for the pre-checkout question and answer it."""
    while True:
        for update in await bot.updates(timeout=5):
            await bot.updates(update["update_id"] + 1)
            if "pre_checkout_query" in update:
                query: dict[str, Any] = update["pre_checkout_query"]
                await bot.call("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], **verdict)
                return query


@pytest.mark.parametrize(("start", "leads"), [("points", True), ("", False)])
async def test_a_forwarded_invoice_leads_to_the_bot_or_can_be_paid_by_anybody(
    ayse: SandboxChat, client: SandboxClient, bot: RawBot, start: str, leads: bool
) -> None:
    await bot.call("sendInvoice", chat_id=AYSE, **{**INVOICE, "start_parameter": start})
    invoice = await ayse.wait_for("1,000 points")
    deniz = client.chat(DENIZ)
    id = await ayse.forward(invoice, DENIZ)
    await deniz.refresh()
    copy = deniz.messages[id]
    assert copy.view["forwarded_from"] == invoice.view["from_name"]
    [key] = copy.buttons
    assert ("url" in key, "pay" in key) == (leads, not leads)
    if not leads:
        query, _ = await asyncio.gather(answer(bot, ok=False, error_message="Not yours"), deniz.pay(copy))
        assert query["from"]["id"] == DENIZ


async def test_a_forwarded_message_keeps_only_its_links_and_the_bot_hears_nothing(
    ayse: SandboxChat, client: SandboxClient, bot: RawBot
) -> None:
    keys = [[{"text": "Tap", "callback_data": "t"}], [{"text": "Site", "url": "https://example.org"}]]
    await bot.call("sendMessage", chat_id=AYSE, text="Hello", reply_markup={"inline_keyboard": keys})
    shown = await ayse.wait_for("Hello")
    id = await ayse.forward(shown, DENIZ)
    deniz = client.chat(DENIZ)
    await deniz.refresh()
    assert deniz.messages[id].button_texts == ["Site"]
    assert not [update for update in await bot.updates() if "Hello" in str(update)]
    with pytest.raises(AssertionError, match="nobody else"):
        await ayse.forward(shown, AYSE)


async def test_a_payment_asks_the_bot_first_and_then_tells_it(ayse: SandboxChat, bot: RawBot) -> None:
    sent = await bot.call("sendInvoice", chat_id=AYSE, **INVOICE)
    assert sent["invoice"] == {
        "title": "1,000 points",
        "description": "Points for messages",
        "start_parameter": "points",
        "currency": "XTR",
        "total_amount": 250,
    }
    invoice = await ayse.wait_for("1,000 points")
    assert invoice.button_texts == ["Pay ⭐250"]

    query, paid = await asyncio.gather(answer(bot, ok=True), ayse.tap("Pay"))
    assert (query["invoice_payload"], query["total_amount"]) == ("order-1", 250)
    message = (await bot.updates())[-1]["message"]
    assert str(message["message_id"]) == paid
    payment = message["successful_payment"]
    assert (payment["invoice_payload"], payment["currency"]) == ("order-1", "XTR")
    assert (await bot.call("getMyStarBalance")) == {"amount": 250}

    charge = {"user_id": AYSE, "telegram_payment_charge_id": payment["telegram_payment_charge_id"]}
    assert await bot.call("refundStarPayment", **charge)
    with pytest.raises(Refused, match="CHARGE_ALREADY_REFUNDED"):
        await bot.call("refundStarPayment", **charge)
    rows = (await bot.call("getStarTransactions"))["transactions"]
    assert [("source" in row, "receiver" in row) for row in rows] == [(True, False), (False, True)]
    assert (await bot.call("getMyStarBalance")) == {"amount": 0}


async def test_a_refusal_reaches_the_payer(ayse: SandboxChat, bot: RawBot) -> None:
    await bot.call("sendInvoice", chat_id=AYSE, **INVOICE)
    invoice = await ayse.wait_for("1,000 points")
    outcomes = await asyncio.gather(
        answer(bot, ok=False, error_message="The price has changed"), ayse.pay(invoice)
    )
    assert outcomes[1]["refused"] == "The price has changed"
    assert (await bot.call("getStarTransactions")) == {"transactions": []}


async def test_an_answer_that_does_not_come_in_time_is_a_refusal_and_too_late_afterwards() -> None:
    async with (
        running_sandbox(SandboxConfig(pre_checkout_seconds=0.2)) as running,
        SandboxClient(running.url) as client,
        RawBot.over_http(running) as bot,
    ):
        ayse = client.chat(AYSE)
        await ayse.say("/start")
        await bot.call("sendInvoice", chat_id=AYSE, **INVOICE)
        outcome = await ayse.pay(await ayse.wait_for("1,000 points"))
        assert outcome["refused"] == "The bot did not answer in time"
        query = (await bot.updates())[-1]["pre_checkout_query"]
        with pytest.raises(Refused, match="query is too old"):
            await bot.call("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)


async def test_one_link_can_be_paid_twice(client: SandboxClient, ayse: SandboxChat, bot: RawBot) -> None:
    link = await bot.call("createInvoiceLink", **INVOICE)
    for _ in range(2):
        pay = client.call("POST", f"/_sandbox/chats/{AYSE}/pay", json={"link": link})
        outcomes = await asyncio.gather(answer(bot, ok=True), pay)
        assert outcomes[1]["paid"] is True
    rows = (await bot.call("getStarTransactions"))["transactions"]
    assert len({row["id"] for row in rows}) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": "x" * 33}, "INVOICE_TITLE_INVALID"),
        ({"description": ""}, "INVOICE_DESCRIPTION_INVALID"),
        ({"payload": "ж" * 65}, "INVOICE_PAYLOAD_INVALID"),
        ({"currency": "EUR"}, "CURRENCY_INVALID"),
        ({"provider_token": "x"}, "PAYMENT_PROVIDER_INVALID"),
        ({"prices": [{"label": "a", "amount": 1}] * 2}, "STARS_INVOICE_INVALID"),
        ({"prices": [{"label": "a", "amount": 0}]}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
        ({"prices": [{"label": "", "amount": 1}]}, "PRICE_LABEL_INVALID"),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "b", "callback_data": "d"}]]}},
            "BUTTON_TYPE_INVALID",
        ),
    ],
)
async def test_an_invoice_has_its_rules(inside: RawBot, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        await inside.call("sendInvoice", chat_id=AYSE, **{**INVOICE, **change})
    assert refused.value.description == f"Bad Request: {reason}"
