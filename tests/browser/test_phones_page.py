"""The phones page in real Chromium, against real simulated phones."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Page, Route, expect
from starlette.routing import Mount

from bot.clock import SystemClock
from domain.delivery.ports import ReplyNews
from tests.browser.desk import ADA, BRUNO, chromium_page
from tests.contract.cloud_standin.stage import Sink, Stage, spring, stage_with_sink
from tests.fakes.sandbox import running_sandbox
from whatsapp.cloud.standin.phones import official_phones
from whatsapp.cloud.standin.world import WorldClock
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.http import phones_app
from whatsapp.simulated.world import Parcel, SimulatedWorld

pytestmark = pytest.mark.browser

#: A picture that every browser can read.
PIXEL: Final = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SPRING_MESSAGE: Final[dict[str, Any]] = {
    "name": "spring", "language": {"code": "en"},
    "components": spring({"link": "https://ada.example/spring.png"}, "Ada", "20%"),
}  # fmt: skip


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


async def test_what_is_refused_while_a_phone_is_open_is_told_above_it() -> None:
    async with phones_open() as shop:
        await shop.send("k1", ADA, "one")
        await shop.page.get_by_test_id("open-phone").click()
        dialog = shop.page.get_by_test_id("phone-dialog")
        empty: Any = {"name": "bread.png", "mimeType": "image/png", "buffer": b""}
        await dialog.get_by_test_id("phone-file").set_input_files(empty)
        await expect(shop.page.get_by_test_id("toast")).to_contain_text("not empty")
        await expect(shop.page.locator("#toasts:popover-open")).to_have_count(1)


async def test_trouble_for_a_number_without_a_phone_is_refused_where_it_was_typed() -> None:
    async with phones_open() as shop:
        await shop.send("k1", ADA, "one")
        await shop.page.get_by_test_id("trouble").click()
        refusal = shop.page.get_by_test_id("refusal")
        for typed, why in (("Ada", "is no number"), (BRUNO, "No simulated phone with the number")):
            await shop.page.get_by_test_id("fault-number").fill(typed)
            await shop.page.get_by_test_id("fault-add").click()
            await expect(refusal).to_contain_text(why)
        await shop.page.get_by_test_id("fault-number").fill(f"{ADA[:3]} {ADA[3:]}")
        await shop.page.get_by_test_id("fault-add").click()
        await expect(shop.page.get_by_test_id("trouble-dialog")).not_to_be_visible()
        await shop.send("k2", BRUNO, "two")
        await shop.send("k3", ADA, "three")
        assert [one.key for one in shop.world.received] == ["k1", "k2"]


async def test_the_phones_fit_a_small_screen() -> None:
    async with phones_open(before=3, width=390) as shop:
        await expect(shop.page.get_by_test_id("phone")).to_have_count(3)
        assert await shop.page.evaluate("document.documentElement.scrollWidth") <= 390


@asynccontextmanager
async def official_phones_open() -> AsyncIterator[tuple[Page, Stage, Sink, SimulatedWorld]]:
    """The page with the official channel's people beside the simulated ones, and what our side is told."""
    world = SimulatedWorld(folder=None, seed=7, clock=SystemClock(), behaviour=Behaviour.instant())
    with closing(world):
        async with stage_with_sink(clock=WorldClock()) as (there, hook), chromium_page(1280) as page:
            routes = [
                Mount("/official-phones", app=official_phones(there.standin.world)),
                Mount("/phones", app=phones_app(world, others=["/official-phones/api"])),
            ]
            async with running_sandbox(routes=routes) as sandbox:
                await page.goto(f"{sandbox.url}/static/phones.html")
                yield page, there, hook, world
                # Nobody asks any more, and whoever waits is let go.
                await page.goto("about:blank")
                world.close()
                assert there.standin.world.talks is not None
                there.standin.world.talks.forget()


