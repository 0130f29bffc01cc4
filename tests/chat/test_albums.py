"""Several pictures at once, where one was asked for."""

import io
from pathlib import Path

from PIL import Image

from tests.chat.shop import Shop, enter, open_campaign, open_shop
from tests.chat.stage import AYSE, Stage, eventually, stage

FIRST = "I took the first of those you sent."
WIDTHS = (310, 320, 330)


def picture(width: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, 200), (40, 120, 90)).save(out, "JPEG")
    return out.getvalue()


def files(*widths: int) -> list[tuple[bytes, str]]:
    return [(picture(width), f"{width}.jpg") for width in widths]


async def width_of_the_picture(shop: Shop) -> int:
    """Of the picture that goes with the newest campaign."""
    async with shop.on.store.read() as unit:
        campaigns, _ = await unit.campaigns.of_workspace(shop.space)
    assert campaigns[0].media is not None
    content = await shop.on.media.get(campaigns[0].media.key)
    with Image.open(io.BytesIO(content)) as image:
        return image.width


async def all_worked(on: Stage) -> None:
    """Until the bot has worked whatever was sent to it."""
    bot_id = int(on.sandbox.token.partition(":")[0])

    async def idle() -> bool:
        if await on.client.updates_waiting():
            return False
        async with on.store.read() as unit:
            return not await unit.chat.waiting_updates(bot_id)

    await eventually(idle, "nothing left to work")


async def test_of_an_album_the_first_picture_is_taken_and_the_others_do_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await shop.draft()
        await enter(chat)
        await open_campaign(chat)
        await chat.tap("Go on")
        await chat.wait_for("check it once more")
        await chat.tap("🖼 Media")
        await chat.wait_for("3 of 7")
        await chat.album(files(*WIDTHS))
        await all_worked(on)
        review = await chat.wait_for("check it once more")
        assert FIRST in review.words
        assert "✅ Start" in review.button_texts
        assert await width_of_the_picture(shop) == WIDTHS[0]
        async with on.store.read() as unit:
            panel = await unit.chat.panel(AYSE)
            assert await unit.chat.prompt(AYSE) is None
        assert panel is not None
        assert panel.screen == "review"
        assert FIRST in panel.args["note"]


async def test_another_album_replaces_the_picture_of_the_first(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await shop.draft()
        await enter(chat)
        await open_campaign(chat)
        await chat.tap("Go on")
        await chat.wait_for("check it once more")
        for widths in ((310, 320), (330, 310)):
            await chat.tap("🖼 Media")
            await chat.wait_for("3 of 7")
            await chat.album(files(*widths))
            await all_worked(on)
            await chat.wait_for("check it once more")
        assert await width_of_the_picture(shop) == WIDTHS[2]
