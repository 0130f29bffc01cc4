"""Stars that go back: through us, through somebody else, and when Telegram will not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app import App
from bot.sandbox.client import SandboxChat
from domain.wallet import buying
from domain.wallet.orders import PaymentState
from tests.chat.shop import Shop, enter, open_shop
from tests.chat.stage import AYSE, DENIZ, Stage, eventually, stage
from tests.chat.till import (
    all_worked,
    bought,
    comes,
    invoice_for,
    invoice_in,
    notices_to,
    payments,
    until_bought,
    wallet,
)


@dataclass(frozen=True, kw_only=True)
class Sale:
    """500 points, paid with the charge `stx1`; the bot is at work."""

    on: Stage
    shop: Shop
    chat: SandboxChat
    admin: SandboxChat
    app: App

    async def refund(self, *, poke: bool = True) -> None:
        """As an admin's screen does it."""
        async with self.on.store.write() as unit:
            await buying.refund(unit, "stx1", at=self.on.clock.now(), note="asked for it")
            await unit.commit()
        if poke:
            self.app.refunds.poke()

    async def until(self, state: PaymentState) -> None:
        async def so() -> bool:
            [payment] = await payments(self.shop, self.shop.space)
            return payment.state is state

        await eventually(so, f"the payment is {state}")


@asynccontextmanager
async def a_sale(folder: Path, *, known: bool = True) -> AsyncIterator[Sale]:
    """`known`: Telegram knows the charge."""
    async with stage(folder) as on, on.running() as app:
        shop, chat, admin = await open_shop(on), on.ayse, on.client.chat(DENIZ)
        await enter(chat)
        await admin.say("/start")
        comes(on, invoice_in(on, await invoice_for(chat, "500 points")), "stx1", known=known)
        await until_bought(shop, 500)
        yield Sale(on=on, shop=shop, chat=chat, admin=admin, app=app)


async def test_a_refund_takes_the_points_and_the_payer_is_told_once(tmp_path: Path) -> None:
    async with a_sale(tmp_path) as sale:
        before = (await wallet(sale.shop)).balance
        await sale.refund()
        await sale.chat.wait_for("⭐250 went back to you", fresh=False)
        await sale.until(PaymentState.REFUNDED)
        await all_worked(sale.on)
        assert (await wallet(sale.shop)).balance == before - 500
        assert sale.on.sandbox.sandbox.stars.balance() == 0
        assert len([t for t in await notices_to(sale.on, AYSE) if "went back" in t]) == 1
        assert not any("not from here" in t for t in await notices_to(sale.on, DENIZ))
        await sale.chat.say("/balance")
        await sale.chat.wait_for("−500 · refunded")


async def test_a_refund_whose_answer_was_lost_counts_as_done_when_telegram_says_it_was(
    tmp_path: Path,
) -> None:
    async with a_sale(tmp_path) as sale:
        # The Stars go back, but neither the answer nor the message about it reaches us.
        sandbox = sale.on.sandbox.sandbox
        sandbox.stars.charges["stx1"].refunded_at = int(sandbox.now())
        await sale.refund()
        await sale.chat.wait_for("⭐250 went back to you", fresh=False)
        await sale.until(PaymentState.REFUNDED)
        assert [entry.points for entry in await bought(sale.shop)] == [500, -500]


async def test_a_refund_that_telegram_refuses_gives_the_points_again_and_tells_the_admins(
    tmp_path: Path,
) -> None:
    async with a_sale(tmp_path, known=False) as sale:
        before = (await wallet(sale.shop)).balance
        await sale.refund()
        told = await sale.admin.wait_for("did not give back ⭐250", fresh=False)
        assert "stx1" in told.words and "charge_not_found" in told.words.casefold()
        await sale.until(PaymentState.CREDITED)
        assert (await wallet(sale.shop)).balance == before
        assert [entry.points for entry in await bought(sale.shop)] == [500, -500, 500]
        assert not any("went back" in t for t in await notices_to(sale.on, AYSE))


async def test_while_telegram_is_away_a_refund_waits_and_is_tried_again(tmp_path: Path) -> None:
    async with a_sale(tmp_path) as sale:
        await sale.on.client.fault("error", "refundStarPayment", status=502, times=1)
        await sale.refund()

        async def asked() -> bool:
            return len(await sale.on.client.journal("refundStarPayment")) == 1

        await eventually(asked, "Telegram was asked")
        await sale.until(PaymentState.REFUNDING)
        sale.on.clock.advance(seconds=6)
        await sale.until(PaymentState.REFUNDED)
        assert [entry.points for entry in await bought(sale.shop)] == [500, -500]


async def test_a_refund_asked_for_before_a_restart_goes_on_after_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await enter(chat)
            comes(on, invoice_in(on, await invoice_for(chat, "500 points")), "stx1")
            await until_bought(shop, 500)
        async with on.store.write() as unit:
            await buying.refund(unit, "stx1", at=on.clock.now())
            await unit.commit()
        async with on.running():
            await chat.wait_for("⭐250 went back to you", fresh=False)
        [payment] = await payments(shop, shop.space)
        assert payment.state is PaymentState.REFUNDED
        assert on.sandbox.sandbox.stars.balance() == 0


async def test_a_refund_made_elsewhere_is_followed_and_told_to_the_admins_once(tmp_path: Path) -> None:
    async with a_sale(tmp_path) as sale:
        before = (await wallet(sale.shop)).balance
        assert await sale.app.bot.refund_star_payment(AYSE, "stx1")
        told = await sale.admin.wait_for("not from here", fresh=False)
        assert "stx1" in told.words
        await sale.chat.wait_for("⭐250 went back to you", fresh=False)
        sandbox = sale.on.sandbox.sandbox
        [message] = [m for m in sandbox.chats[AYSE].messages.values() if "refunded_payment" in m.content]
        sandbox.push_message(message)  # said again
        await all_worked(sale.on)
        assert (await wallet(sale.shop)).balance == before - 500
        assert len([t for t in await notices_to(sale.on, DENIZ) if "not from here" in t]) == 1
        async with sale.on.store.read() as unit:
            lines, _ = await unit.activity.list(sale.shop.space)
        assert [(line.what, line.telegram_id) for line in lines if line.what == "payment.elsewhere"] == [
            ("payment.elsewhere", None)
        ]
