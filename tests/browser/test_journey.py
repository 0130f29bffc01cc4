"""From nothing to the report in real Chromium, with the sandbox and the bot as real processes.

Leaves a picture of each screen in build/screenshots. With MASSSENDER_SCREENSHOTS set to a folder the pictures
go there: so are those in docs/screenshots made.
"""

import csv
import io
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import xlsxwriter
from openpyxl import load_workbook
from playwright.async_api import Locator, Page, expect

from bot.tour import picture
from tests.browser.desk import chromium_page
from tests.crash.processes import Process, bot_environment, sandbox_process

pytestmark = pytest.mark.browser

PICTURES: Final = Path(os.environ.get("MASSSENDER_SCREENSHOTS") or "build/screenshots")
NAMES: Final = ("Ada Yılmaz", "Bruno Costa", "Chloé Martin", "Deniz Aksoy", "Elif Kara", "Farid Haddad")
TEXT: Final = "Hello {name|friend}! Our spring menu is here. See you in {City}?"
#: Long enough for a busy machine; nothing waits for so long when it works.
PATIENCE: Final = 30_000


def number(n: int) -> str:
    return f"+44740012345{n}"


def contacts() -> bytes:
    """An Excel file as a shop keeps it: six people, one of them twice, and a number that is none."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Customers")
        sheet.write_row(0, 0, ["Name", "Phone", "City"], book.add_format({"bold": True}))
        for n, name in enumerate(NAMES):
            sheet.write_row(n + 1, 0, [name, number(n), "Leeds" if n % 2 else "Bath"])
        sheet.write_row(len(NAMES) + 1, 0, ["Ada again", "0044 7400 123450", "Bath"])
        sheet.write_row(len(NAMES) + 2, 0, ["Gül", "will ask", "York"])
    return out.getvalue()


@dataclass(frozen=True, kw_only=True)
class Chat:
    """The chat page, as an operator uses it."""

    page: Page
    url: str

    def bubble(self, text: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_test_id("message").filter(has_text=text).last

    @property
    def live(self) -> Locator:
        """The live message: a card that is not the panel, which also says how fast it goes."""
        cards = self.page.get_by_test_id("message").filter(has_text="Updated")
        return cards.filter(has_not_text="Speed:").last

    async def see(self, text: str | re.Pattern[str]) -> Locator:
        await expect(self.bubble(text)).to_be_visible(timeout=PATIENCE)
        return self.bubble(text)

    async def tap(self, label: str, *, on: Locator | None = None) -> None:
        await (on or self.page).get_by_test_id("inline-button").filter(has_text=label).last.click()

    async def say(self, text: str) -> None:
        await self.page.get_by_test_id("composer").fill(text)
        await self.page.get_by_test_id("composer").press("Enter")

    async def toast(self, text: str) -> None:
        toasts = self.page.get_by_test_id("toast").filter(has_text=text)
        await expect(toasts.first).to_be_visible(timeout=PATIENCE)

    async def upload(self, content: bytes, name: str, *, photo: bool = False) -> None:
        chooser = "upload-photo-input" if photo else "upload-input"
        mime = "image/jpeg" if photo else "application/octet-stream"
        await self.page.get_by_test_id(chooser).set_input_files(
            {"name": name, "mimeType": mime, "buffer": content}
        )
        await self.page.get_by_test_id("upload-send").click()

    async def drop(self, content: bytes, name: str) -> None:
        """Drag a file onto the page and let it go over the zone for files."""
        script = """async ([bytes, name]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name));
            return transfer;
        }"""
        transfer = await self.page.evaluate_handle(script, [list(content), name])
        await self.page.dispatch_event("#room", "dragenter", {"dataTransfer": transfer})
        zone = self.page.get_by_test_id("drop-document")
        await zone.dispatch_event("drop", {"dataTransfer": transfer})
        await self.page.get_by_test_id("upload-send").click()

    async def picture(self, name: str) -> None:
        await expect(self.page.get_by_test_id("toast")).to_have_count(0, timeout=PATIENCE)
        PICTURES.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=PICTURES / f"{name}.png")

    async def download(self, ending: str) -> bytes:
        async with self.page.expect_download() as waiting:
            await self.page.get_by_test_id("document").filter(has_text=ending).last.click()
        return (await (await waiting.value).path()).read_bytes()


@asynccontextmanager
async def product(folder: Path) -> AsyncIterator[Chat]:
    """Sandbox and bot, each in its process, and the chat page of a fresh desk."""
    async with sandbox_process(folder) as url:
        bot = Process(["run"], bot_environment(url, folder), folder / "bot.log")
        await bot.start()
        try:
            async with chromium_page(420, 800) as page:
                chat = Chat(page=page, url=url)
                await page.goto(f"{url}/chat?user=1001")
                yield chat
                assert bot.running, bot.log.read_text()
        finally:
            await bot.stop()


async def arrive(chat: Chat) -> None:
    await chat.page.get_by_test_id("start").click()
    await chat.see("Before you start")
    await chat.tap("Continue")
    await expect(chat.page.get_by_test_id("alert")).to_contain_text("tick the box")
    await chat.page.get_by_test_id("alert-ok").click()
    await chat.tap("☐ I will only")
    await chat.see("☑ I will only")
    await chat.tap("Continue")
    await chat.see("tap Link WhatsApp")
    await chat.tap("Link WhatsApp")
    await chat.tap("Link a simulated number")
    await chat.toast("is linked.")
    await chat.tap("Back")
    await chat.see("Now send me the file")
    await chat.picture("home")


async def bring_the_contacts(chat: Chat) -> None:
    await chat.drop(b"this is no workbook" * 20, "broken.xlsx")
    await chat.see("broken.xlsx was not imported")
    await chat.upload(contacts(), "customers.xlsx")
    await chat.see("The first ones would be")
    await chat.picture("import")
    await chat.tap("That's right")
    asked = await chat.see("How did these people agree?")
    await expect(asked).to_contain_text("8 rows · 6 ready · 1 duplicate · 1 bad number")
    await chat.tap("They signed up")
    await chat.see("6 can be messaged")


async def build_the_campaign(chat: Chat) -> None:
    await chat.tap("New campaign")
    await chat.see("2 of 7")
    await chat.say("Hello {nme}")
    await chat.see("Nobody has a column “nme”")
    await chat.say(TEXT)
    await chat.see("3 of 7")
    await chat.upload(picture(), "menu.jpg", photo=True)
    preview = await chat.see("4 of 7")
    await expect(preview).to_contain_text("Our spring menu is here. See you in")
    await expect(preview).to_contain_text("photo, ")
    await expect(preview.get_by_text("Continue")).to_be_in_viewport()
    await chat.picture("preview")
    await chat.tap("Continue")
    await chat.see("5 of 7")
    await chat.tap("Custom")
    await chat.say("1.5-2")
    await chat.see("6 of 7")
    await chat.tap("Now")
    await chat.see("6 people can get it")


async def run_it(chat: Chat) -> None:
    """Live edits, a pause in the middle, answers from two phones, and on to the end."""
    await chat.tap("Start")
    await chat.toast("It is on its way.")
    pinned = chat.page.get_by_test_id("pinned")
    await expect(pinned).to_contain_text("running", timeout=PATIENCE)
    await expect(chat.live).to_contain_text(re.compile(r"[2-5] of 6"), timeout=PATIENCE)
    await chat.picture("progress")
    await chat.tap("Pause", on=chat.live)
    await expect(chat.live).to_contain_text("paused", timeout=PATIENCE)
    await expect(pinned).to_contain_text("paused")
    await two_phones_answer(chat)
    await chat.tap("Resume", on=chat.live)
    await expect(chat.live).to_contain_text("finished", timeout=PATIENCE)
    await expect(chat.live).to_contain_text("6 of 6")
    await expect(pinned).to_be_hidden(timeout=PATIENCE)


async def two_phones_answer(chat: Chat) -> None:
    browser = chat.page.context.browser
    assert browser is not None
    page = await browser.new_page(viewport={"width": 1180, "height": 720})
    await page.goto(f"{chat.url}/phones-page")
    for n, words in ((0, "Lovely, see you on Friday!"), (1, "STOP")):
        phone = page.locator(f"[data-testid=phone][data-number='{number(n)}']")
        await expect(phone.get_by_test_id("phone-message")).to_contain_text(
            f"Hello {NAMES[n]}! Our spring menu is here", timeout=PATIENCE
        )
        await phone.get_by_test_id("phone-reply").fill(words)
        await phone.get_by_test_id("phone-reply").press("Enter")
        await expect(phone.get_by_test_id("phone-answer")).to_contain_text(words)
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / "phones.png")
    await page.close()
    await chat.see("Lovely, see you on Friday!")
    await chat.see(f"{NAMES[1]} ({number(1)}) said stop")


async def read_the_report(chat: Chat) -> None:
    report = chat.page.get_by_test_id("message").filter(has=chat.page.locator("img[data-testid=photo]")).last
    await expect(report).to_contain_text("Replied 2", timeout=PATIENCE)
    image = report.get_by_test_id("photo")
    await expect(image).to_have_js_property("naturalHeight", 1280)
    await expect(chat.page.get_by_test_id("document").filter(has_text=".csv")).to_be_visible()
    await image.scroll_into_view_if_needed()
    await chat.picture("report")
    await image.click()
    await expect(chat.page.get_by_test_id("lightbox")).to_be_visible()
    await chat.page.keyboard.press("Escape")

    sheet = load_workbook(io.BytesIO(await chat.download(".xlsx"))).worksheets[0]
    head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert head == ["Number", "Name", "State", "Reason", "Sent", "Delivered", "Read", "Replied"]
    assert sorted((str(row[0]).lstrip("'"), row[1]) for row in rows) == [
        (number(n), name) for n, name in enumerate(NAMES)
    ]
    # The report waited for the last one's delivery.
    assert {str(row[2]) for row in rows} == {"delivered", "read"}
    assert all(row[4] is not None for row in rows)
    assert {row[1] for row in rows if row[7] is not None} == {NAMES[0], NAMES[1]}
    flat = list(csv.reader(io.StringIO((await chat.download(".csv")).decode("utf-8-sig"))))
    assert [row[:4] for row in flat[1:]] == [[cell or "" for cell in row[:4]] for row in rows]


async def test_from_an_empty_desk_to_the_report_and_its_files(tmp_path: Path) -> None:
    async with product(tmp_path) as chat:
        await arrive(chat)
        await bring_the_contacts(chat)
        await build_the_campaign(chat)
        await run_it(chat)
        await read_the_report(chat)
