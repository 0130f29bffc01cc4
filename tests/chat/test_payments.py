"""Buying with Stars in the chat: asked, paid, credited once, told."""

from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from bot.sandbox import people
from bot.sandbox.stars import Invoice
from domain.campaigns.model import CampaignState, PauseReason
from domain.kernel.ids import MemberId
from domain.operators.activity import Topic
from domain.operators.model import Role
from domain.wallet import buying
from domain.wallet.model import NoPlanToTake, Pack
from domain.wallet.orders import PaymentState
from storage.tables import orders, wallets
from tests.chat.shop import HALTING, enter, entered, open_shop
from tests.chat.stage import AYSE, DENIZ, STRANGER, eventually, stage
from tests.chat.till import (
    all_worked,
    bought,
    comes,
    invoice_for,
    invoice_in,
    joins,
    notices_to,
    payments,
    selling,
    until_bought,
    wallet,
)


async def test_points_are_bought_with_stars_and_stand_on_the_balance_screen(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        before = (await wallet(shop)).balance
        await enter(chat)
        await chat.say("/balance")
        await chat.tap("Buy points")
        offers = await chat.wait_for("Buy points")
        assert [b for b in offers.button_texts if "⭐" in b] == [
            "500 points · ⭐250", "2,000 points · ⭐800", "10,000 points · ⭐3,000"
        ]  # fmt: skip
        await chat.tap("500 points")
        invoice = await chat.wait_for(lambda m: m.view["invoice"] is not None)
        assert "500 points for Bakery" in invoice.words
        assert (await chat.pay(invoice))["paid"]
        [charge] = on.sandbox.sandbox.stars.charges
        receipt = await chat.wait_for("⭐250 paid")
        assert f"500 points are yours, {before + 500:,} available now." in receipt.words
        assert charge in receipt.words and "/paysupport" in receipt.words
        screen = await chat.wait_for(lambda m: "+500 · bought with Stars" in m.words)
        assert f"Points available: {before + 500:,}" in screen.words
        async with on.store.read() as unit:
            [line, *_], _ = await unit.activity.list(shop.space, topic=Topic.MONEY)
        assert (line.what, line.about, line.who) == ("points.bought", "500 points", "Ayşe")
        assert (line.before["points"], line.after["points"]) == (before, before + 500)


async def test_a_plan_is_bought_and_resumes_nothing_by_itself(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        await shop.until_got(1)
        async with on.store.write() as unit:
            yesterday = on.clock.now()
            await unit.chat._db.execute(wallets.update().values(plan_until=yesterday))
            await unit.commit()

        async def paused() -> bool:
            return (await shop.campaign(id)).pause_reason is PauseReason.PLAN_ENDED

        on.clock.advance(minutes=31)
        await eventually(paused, "the end of the plan pauses it")
        invoice = await invoice_for(chat, "30 days", kind="Buy a plan")
        assert (await chat.pay(invoice))["paid"]
        receipt = await chat.wait_for("⭐500 paid. The plan runs until")
        assert "wait for your Resume" in receipt.words
        until = (await wallet(shop)).plan_until
        assert until is not None and (until - on.clock.now()).days == 29
        assert (await shop.campaign(id)).state is CampaignState.PAUSED


async def test_a_forwarded_invoice_is_refused_to_anybody_else_in_a_sentence(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await joins(shop, DENIZ, Role.OWNER)
        await enter(chat)
        invoice = invoice_in(on, await invoice_for(chat, "500 points"))
        sandbox = on.sandbox.sandbox
        for other in (DENIZ, STRANGER):
            message, why = await people.pay(sandbox, sandbox.chats[other], sandbox.users[other], invoice)
            assert message is None
            assert "made for somebody else" in why
        assert await bought(shop) == []


async def test_the_link_of_a_forwarded_invoice_leads_its_payer_to_balance_and_others_nowhere(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await joins(shop, DENIZ, Role.VIEWER)
        await enter(chat)
        start = invoice_in(on, await invoice_for(chat, "500 points")).start_parameter
        assert start.startswith("buy_") and len(start) <= 64 and str(AYSE) not in start
        await chat.say(f"/start {start}")
        await chat.wait_for("This is your invoice")
        for other in (DENIZ, STRANGER):
            theirs = on.client.chat(other)
            await theirs.say(f"/start {start}")
            await theirs.wait_for("made for somebody else")
            await theirs.say("/start buy_ğ")
            await theirs.wait_for("made for somebody else")


async def test_the_same_payment_twice_is_credited_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        invoice = invoice_in(on, await invoice_for(chat, "500 points"))
        for _ in range(3):
            comes(on, invoice, "stx1")
        await all_worked(on)
        await until_bought(shop, 500)
        assert len([text for text in await notices_to(on, AYSE) if "paid" in text]) == 1


async def test_two_charges_on_one_order_are_both_credited(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        invoice = invoice_in(on, await invoice_for(chat, "500 points"))
        comes(on, invoice, "stx1")
        comes(on, invoice, "stx2")
        await until_bought(shop, 500, 500)
        await all_worked(on)
        assert len([text for text in await notices_to(on, AYSE) if "paid" in text]) == 2


async def test_an_invoice_that_is_paid_or_old_or_changed_in_price_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        first = await invoice_for(chat, "500 points")
        assert (await chat.pay(first))["paid"]
        await until_bought(shop, 500)
        assert "paid already or has run out" in (await chat.pay(first))["refused"]

        second = await invoice_for(chat, "500 points")
        async with on.store.write() as unit:
            await unit.chat._db.execute(orders.update().where(orders.c.state == "open").values(stars=251))
            await unit.commit()
        assert "price has changed" in (await chat.pay(second))["refused"]

        third = await invoice_for(chat, "500 points")
        on.clock.advance(hours=25)
        assert "paid already or has run out" in (await chat.pay(third))["refused"]
        assert [entry.points for entry in await bought(shop)] == [500]


async def test_who_is_no_owner_any_more_cannot_pay(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await joins(shop, DENIZ, Role.OWNER)
        await enter(chat)
        invoice = await invoice_for(chat, "500 points")
        async with on.store.write() as unit:
            await unit.operators.set_role(shop.member, Role.MANAGER)
            await unit.commit()
        assert "Only an owner" in (await chat.pay(invoice))["refused"]


async def test_who_has_left_by_the_time_the_money_comes_is_credited_all_the_same(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        await joins(shop, DENIZ, Role.OWNER)
        async with on.running():
            await enter(chat)
            invoice = invoice_in(on, await invoice_for(chat, "500 points"))
            async with on.store.write() as unit:
                await unit.operators.leave(MemberId(shop.member), at=on.clock.now())
                await unit.commit()
            comes(on, invoice, "stx1")
            await chat.wait_for("500 points are yours")
        await until_bought(shop, 500)


async def test_money_that_fits_no_order_is_kept_and_told_to_payer_and_admins(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        invoice = Invoice(title="?", description="?", payload="no such order", amount=250)
        payer = on.client.chat(STRANGER)
        await payer.say("/start")
        comes(on, invoice, "stx1", payer=STRANGER)
        await payer.wait_for("cannot tell what for")
        admin = await chat.wait_for("fits no order")
        assert "stx1" in admin.words and str(STRANGER) in admin.words
        [stray] = await payments(shop, None)
        assert (stray.state, stray.stars, stray.points) == (PaymentState.STRAY, 250, 0)
        assert await bought(shop) == []


@pytest.mark.parametrize("fault", [NoPlanToTake(), ZeroDivisionError()], ids=["a refusal", "a fault"])
async def test_a_payment_that_cannot_be_credited_is_told_to_the_admins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise fault

    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        invoice = invoice_in(on, await invoice_for(chat, "500 points"))
        monkeypatch.setattr(buying, "credit", broken)
        comes(on, invoice, "stx1")
        await chat.wait_for("Something went wrong on my side")
        admin = await chat.wait_for("could not be credited")
        assert "stx1" in admin.words and "⭐250" in admin.words
        assert await bought(shop) == []


async def test_a_payment_that_came_while_the_bot_was_down_is_credited_at_the_start(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await enter(chat)
            invoice = invoice_in(on, await invoice_for(chat, "500 points"))
        comes(on, invoice, "stx1")
        async with on.running():
            await chat.wait_for("⭐250 paid", fresh=False)
        await until_bought(shop, 500)


# -- the screens -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MANAGER])
async def test_who_is_no_owner_is_refused_at_the_balance(tmp_path: Path, role: Role) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.client.chat(DENIZ)
        await joins(shop, DENIZ, role)
        await enter(chat)
        await chat.say("/balance")
        await chat.wait_for("owner")
        assert not any("⭐" in text for m in chat.newest_first() for text in m.button_texts)
        shown = await chat.wait_for(lambda m: bool(m.buttons), fresh=False)
        for press in ("v1|bl.buy|0|0|0", "v1|bl.pack|dw|0|6y", "v1|bl.export|0|0|0", "v1|balance|0|0|0"):
            await chat.wait_answered(await chat.tap_data(shown.message_id, press, forged=True))
        assert await notices_to(on, DENIZ, "invoice") == []
        assert await notices_to(on, DENIZ, "ledger_export") == []


async def test_an_offer_that_is_not_made_any_more_is_refused(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await chat.say("/balance")
        screen = await chat.wait_for("Balance")
        for press in ("v1|bl.pack|rs|0|1", "v1|bl.days|u|0|1"):  # 1,000 points, 30 days, for one Star
            await chat.tap_data(screen.message_id, press, forged=True)
            await chat.wait_for_toast("changed meanwhile")
        assert await notices_to(on, AYSE, "invoice") == []


async def test_where_nothing_is_for_sale_it_says_how_else(tmp_path: Path) -> None:
    async with stage(tmp_path) as plain, selling(plain, packs=(), plans=()).running():
        await open_shop(plain)
        chat = plain.ayse
        await enter(chat)
        for kind in ("Buy points", "Buy a plan"):
            await chat.say("/balance")
            await chat.tap(kind)
            await chat.wait_for("Nothing of this kind is for sale")


async def test_offers_stand_cheapest_first(tmp_path: Path) -> None:
    packs = (Pack(points=900, stars=500), Pack(points=100, stars=50))
    async with stage(tmp_path) as plain, selling(plain, packs=packs).running():
        await open_shop(plain)
        chat = plain.ayse
        await enter(chat)
        await chat.say("/balance")
        await chat.tap("Buy points")
        offers = await chat.wait_for("Buy points")
        assert offers.button_texts[:2] == ["100 points · ⭐50", "900 points · ⭐500"]


async def test_movements_are_exported_in_the_zone_of_the_workspace(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        comes(on, invoice_in(on, await invoice_for(chat, "500 points")), "stx1")
        await until_bought(shop, 500)
        await chat.say("/balance")
        await chat.tap("Export")
        sent = await chat.wait_for(lambda m: m.document is not None)
        sheet = load_workbook(BytesIO(await chat.download(sent))).active
        assert sheet is not None
        rows = list(sheet.iter_rows(values_only=True))
        assert rows[0] == ("When", "Reason", "Campaign", "Points", "Held", "Owed", "Note")
        when, reason, campaign, points, held, owed, note = rows[-1]
        assert (reason, campaign, points, held, owed, note) == (
            "bought with Stars", None, 500, 0, 0, "stx1"
        )  # fmt: skip
        [entry] = await bought(shop)
        local = entry.at.astimezone(ZoneInfo("Europe/Istanbul")).replace(tzinfo=None, microsecond=0)
        assert when == local
        assert sum(int(str(row[3])) for row in rows[1:]) == (await wallet(shop)).balance


async def test_a_question_about_a_payment_reaches_the_admins_with_its_receipts(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        comes(on, invoice_in(on, await invoice_for(chat, "500 points")), "stx1")
        await until_bought(shop, 500)
        admin = on.client.chat(DENIZ)
        await admin.say("/start")
        await chat.say("/paysupport")
        await chat.wait_for("Write what went wrong")
        await chat.say("x" * 2001)
        await chat.wait_for("That is too long")
        await chat.say("I paid <b>twice</b> & see it once")
        await chat.wait_for("That went to the admins")
        told = await admin.wait_for("asks about a payment", fresh=False)
        for words in ("Ayşe", str(AYSE), "Bakery", "I paid <b>twice</b> & see it once", "stx1"):
            assert words in told.words


async def test_a_viewer_may_ask_about_a_payment_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.client.chat(STRANGER)
        await joins(shop, STRANGER, Role.VIEWER)
        await enter(chat)
        await chat.say("/paysupport")
        await chat.say("I paid the owner, not you")
        await chat.wait_for("That went to the admins")
        [told] = [text for text in await notices_to(on, AYSE) if "asks about a payment" in text]
        assert "Receipts: none" in told
