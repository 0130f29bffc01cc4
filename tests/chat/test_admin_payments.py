"""The desk's admins in the chat: payments, given back in two steps, and those that fit no order."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.wallet.orders import PaymentState
from storage.tables import wallets, workspaces
from tests.chat.admin_desk import Desk, desk
from tests.chat.stage import AYSE, STRANGER, eventually
from tests.chat.till import all_worked, comes, invoice_for, invoice_in, payments


async def test_a_payment_is_given_back_in_two_steps(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        before = (await at.wallet()).balance
        await at.ayse.pay(await invoice_for(at.ayse, "500 points"))
        await at.ayse.wait_for("⭐250 paid")
        await at.opens("Payments", "⭐ 250")
        shown = await at.deniz.wait_for("State: credited")
        assert "500 points" in shown.words and f"By: Ayşe ({AYSE})" in shown.words
        await at.deniz.tap("Refund")
        asked = await at.deniz.wait_for("Give ⭐ 250 back")
        assert asked.button_texts[0] == "Leave it" and f"back to Ayşe ({AYSE})?" in asked.words
        assert (await at.wallet()).balance == before + 500
        await at.deniz.tap("Give ⭐ 250 back")

        async def it_is_back() -> bool:
            [payment] = await payments(at.shop, at.shop.space)
            return payment.state is PaymentState.REFUNDED

        await eventually(it_is_back, "the Stars went back")
        assert (await at.wallet()).balance == before
        line = await at.both_logs()
        assert line.what == "payment.refunded" and line.before == {"state": "credited"}


@pytest.mark.parametrize(
    ("later", "asked", "taken"),
    [(0, "30 days will be taken", 30), (29, "only 1 day of the plan will be taken", 1)],
)
async def test_what_is_taken_for_a_plan_is_what_the_question_said(
    tmp_path: Path, later: int, asked: str, taken: int
) -> None:
    async with desk(tmp_path) as at:
        await _plan_is_over(at)
        await at.ayse.pay(await invoice_for(at.ayse, "30 days", kind="Buy a plan"))
        await at.ayse.wait_for("⭐500 paid")
        at.on.clock.advance(days=later, minutes=5 if later else 0)
        await at.opens("Payments", "⭐ 500", "Refund")
        question = await at.deniz.wait_for("Give ⭐ 500 back")
        assert asked in question.words
        await at.deniz.tap("Give ⭐ 500 back")

        async def it_is_back() -> bool:
            [payment] = await payments(at.shop, at.shop.space)
            return payment.state is PaymentState.REFUNDED

        await eventually(it_is_back, "the Stars went back")
        async with at.on.store.read() as unit:
            last = await unit.wallet.last_plan_change(at.shop.space)
        assert last is not None and last.days == -taken


async def test_a_plan_that_is_over_is_said_to_be_and_not_offered_to_be_refunded(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await _plan_is_over(at)
        await at.ayse.pay(await invoice_for(at.ayse, "30 days", kind="Buy a plan"))
        await at.ayse.wait_for("⭐500 paid")
        at.on.clock.advance(days=31)
        await at.opens("Payments", "⭐ 500", "Refund")
        question = await at.deniz.wait_for("nothing is left to take")
        assert question.button_texts == ["Leave it", "⬅ Back"]


async def _plan_is_over(at: Desk) -> None:
    async with at.on.store.write() as unit:
        await unit.chat._db.execute(wallets.update().values(plan_until=at.on.clock.now()))
        await unit.commit()


async def test_owners_read_the_end_of_their_plan_by_their_own_clock_wherever_the_admin_is(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        async with at.on.store.write() as unit:
            bakery = await unit.operators.workspace(at.shop.space)
            await unit.chat._db.execute(workspaces.update().values(zone="Asia/Tokyo"))
            await unit.commit()
        assert at.on.settings.default_zone != "Asia/Tokyo" != bakery.zone
        await at.opens("days")
        await at.answers("30 for the spring fair", "spring fair")
        told = await at.ayse.wait_for("The desk gave your plan 30 days", fresh=False)
        until = (await at.wallet()).plan_until
        assert until is not None
        assert f"{until.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M}" in told.words
        assert "(Asia/Tokyo)" in told.words


async def test_points_that_are_spent_cannot_be_refunded(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.ayse.pay(await invoice_for(at.ayse, "500 points"))
        await at.ayse.wait_for("⭐250 paid")
        await at.opens("Give or take points")
        wallet = await at.wallet()
        await at.answers(f"-{wallet.available - 499} nearly all", "has been told")
        await at.opens("Payments", "⭐ 250", "Refund", "Give ⭐ 250 back")
        await at.deniz.wait_for_toast("only 499 are available")
        [payment] = await payments(at.shop, at.shop.space)
        assert payment.state is PaymentState.CREDITED
        assert [line.what for line in await at.log(None)] == ["points.taken"]


async def test_stray_payments_have_a_page_of_their_own(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        invoice = invoice_in(at.on, await invoice_for(at.ayse, "500 points"))
        comes(at.on, invoice, "charge-of-a-stranger", payer=STRANGER)
        await all_worked(at.on)
        await at.deniz.say("/admin")
        await at.deniz.tap("Stray payments (1)")
        await at.deniz.tap("⭐ 250")
        shown = await at.deniz.wait_for("State: stray")
        assert str(STRANGER) in shown.words and "for nothing" in shown.words
        await at.deniz.tap("Refund")
        await at.deniz.wait_for("Nothing had been bought")
        await at.deniz.tap("Give ⭐ 250 back")

        async def it_is_back() -> bool:
            [payment] = await payments(at.shop, None)
            return payment.state is PaymentState.REFUNDED

        await eventually(it_is_back, "the Stars went back")
        assert (await at.log(None))[0].what == "payment.refunded"
