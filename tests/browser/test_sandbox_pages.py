"""The chat page in real Chromium, against the real sandbox. The bot is played by hand."""

import asyncio
import os

import pytest
from playwright.async_api import expect

from tests.browser.desk import ADA, AYSE, DENIZ, desk_open, png

pytestmark = pytest.mark.browser


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


async def test_the_end_stays_in_sight_when_the_log_shrinks_and_at_once_grows_again() -> None:
    async with desk_open() as desk:
        await desk.started()
        for n in range(30):
            await desk.bot.say(f"line {n}")
        last = desk.page.get_by_text("line 29")
        await expect(last).to_be_in_viewport()
        # As when a message is taken out and, before the page tells of its scroll, a picture has loaded.
        await desk.page.evaluate(
            """async () => {
              const frame = () => new Promise(requestAnimationFrame);
              const newest = document.getElementById("log").lastElementChild;
              const tall = (px) => { newest.style.paddingBottom = `${px}px`; return newest.offsetTop; };
              tall(800); await frame(); await frame();
              await new Promise((resume) => setTimeout(resume));  // out of the frame: told in the next
              tall(1); tall(1200); await frame(); await frame();
            }"""
        )
        await expect(desk.page.get_by_label("To the newest message")).to_be_hidden()
        below = "scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight"
        assert await desk.page.locator("#scroll").evaluate(f"scroll => {below}") < 2
        await desk.page.locator("#scroll").hover()
        await desk.page.mouse.wheel(0, -600)
        await expect(desk.page.get_by_label("To the newest message")).to_be_visible()


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


async def test_a_group_shows_its_topics_and_what_is_written_goes_into_the_chosen_one() -> None:
    async with desk_open() as desk:
        await desk.started()
        await desk.page.get_by_test_id("add-group").click()
        await desk.page.get_by_test_id("group-name").fill("Shop")
        await desk.page.get_by_test_id("group-add").click()
        await expect(desk.page.get_by_test_id("bot-name")).to_have_text("Shop")
        (group,) = [chat for chat in desk.sandbox.sandbox.chats if chat < 0]
        topic = await desk.bot.call("createForumTopic", chat_id=group, name="Ada")
        thread = topic["message_thread_id"]
        assert (await desk.bot.update())["message"]["message_thread_id"] == thread
        await desk.bot.say("For everybody", chat=group)
        await desk.bot.say("Ada wrote", chat=group, message_thread_id=thread)
        await expect(desk.page.get_by_test_id("message-text").last).to_have_text("For everybody")
        await desk.page.get_by_test_id("topic").get_by_text("Ada").click()
        await expect(desk.page.get_by_test_id("message-text").last).to_have_text("Ada wrote")
        await expect(desk.page.get_by_text("For everybody")).to_have_count(0)
        await desk.type("an answer")
        message = (await desk.bot.update())["message"]
        assert (message["text"], message["message_thread_id"]) == ("an answer", thread)
        await expect(desk.page.get_by_test_id("message-text").last).to_have_text("an answer")


async def test_an_invoice_is_forwarded_to_somebody_else_whom_it_leads_to_the_bot() -> None:
    async with desk_open() as desk:
        await desk.started()
        await desk.bot.call(
            "sendInvoice", chat_id=AYSE, title="1,000 points", description="Enough for a while.",
            payload="pack-1", provider_token="", currency="XTR", start_parameter="pack",
            prices=[{"label": "Points", "amount": 50}],
        )  # fmt: skip
        await expect(desk.page.get_by_test_id("invoice")).to_be_visible()
        await desk.page.get_by_test_id("message").last.hover()
        await desk.page.get_by_test_id("forward").last.click()
        await desk.page.get_by_test_id(f"forward-{DENIZ}").click()
        await expect(desk.page.get_by_test_id("toast")).to_contain_text("Forwarded to")
        await desk.page.get_by_test_id(f"user-{DENIZ}").click()
        await expect(desk.page.get_by_test_id("forwarded")).to_contain_text("Forwarded from")
        await desk.page.get_by_test_id("inline-button").click()
        assert (await desk.bot.update())["message"]["text"] == "/start pack"


async def test_an_empty_file_is_refused_before_it_is_asked_about() -> None:
    async with desk_open() as desk:
        await desk.started()
        empty = {"name": "people.csv", "mimeType": "text/csv", "buffer": b""}
        await desk.page.get_by_test_id("upload-input").set_input_files(empty)  # type: ignore[arg-type]
        await expect(desk.page.get_by_test_id("toast")).to_contain_text("people.csv is empty")
        await expect(desk.page.get_by_test_id("upload-dialog")).not_to_be_visible()


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


async def test_on_a_small_phone_the_arrows_of_a_message_are_there_without_a_hover() -> None:
    async with desk_open(390, 780) as desk:
        await desk.started()
        first = await desk.bot.say("Short")
        await desk.bot.say("Many words " * 30, [{"text": "One", "callback_data": "1"}])
        for name in ("reply", "forward"):
            for arrow in await desk.page.get_by_test_id(name).all():
                await expect(arrow).not_to_have_css("opacity", "0")
                box = await arrow.bounding_box()
                assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert await desk.page.evaluate("document.getElementById('scroll').scrollWidth") <= 390
        row = desk.page.locator(f"[data-message-id='{first}']")
        await row.get_by_test_id("reply").click()
        await desk.type("an answer")
        assert (await desk.bot.update())["message"]["reply_to_message"]["message_id"] == first
        await row.get_by_test_id("forward").click()
        await expect(desk.page.get_by_test_id(f"forward-{DENIZ}")).to_be_visible()


async def test_a_refusal_of_the_sandbox_is_shown_and_the_words_are_kept() -> None:
    async with desk_open() as desk:
        await desk.started()
        desk.sandbox.sandbox.chats[AYSE].blocked = True
        await desk.type("are you there?")
        await expect(desk.page.get_by_test_id("toast")).to_contain_text("blocked")
        await expect(desk.page.get_by_test_id("composer")).to_have_value("are you there?")


async def test_no_page_asks_anything_of_the_outside_world() -> None:
    async with desk_open() as desk:
        asked: list[str] = []
        desk.page.on("request", lambda request: asked.append(request.url))
        for path in ("/", "/chat", "/static/phones.html"):
            await desk.page.goto(f"{desk.sandbox.url}{path}")
            await asyncio.sleep(0)
        assert len(asked) > 10
        assert [url for url in asked if not url.startswith((desk.sandbox.url, "data:", "blob:"))] == []
