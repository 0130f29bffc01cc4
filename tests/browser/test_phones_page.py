"""The phones page in real Chromium, against real simulated phones."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect
from starlette.routing import Mount

from bot.clock import SystemClock
from tests.browser.desk import ADA, BRUNO, chromium_page
from tests.fakes.sandbox import running_sandbox
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.http import phones_app
from whatsapp.simulated.world import Parcel, SimulatedWorld

pytestmark = pytest.mark.browser


@dataclass(frozen=True, kw_only=True)
class Shop:
    page: Page
    world: SimulatedWorld
    send: Callable[[str, str, str], Awaitable[object]]


@asynccontextmanager
async def phones_open(*, before: int = 0, width: int = 1280) -> AsyncIterator[Shop]:
    world = SimulatedWorld(folder=None, seed=7, clock=SystemClock(), behaviour=Behaviour.instant())
    with closing(world):
        account = (await world.link()).id

        async def send(key: str, to: str, text: str) -> object:
            return await world.send(account, Parcel(key=key, to=to, text=text))

        for n in range(before):
            await send(f"before-{n}", f"+4477009{n:05d}", f"Hello number {n}")
        async with (
            running_sandbox(routes=[Mount("/phones", app=phones_app(world))]) as sandbox,
            chromium_page(width) as page,
        ):
            await page.goto(f"{sandbox.url}/static/phones.html")
            yield Shop(page=page, world=world, send=send)
            world.close()


async def test_a_message_appears_on_its_phone_and_is_answered_from_there() -> None:
    async with phones_open() as shop:
        await expect(shop.page.get_by_test_id("empty")).to_be_visible()
        await shop.send("k1", ADA, "Hi Ada, <b>we</b> open on Monday")
        message = shop.page.get_by_test_id("phone-message")
        await expect(message).to_contain_text("Hi Ada, <b>we</b> open on Monday")
        await expect(message).to_have_attribute("data-state", "delivered")
        await shop.page.get_by_test_id("phone-reply").fill("See you")
        await shop.page.get_by_test_id("phone-reply").press("Enter")
        await expect(shop.page.get_by_test_id("phone-answer")).to_contain_text("See you")
        await expect(message).to_have_attribute("data-state", "read")


async def test_a_phone_switched_off_waits_and_a_blocked_one_never_gets_it() -> None:
    async with phones_open() as shop:
        await shop.send("k1", ADA, "one")
        await shop.send("k2", BRUNO, "two")
        ada = shop.page.locator(f"[data-testid=phone][data-number='{ADA}']")
        bruno = shop.page.locator(f"[data-testid=phone][data-number='{BRUNO}']")
        await ada.get_by_test_id("phone-online").uncheck()
        await bruno.get_by_test_id("phone-block").check()
        await expect(ada.get_by_test_id("phone-state")).to_contain_text("Offline")
        await expect(bruno.get_by_test_id("phone-state")).to_contain_text("blocked")
        await shop.send("k3", ADA, "three")
        await shop.send("k4", BRUNO, "four")
        await expect(ada.get_by_test_id("phone-message").last).to_have_attribute("data-state", "sent")
        await expect(bruno.get_by_test_id("phone-message").last).to_have_attribute("data-state", "blocked")
        await ada.get_by_test_id("phone-online").check()
        await expect(ada.get_by_test_id("phone-message").last).to_have_attribute("data-state", "delivered")


async def test_of_many_phones_two_hundred_are_shown_and_search_finds_the_others() -> None:
    async with phones_open(before=230) as shop:
        await expect(shop.page.get_by_test_id("phone")).to_have_count(200)
        await expect(shop.page.get_by_test_id("note")).to_contain_text("first 200 of 230")
        await shop.page.get_by_test_id("search").fill("number 3")
        await expect(shop.page.get_by_test_id("phone")).to_have_count(11)
        await shop.page.get_by_test_id("search").fill("00007")
        await expect(shop.page.get_by_test_id("phone")).to_have_count(1)


async def test_opening_a_phone_reads_it_and_trouble_can_be_made() -> None:
    async with phones_open() as shop:
        await shop.send("k1", ADA, "one")
        await shop.page.get_by_test_id("open-phone").click()
        dialog = shop.page.get_by_test_id("phone-dialog")
        await expect(dialog.get_by_test_id("phone-message")).to_have_attribute("data-state", "read")
        await shop.page.keyboard.press("Escape")
        await shop.page.get_by_test_id("trouble").click()
        await shop.page.get_by_test_id("fault").select_option("temporary")
        await shop.page.get_by_test_id("fault-add").click()
        await expect(shop.page.get_by_test_id("toast")).to_be_visible()
        await shop.send("k2", ADA, "two")
        assert [one.key for one in shop.world.received] == ["k1"]


async def test_the_phones_fit_a_small_screen() -> None:
    async with phones_open(before=3, width=390) as shop:
        await expect(shop.page.get_by_test_id("phone")).to_have_count(3)
        assert await shop.page.evaluate("document.documentElement.scrollWidth") <= 390
