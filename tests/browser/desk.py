"""A page in real Chromium, a sandbox behind it, and a bot played by hand."""

import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image
from playwright.async_api import Page, async_playwright

from tests.fakes.sandbox import RunningSandbox, running_sandbox

CHROMIUM = os.environ.get("MASSSENDER_TEST_CHROMIUM", "/usr/bin/chromium")
AYSE, DENIZ = 1001, 1002
ADA, BRUNO = "+447700900001", "+447700900002"


@asynccontextmanager
async def chromium_page(width: int = 1280, height: int = 800) -> AsyncIterator[Page]:
    """A page; any error in its scripts fails the test."""
    broken: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        page = await browser.new_page(viewport={"width": width, "height": height})
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.set_default_timeout(10_000)
        yield page
        await browser.close()
    assert broken == []


class BotByHand:
    """Speaks the Bot API as a bot would, one call at a time."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._offset = 0

    async def call(self, method: str, files: dict[str, Any] | None = None, **fields: Any) -> Any:
        if files:
            answer = await self._client.post(method, data=fields, files=files)
        else:
            answer = await self._client.post(method, json=fields)
        body = answer.json()
        assert body["ok"], body
        return body["result"]

    async def update(self) -> dict[str, Any]:
        """The next update."""
        while True:
            updates = await self.call("getUpdates", offset=self._offset, limit=1, timeout=5)
            if updates:
                self._offset = updates[0]["update_id"] + 1
                return dict(updates[0])

    async def say(self, text: str, *rows: list[dict[str, str]], chat: int = AYSE, **more: Any) -> int:
        sent = await self.call(
            "sendMessage",
            chat_id=chat,
            text=text,
            parse_mode="HTML",
            reply_markup={"inline_keyboard": list(rows)},
            **more,
        )
        return int(sent["message_id"])


@dataclass(frozen=True, kw_only=True)
class Desk:
    page: Page
    bot: BotByHand
    sandbox: RunningSandbox

    async def open(self, user: int = AYSE) -> None:
        await self.page.goto(f"{self.sandbox.url}/chat?user={user}")

    async def type(self, text: str) -> None:
        await self.page.get_by_test_id("composer").fill(text)
        await self.page.get_by_test_id("composer").press("Enter")

    async def started(self) -> None:
        """Ayşe opened the chat and pressed Start; the bot has heard it."""
        await self.open()
        await self.page.get_by_test_id("start").click()
        assert (await self.bot.update())["message"]["text"] == "/start"


@asynccontextmanager
async def desk_open(width: int = 1280, height: int = 800) -> AsyncIterator[Desk]:
    async with (
        running_sandbox() as sandbox,
        httpx.AsyncClient(base_url=f"{sandbox.bot_url}{sandbox.token}/", timeout=30) as client,
        chromium_page(width, height) as page,
    ):
        yield Desk(page=page, bot=BotByHand(client), sandbox=sandbox)


def png(*, colour: int = 90) -> bytes:
    """A small real picture."""
    stream = io.BytesIO()
    Image.new("RGB", (320, 200), (colour, 80, 120)).save(stream, "PNG")
    return stream.getvalue()
