"""Money moved while our records could not follow: it is tried again until they do, and told once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from domain.wallet.orders import PaymentState
from tests.chat.shop import enter, open_shop
from tests.chat.stage import AYSE, Stage, eventually, stage
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


@contextmanager
def fails(on: Stage, times: int, statement_begins: str) -> Iterator[list[str]]:
    """The store refuses that statement so often, then works again. Yields what was refused."""
    refused = list[str]()

    def refuse(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith(statement_begins) and len(refused) < times:
            refused.append(statement)
            raise sqlite3.OperationalError("database is locked")

    engine = on.store._writer.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield refused
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize("at", ["INSERT INTO payments", "INSERT INTO ledger", "UPDATE chat_inbox"])
async def test_a_payment_that_one_passing_error_met_is_credited_soon_and_nobody_is_alarmed(
    tmp_path: Path, at: str
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        invoice = invoice_in(on, await invoice_for(chat, "500 points"))
        await all_worked(on)
        with fails(on, 1, at) as refused:
            comes(on, invoice, "stx1")
            await until_bought(shop, 500)
            assert len(refused) == 1
        await all_worked(on)
        assert [payment.state for payment in await payments(shop, shop.space)] == [PaymentState.CREDITED]
        told = await notices_to(on, AYSE)
        assert len([text for text in told if "⭐250 paid" in text]) == 1
        assert not any("could not" in text for text in told)


async def test_a_payment_that_fails_for_longer_is_told_once_and_credited_in_the_end(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        invoice = invoice_in(on, await invoice_for(chat, "500 points"))
        await all_worked(on)
        with fails(on, 4, "INSERT INTO payments") as refused:
            comes(on, invoice, "stx1")
            late = await chat.wait_for("no need to pay again", fresh=False)
            assert "⭐250" in late.words and "stx1" in late.words
            assert await bought(shop) == []
            await until_bought(shop, 500)
            assert len(refused) == 4
        await all_worked(on)
        told = await notices_to(on, AYSE)  # an admin as well
        for words in ("could not be credited yet", "no need to pay again", "⭐250 paid"):
            assert len([text for text in told if words in text]) == 1, words


async def test_a_payment_that_never_got_through_is_credited_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await enter(chat)
            invoice = invoice_in(on, await invoice_for(chat, "500 points"))
            await all_worked(on)
            with fails(on, 1000, "INSERT INTO payments"):
                comes(on, invoice, "stx1")
                await chat.wait_for("no need to pay again", fresh=False)
                assert await bought(shop) == []
        async with on.running():
            await until_bought(shop, 500)
            await all_worked(on)


async def test_stars_that_went_back_while_the_store_failed_are_followed_soon(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        before = (await wallet(shop)).balance
        comes(on, invoice_in(on, await invoice_for(chat, "500 points")), "stx1")
        await until_bought(shop, 500)
        await all_worked(on)
        with fails(on, 1, "UPDATE payments") as refused:
            assert await app.bot.refund_star_payment(AYSE, "stx1")
            await until_bought(shop, 500, -500)
            assert len(refused) == 1
        assert (await wallet(shop)).balance == before

        async def known() -> bool:
            return [one.state for one in await payments(shop, shop.space)] == [PaymentState.REFUNDED]

        await eventually(known, "the payment is refunded")
        await all_worked(on)
