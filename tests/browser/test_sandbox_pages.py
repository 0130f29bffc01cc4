"""The chat page and the phones page in real Chromium, against the real sandbox. The bot is played by hand."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.async_api import Page, async_playwright, expect
from starlette.routing import Mount

from bot.clock import SystemClock
from tests.fakes.sandbox import RunningSandbox, running_sandbox
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.http import phones_app
from whatsapp.simulated.world import Parcel, SimulatedWorld

pytestmark = pytest.mark.browser

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


async def test_a_tap_keeps_its_button_busy_until_the_bot_answers_it() -> None:
    async with desk_open() as desk:
        await desk.started()
        await desk.bot.say("Ready?", [{"text": "Yes", "callback_data": "yes"}])
        button = desk.page.get_by_test_id("inline-button")
        await button.click()
        tap = (await desk.bot.update())["callback_query"]
        assert tap["data"] == "yes"
        await expect(button).to_have_attribute("aria-busy", "true")
        await desk.bot.call("answerCallbackQuery", callback_query_id=tap["id"], text="Saved")
        await expect(desk.page.get_by_test_id("toast")).to_have_text("Saved")
        await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_an_alert_waits_until_it_is_read() -> None:
    async with desk_open() as desk:
        await desk.started()
        await desk.bot.say("Sure?", [{"text": "Cancel it", "callback_data": "c", "style": "danger"}])
        await desk.page.get_by_test_id("inline-button").click()
        tap = (await desk.bot.update())["callback_query"]
        await desk.bot.call(
            "answerCallbackQuery", callback_query_id=tap["id"], text="412 people", show_alert=True
        )
        alert = desk.page.get_by_test_id("alert")
        await expect(alert).to_contain_text("412 people")
        await desk.page.get_by_test_id("alert-ok").click()
        await expect(alert).not_to_be_visible()


async def test_an_edit_changes_the_message_in_place_and_the_pin_follows() -> None:
    async with desk_open() as desk:
        await desk.started()
        key = [{"text": "Pause", "callback_data": "p"}]
        message = await desk.bot.say("<b>Sent</b> 1", key)
        await desk.bot.call("pinChatMessage", chat_id=AYSE, message_id=message)
        bubble = desk.page.locator(f"[data-message-id='{message}']")
        await expect(bubble).to_contain_text("Sent 1")
        await expect(desk.page.get_by_test_id("pinned")).to_contain_text("Sent 1")
        before = await bubble.element_handle()
        await desk.bot.call(
            "editMessageText",
            chat_id=AYSE,
            message_id=message,
            text="Sent 2",
            reply_markup={"inline_keyboard": [key]},
        )
        await expect(bubble.get_by_test_id("message-text")).to_have_text("Sent 2")
        await expect(desk.page.get_by_test_id("pinned")).to_contain_text("Sent 2")
        assert before is not None
        assert await before.evaluate("element => element.isConnected")  # the same element: no flicker
        await desk.bot.call("deleteMessage", chat_id=AYSE, message_id=message)
        await expect(bubble).to_have_count(0)


async def test_an_edit_above_does_not_move_what_is_being_read() -> None:
    async with desk_open() as desk:
        await desk.started()
        first = await desk.bot.say("the first")
        for n in range(30):
            await desk.bot.say(f"line {n}")
        await expect(desk.page.get_by_text("line 29")).to_be_in_viewport()
        await desk.page.get_by_text("line 12", exact=True).scroll_into_view_if_needed()
        await expect(desk.page.get_by_label("To the newest message")).to_be_visible()
        before = await desk.page.get_by_text("line 12", exact=True).bounding_box()
        await desk.bot.call(
            "editMessageText", chat_id=AYSE, message_id=first, text="the first\n" + "longer\n" * 8 + "now"
        )
        await desk.bot.say("the newest")
        await expect(desk.page.locator("#unseen")).to_have_text("1")
        after = await desk.page.get_by_text("line 12", exact=True).bounding_box()
        assert before is not None
        assert after is not None
        assert abs(before["y"] - after["y"]) < 2
        await desk.page.get_by_label("To the newest message").click()
        await expect(desk.page.get_by_text("the newest")).to_be_in_viewport()


async def test_a_file_goes_up_by_button_and_another_comes_down() -> None:
    async with desk_open() as desk:
        await desk.started()
        content = os.urandom(50_000)
        await desk.page.get_by_test_id("upload-input").set_input_files(
            {"name": "misafir listesi.xlsx", "mimeType": "application/octet-stream", "buffer": content}
        )
        await desk.page.get_by_test_id("upload-caption").fill("Guests")
        await desk.page.get_by_test_id("upload-send").click()
        message = (await desk.bot.update())["message"]
        assert (message["document"]["file_name"], message["caption"]) == ("misafir listesi.xlsx", "Guests")
        assert message["document"]["file_size"] == len(content)
        await expect(desk.page.get_by_test_id("upload-dialog")).not_to_be_visible()

        await desk.bot.call("sendDocument", files={"document": ("report.csv", content)}, chat_id=AYSE)
        async with desk.page.expect_download() as waiting:
            await desk.page.get_by_test_id("document").filter(has_text="report.csv").click()
        download = await waiting.value
        assert download.suggested_filename == "report.csv"
        assert (await download.path()).read_bytes() == content


@pytest.mark.parametrize(("zone", "kind"), [("drop-photo", "photo"), ("drop-document", "document")])
async def test_a_picture_dropped_on_the_page_is_sent_as_the_zone_says(zone: str, kind: str) -> None:
    async with desk_open() as desk:
        await desk.started()
        transfer = await desk.page.evaluate_handle(
            """async (bytes) => {
                const transfer = new DataTransfer();
                transfer.items.add(new File([new Uint8Array(bytes)], "sale.png", {type: "image/png"}));
                return transfer;
            }""",
            list(png()),
        )
        await desk.page.dispatch_event("#room", "dragenter", {"dataTransfer": transfer})
        await desk.page.get_by_test_id(zone).dispatch_event("drop", {"dataTransfer": transfer})
        await desk.page.get_by_test_id("upload-send").click()
        assert kind in (await desk.bot.update())["message"]


async def test_several_pictures_go_as_an_album() -> None:
    async with desk_open() as desk:
        await desk.started()
        pictures = [
            {"name": f"{n}.png", "mimeType": "image/png", "buffer": png(colour=n * 60)} for n in range(3)
        ]
        await desk.page.get_by_test_id("upload-photo-input").set_input_files(pictures)  # type: ignore[arg-type]
        await desk.page.get_by_test_id("upload-send").click()
        groups = {(await desk.bot.update())["message"]["media_group_id"] for _ in range(3)}
        assert len(groups) == 1
        await expect(desk.page.locator(".album [data-testid=photo]")).to_have_count(3)


async def test_a_picture_is_shown_replaced_in_place_and_enlarged() -> None:
    async with desk_open() as desk:
        await desk.started()
        sent = await desk.bot.call(
            "sendPhoto", files={"photo": ("a.png", png())}, chat_id=AYSE, caption="One"
        )
        photo = desk.page.get_by_test_id("photo")
        first = await photo.get_attribute("src")
        await desk.bot.call(
            "editMessageMedia",
            files={"next": ("b.png", png(colour=200))},
            chat_id=AYSE,
            message_id=sent["message_id"],
            media='{"type": "photo", "media": "attach://next", "caption": "Two"}',
        )
        await expect(desk.page.get_by_test_id("message-text").last).to_have_text("Two")
        await expect(photo).not_to_have_attribute("src", first or "")
        await desk.page.get_by_label("Enlarge the picture").click()
        await expect(desk.page.get_by_test_id("lightbox")).to_be_visible()
        await desk.page.keyboard.press("Escape")
        await expect(desk.page.get_by_test_id("lightbox")).not_to_be_visible()


async def test_commands_replies_contacts_and_typing_work_from_the_page() -> None:
    async with desk_open() as desk:
        await desk.bot.call("setMyCommands", commands=[{"command": "help", "description": "What it does"}])
        await desk.started()
        question = await desk.bot.say("What is your name?")
        await desk.bot.call("sendChatAction", chat_id=AYSE, action="typing")
        await expect(desk.page.get_by_test_id("typing")).to_be_visible()
        await desk.page.get_by_test_id("commands").click()
        await desk.page.get_by_test_id("command").click()
        assert (await desk.bot.update())["message"]["text"] == "/help"
        row = desk.page.locator(f"[data-message-id='{question}']")
        await row.get_by_test_id("reply").focus()
        await desk.page.keyboard.press("Enter")
        await desk.type("Ayşe\nYılmaz <b>")
        answer = (await desk.bot.update())["message"]
        assert answer["text"] == "Ayşe\nYılmaz <b>"
        assert answer["reply_to_message"]["message_id"] == question
        await desk.page.get_by_test_id("attach").click()
        await desk.page.get_by_test_id("attach-contact").click()
        await desk.page.get_by_test_id("contact-phone").fill(ADA)
        await desk.page.get_by_test_id("contact-send").click()
        assert (await desk.bot.update())["message"]["contact"]["phone_number"] == ADA


async def test_each_person_has_their_own_chat_and_new_ones_can_come() -> None:
    async with desk_open() as desk:
        await desk.started()
        await desk.page.get_by_test_id(f"user-{DENIZ}").click()
        await expect(desk.page.get_by_test_id("empty")).to_be_visible()
        await desk.type("hello from Deniz")
        assert (await desk.bot.update())["message"]["from"]["id"] == DENIZ
        await desk.page.get_by_test_id("add-user").click()
        await desk.page.get_by_test_id("person-name").fill("Bruno")
        await desk.page.get_by_test_id("person-add").click()
        await expect(desk.page.get_by_test_id("empty")).to_be_visible()
        await desk.type("hello from Bruno")
        assert (await desk.bot.update())["message"]["from"]["first_name"] == "Bruno"


async def test_stars_are_paid_from_the_invoice() -> None:
    async with desk_open() as desk:
        await desk.started()
        await desk.bot.call(
            "sendInvoice",
            chat_id=AYSE,
            title="1,000 points",
            description="Enough for a while.",
            payload="pack-1",
            provider_token="",
            currency="XTR",
            start_parameter="pack",
            prices=[{"label": "Points", "amount": 50}],
        )
        await expect(desk.page.get_by_test_id("invoice")).to_contain_text("⭐ 50")
        await desk.page.get_by_test_id("inline-button").click()
        await desk.page.get_by_test_id("confirm-yes").click()
        asked = (await desk.bot.update())["pre_checkout_query"]
        await desk.bot.call("answerPreCheckoutQuery", pre_checkout_query_id=asked["id"], ok=True)
        assert (await desk.bot.update())["message"]["successful_payment"]["total_amount"] == 50
        await expect(desk.page.get_by_test_id("service").last).to_contain_text("You paid")


async def test_on_a_small_phone_nothing_sticks_out_and_the_people_are_one_tap_away() -> None:
    async with desk_open(390, 780) as desk:
        await desk.started()
        await desk.bot.say("A long word: " + "x" * 300, [{"text": "One", "callback_data": "1"}])
        await expect(desk.page.get_by_test_id("inline-button")).to_be_in_viewport()
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert await desk.page.evaluate("document.getElementById('scroll').scrollWidth") <= 390
        await desk.page.get_by_label("People and pages").click()
        await desk.page.get_by_test_id(f"user-{DENIZ}").click()
        await expect(desk.page.get_by_test_id("empty")).to_be_visible()


async def test_a_refusal_of_the_sandbox_is_shown_and_the_words_are_kept() -> None:
    async with desk_open() as desk:
        await desk.started()
        desk.sandbox.sandbox.chats[AYSE].blocked = True
        await desk.type("are you there?")
        await expect(desk.page.get_by_test_id("toast")).to_contain_text("blocked")
        await expect(desk.page.get_by_test_id("composer")).to_have_value("are you there?")


# --- the phones page -------------------------------------------------------------------------------------


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


def png(*, colour: int = 90) -> bytes:
    """A small real picture."""
    stream = io.BytesIO()
    Image.new("RGB", (320, 200), (colour, 80, 120)).save(stream, "PNG")
    return stream.getvalue()


async def test_no_page_asks_anything_of_the_outside_world() -> None:
    async with desk_open() as desk:
        asked: list[str] = []
        desk.page.on("request", lambda request: asked.append(request.url))
        for path in ("/", "/chat", "/static/phones.html"):
            await desk.page.goto(f"{desk.sandbox.url}{path}")
            await asyncio.sleep(0)
        assert len(asked) > 10
        assert [url for url in asked if not url.startswith((desk.sandbox.url, "data:", "blob:"))] == []
