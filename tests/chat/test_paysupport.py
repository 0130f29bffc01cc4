"""/paysupport answers everybody: Telegram asks it of every bot that takes payments."""

from pathlib import Path

from bot.screens.balance import LONGEST_OF_STRANGERS
from tests.chat.shop import enter, open_shop
from tests.chat.stage import AYSE, STRANGER, Stage, stage
from tests.chat.till import comes, invoice_for, invoice_in, notices_to, until_bought


async def asked(on: Stage) -> list[str]:
    """What reached the admin."""
    return [text for text in await notices_to(on, AYSE) if "asks about a payment" in text]


async def test_a_stranger_who_never_paid_may_ask_in_few_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        await enter(on.ayse)
        chat = on.client.chat(STRANGER)
        await chat.say("/paysupport")
        shown = await chat.wait_for("Write what went wrong")
        assert shown.button_texts == []
        await chat.say("x" * (LONGEST_OF_STRANGERS + 1))
        await chat.wait_for(f"up to {LONGEST_OF_STRANGERS} characters")
        assert await asked(on) == []
        await chat.say("I paid, and nobody <b>answers</b>")
        after = await chat.wait_for("That went to the admins")
        assert "private" in after.words and "receipts" not in after.words
        [told] = await asked(on)
        for words in (str(STRANGER), "no workspace here", "&lt;b&gt;answers", "Receipts: none"):
            assert words in told


async def test_who_paid_and_has_left_since_may_ask_at_length_and_is_found_by_the_receipt(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        comes(on, invoice_in(on, await invoice_for(chat, "500 points")), "stx1")
        await until_bought(shop, 500)
        async with on.store.write() as unit:
            await unit.operators.leave(shop.member, at=on.clock.now())
            await unit.commit()
        await chat.say("/paysupport")
        await chat.wait_for("Write what went wrong")
        await chat.say("y" * (LONGEST_OF_STRANGERS + 1))
        await chat.wait_for("That went to the admins")
        [told] = await asked(on)
        assert "stx1" in told and "Bakery" not in told
