"""The whole journey, as an operator makes it: from the door to the report, through the chat alone."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter
from openpyxl import load_workbook
from PIL import Image

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from bot.tour import picture
from tests.chat.stage import Stage, link, register, stage

PEOPLE = (
    ("Ayşe", "+90 501 234 56 78", "Ankara"),
    ("Mehmet", "0090 (501) 234-56-79", "İzmir"),
    ("", "+905012345680", "Bursa"),
    ("Zeynep", "+90 501 234 56 78", "Ankara"),
    ("Nobody", "12", "nowhere"),
)
TEXT = "Hello {name|friend} in {city}!"
GOT = {
    "+905012345678": "Hello Ayşe in Ankara!",
    "+905012345679": "Hello Mehmet in İzmir!",
    "+905012345680": "Hello friend in Bursa!",
}


def sheet(rows: Sequence[tuple[str, ...]] = PEOPLE) -> bytes:
    """Written by another library than the one that reads it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("Customers")
        for r, row in enumerate([("Name", "Phone", "City"), *rows]):
            page.write_row(r, 0, row)
    return out.getvalue()


async def import_people(chat: SandboxChat) -> ShownMessage:
    await chat.upload(sheet(), "customers.xlsx")
    await chat.wait_for("The first ones would be")
    await chat.tap("That's right")
    await chat.wait_for("5 rows · 3 ready · 1 duplicate · 1 bad number · 0 opted out")
    await chat.tap("They signed up")
    return await chat.wait_for("3 can be messaged")


async def build(on: Stage, chat: SandboxChat) -> ShownMessage:
    """A campaign with a picture, up to its review; the message with the picture."""
    await chat.tap("New campaign")
    await chat.wait_for("2 of 7")
    await chat.say(TEXT)
    await chat.wait_for("3 of 7")
    sent = await chat.upload(picture(), "menu.jpg", kind="photo")
    preview = await chat.wait_for("4 of 7")
    assert "person 1 of 3" in preview.words
    await chat.tap("Next person")
    await chat.wait_for("person 2 of 3")
    await chat.tap("Send me a test")
    await chat.wait_for("Which WhatsApp number")
    await chat.say("+44 7400 123456")
    await chat.wait_for("✅ The test was sent to +447400123456")
    assert [one.number for one in on.world.received] == ["+447400123456"]
    await chat.tap("Continue")
    await chat.wait_for("5 of 7")
    await chat.tap("Custom")
    await chat.say("0.5")
    await chat.wait_for("6 of 7")
    await chat.tap("Now")
    review = await chat.wait_for("check it once more")
    assert "3 people can get it" in review.words and "photo" in review.words
    return sent


async def test_from_the_door_to_the_report(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await link(chat)
        await import_people(chat)
        sent = await build(on, chat)
        await chat.tap("Start")
        live = await chat.wait_for(lambda m: "running" in m.words and m.message_id in chat.pinned)
        await chat.tap("Pause", message=live)
        await chat.wait_for(
            lambda m: m.message_id == live.message_id and "paused (by an operator)" in m.words
        )
        assert len(on.world.received) < 1 + len(GOT)
        await chat.tap("Resume", message=live)
        report = await chat.wait_for(lambda m: m.photo is not None and m.from_bot)
        ended = await chat.wait_for(
            lambda m: m.message_id == live.message_id and "finished" in m.words, fresh=False
        )
        assert "Sent 3" in ended.words and "Left 0" in ended.words
        await phones_got_it(on, await chat.download(sent))
        await report_is_right(chat, report)
        await chat.until(lambda: not chat.pinned or None, timeout=10, what=lambda: f"{chat.pinned} pinned")


async def phones_got_it(on: Stage, uploaded: bytes) -> None:
    """Each person once, names filled, with the very picture that Telegram had."""
    campaign = [one for one in on.world.received if one.number in GOT]
    assert {one.number: one.text for one in campaign} == GOT
    assert len(campaign) == len(GOT)
    [file] = {one.media for one in campaign}
    assert await on.world.shelf.get(file or "") == uploaded


async def report_is_right(chat: SandboxChat, report: ShownMessage) -> None:
    assert "Sent 3 · Delivered 3" in report.words
    with Image.open(io.BytesIO(await chat.download(report))) as shown:
        assert min(shown.size) >= 400
    flat = list(csv.reader(io.StringIO((await file_of(chat, ".csv")).decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(await file_of(chat, ".xlsx")))
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    heads = ["Number", "Name", "State", "Reason", "Sent", "Delivered", "Read", "Replied"]
    assert flat[0] == rows[0] == heads
    assert {row[0]: row[1:4] for row in flat[1:]} == {
        "'+905012345678": ["Ayşe", "delivered", ""],
        "'+905012345679": ["Mehmet", "delivered", ""],
        "'+905012345680": ["", "delivered", ""],
    }
    assert [row[0] for row in rows[1:]] == [row[0] for row in flat[1:]]
    assert all(row[4] and row[5] and row[6] is None for row in rows[1:])


async def file_of(chat: SandboxChat, ending: str) -> bytes:
    def is_it(message: ShownMessage) -> bool:
        about = message.document
        return message.from_bot and about is not None and about["name"].endswith(ending)

    return await chat.download(await chat.wait_for(is_it, fresh=False))
