"""What was shown at one price is not taken at another."""

from pathlib import Path

import pytest

from domain.wallet.model import Pack
from tests.chat.shop import enter, open_shop
from tests.chat.stage import stage
from tests.chat.till import bought, invoice_for, selling


@pytest.mark.parametrize("offer", ["dearer", "gone"])
async def test_an_invoice_from_before_the_price_changed_takes_no_star(tmp_path: Path, offer: str) -> None:
    """The bot is started again with other prices, and the old invoice still lies in the chat."""
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.ayse
        async with on.running():
            await enter(chat)
            invoice = await invoice_for(chat, "500 points")
        packs = tuple(p for p in on.settings.point_packs if p.points != 500)
        if offer == "dearer":
            packs = (*packs, Pack(points=500, stars=300))
        async with selling(on, packs=packs).running():
            assert "price has changed" in (await chat.pay(invoice))["refused"]
        assert await bought(shop) == []