async def test_a_person_of_the_official_channel_answers_with_words_a_button_a_picture_and_stop(
    tmp_path: Path,
) -> None:
    picture = tmp_path / "bread.png"
    picture.write_bytes(PIXEL)
    async with official_phones_open() as (page, there, hook, _):
        await there.send(ADA, type="template", template=SPRING_MESSAGE)
        phone = page.locator(f"[data-testid=phone][data-number='{ADA}']")
        await expect(phone.get_by_test_id("phone-channel")).to_have_text("Official")
        await expect(phone.get_by_test_id("phone-message")).to_contain_text("everything is 20% off")
        await phone.get_by_test_id("phone-reply").fill("Is it open?")
        await phone.get_by_test_id("phone-reply").press("Enter")
        await expect(phone.get_by_test_id("phone-answer")).to_contain_text("Is it open?")
        await expect(phone.get_by_test_id("phone-message")).to_have_attribute("data-state", "read")
        await phone.get_by_test_id("phone-button").click()
        await expect(phone.get_by_test_id("phone-answer").last).to_contain_text("Stop")
        await phone.get_by_test_id("phone-reply").fill("Our bread")
        await phone.get_by_test_id("phone-file").set_input_files(picture)
        await expect(phone.get_by_test_id("phone-answer").last.locator("img")).to_be_visible()
        await phone.get_by_test_id("phone-stop").click()
        await expect(phone.get_by_test_id("phone-answer").last).to_contain_text("STOP")
        await phone.get_by_test_id("phone-marketing").check()
        await phone.get_by_test_id("phone-block").check()
        await expect(phone.get_by_test_id("phone-state")).to_contain_text("blocked")
        await there.told()
        said = [(one["type"], one[one["type"]]) for one in hook.values("messages")]
        assert [kind for kind, _ in said] == ["text", "button", "image", "text"]
        assert (said[0][1]["body"], said[1][1]["text"]) == ("Is it open?", "Stop")
        assert (said[2][1]["caption"], said[3][1]["body"]) == ("Our bread", "STOP")
        assert [one["value"] for one in hook.values("user_preferences")] == ["stop"]
        assert "read" in [one["status"] for one in hook.values("statuses")]
        assert hook.signed()


async def test_a_switch_stays_as_it_was_put_while_that_is_on_its_way() -> None:
    goes_on = asyncio.Event()

    async def late(route: Route) -> None:
        await goes_on.wait()
        await route.continue_()

    async with official_phones_open() as (page, there, _, _):
        await there.send(ADA, type="template", template=SPRING_MESSAGE)
        phone = page.locator(f"[data-testid=phone][data-number='{ADA}']")
        block = phone.get_by_test_id("phone-block")
        await page.route("**/switch", late)
        await block.check()
        # Drawn anew, from before it was put.
        await there.send(ADA, type="template", template=SPRING_MESSAGE)
        await expect(phone.get_by_test_id("phone-message")).to_have_count(2)
        await expect(block).to_be_checked()
        goes_on.set()
        await expect(phone.get_by_test_id("phone-state")).to_contain_text("blocked")
        await expect(block).to_be_checked()
        await page.unroute("**/switch")
        await page.route("**/switch", lambda route: route.abort())
        await block.click()
        await expect(page.get_by_test_id("toast")).to_be_visible()
        await expect(block).to_be_checked()


async def test_people_stand_together_by_our_number_with_the_names_they_were_greeted_by() -> None:
    async with official_phones_open() as (page, there, _, world):
        await there.send(ADA, type="template", template=SPRING_MESSAGE)
        await there.send(BRUNO, type="text", text={"body": "It is ready"})
        await expect(page.get_by_test_id("lines")).not_to_be_visible()
        first, second = (await world.link()), (await world.link())
        await world.send(first.id, Parcel(key="k1", to=ADA, text="Hi Ada"))
        await world.send(second.id, Parcel(key="k2", to=BRUNO, text="Hi Bruno"))
        groups = page.get_by_test_id("group")
        await expect(groups).to_have_count(3)
        # Who is busy last is on top, and the official number's people are not below all others.
        lines = [await one.get_attribute("data-line") for one in await groups.all()]
        assert lines[:2] == [second.number, first.number]
        official = groups.filter(has_text="Official")
        await expect(official.get_by_test_id("group-count")).to_have_text("2 phones")
        # By the greeting in a template, and as another number of ours greeted them.
        for number, name in ((ADA, "Ada"), (BRUNO, "Bruno")):
            phone = official.locator(f"[data-testid=phone][data-number='{number}']")
            await expect(phone.get_by_test_id("open-phone")).to_contain_text(name)
        await page.get_by_test_id("line").filter(has_text=second.number).click()
        await expect(page.locator("[data-testid=phone]:visible")).to_have_count(1)
        await page.get_by_test_id("line").filter(has_text="All our numbers").click()
        await expect(page.locator("[data-testid=phone]:visible")).to_have_count(4)
        # Whoever hears from another number of ours stands with that one from then on.
        await world.send(second.id, Parcel(key="k3", to=ADA, text="Hi Ada"))
        await expect(page.locator("[data-testid=group]:visible")).to_have_count(2)


async def test_a_simulated_person_answers_with_a_picture(tmp_path: Path) -> None:
    picture = tmp_path / "bread.png"
    picture.write_bytes(PIXEL)
    async with phones_open() as shop:
        await shop.send("k1", ADA, "Hi Ada")
        await expect(shop.page.get_by_test_id("phone-channel")).to_have_text("Simulated")
        await shop.page.get_by_test_id("phone-file").set_input_files(picture)
        await expect(shop.page.get_by_test_id("phone-answer").locator("img")).to_be_visible()
        (account,) = shop.world.book.accounts
        (reply,) = [one.news for one in await shop.world.news(account, 0) if isinstance(one.news, ReplyNews)]
        assert reply.media == "image" and reply.attachment is not None
        assert await shop.world.shelf.get(reply.attachment.ref) == PIXEL
