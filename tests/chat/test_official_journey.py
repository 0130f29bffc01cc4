"""The whole way over the official channel, in the chat: from the Phone number ID to receipts and a STOP."""

import time
from pathlib import Path

from domain.campaigns.model import CampaignState
from tests.chat.shop import enter, number_of, open_shop
from tests.chat.stage import eventually, stage
from tests.contract.cloud_standin.stage import WELCOME
from tests.contract.cloud_standin.stage import stage as whatsapp
from whatsapp.client import build_cloud_client
from whatsapp.cloud.standin.world import WorldClock

APP_SECRET = "0123456789abcdef" * 2


async def test_a_number_is_added_a_template_sent_to_everybody_and_what_comes_back_is_shown(
    tmp_path: Path,
) -> None:
    async with (
        whatsapp(clock=WorldClock(time.time)) as there,
        build_cloud_client() as client,
        stage(tmp_path, official=(f"{there.standin.url}/v23.0", client)) as on,
        on.running() as app,
    ):
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        made = await there.control("POST", "accounts", {"app_secret": APP_SECRET, "verified_name": "Bakery"})
        template = {"name": "hello", "components": WELCOME, "parameter_format": "NAMED"}
        await there.control("POST", "templates", {**template, "waba_id": made["waba_id"]})

        await chat.say("/link")
        await chat.tap("Add a Cloud API number")
        await chat.wait_for("1 of 2")
        await chat.say(made["phone_number_id"])
        await chat.wait_for("2 of 2")
        await chat.say(made["token"])
        await chat.wait_for("✅ Bakery is connected")
        await chat.tap("Webhook")
        await chat.wait_for("the app secret is missing")
        await chat.tap("Give the app secret")
        await chat.wait_for("App settings")
        await chat.say(APP_SECRET)
        await chat.wait_for("The app secret is kept")
        await app.official.server.listening.wait()
        callback = {
            "app_id": made["app_id"], "verify_token": app.official.numbers.webhook.verify_token,
            "url": f"http://127.0.0.1:{app.official.server.port}/webhooks/whatsapp",
        }  # fmt: skip
        await there.control("POST", "webhooks", callback)
        await chat.say("/link")
        await chat.tap(f"Use {made['display_phone_number']} by default")
        await chat.wait_for(f"⭐ {made['display_phone_number']}")

        await chat.say("/new")
        await chat.wait_for("1 of 7")
        await chat.tap("everybody")
        await chat.wait_for("Send from which number?")
        await chat.tap(f"✓ {made['display_phone_number']}")
        await chat.wait_for("2 of 7")
        await chat.tap("hello")
        await chat.wait_for("What goes into the blanks")
        await chat.tap("{{code}}")
        await chat.wait_for("Tap a column, or type a text")
        await chat.say("BREAD10")
        await chat.wait_for("“BREAD10” for everybody")
        await chat.tap("Continue")
        preview = await chat.wait_for("4 of 7")
        assert "Welcome Person 0, your code is BREAD10." in preview.words
        await chat.tap("Continue")
        await chat.wait_for("20 messages a second")
        await chat.tap("Continue")
        await chat.wait_for("6 of 7")
        await chat.tap("Continue")
        await chat.wait_for("check it once more")
        await chat.tap("✅ Start")
        async with on.store.read() as unit:
            [campaign], _ = await unit.campaigns.of_workspace(shop.space)
        await shop.until(campaign.id, CampaignState.COMPLETED)
        assert (await there.received())["accepted"] == 3

        async def delivered() -> bool:
            tally = await shop.tally(campaign.id)
            return tally.delivered == 3

        await eventually(delivered, "all three are told to be delivered")
        wish = {"text": "STOP", "phone_number_id": made["phone_number_id"]}
        await there.control("POST", f"people/{number_of(1)}/reply", wish)
        await chat.wait_for("said stop and will not be messaged again", fresh=False)
        await chat.say("/link")
        await chat.tap(f"🩺 {made['display_phone_number']}")
        health = await chat.wait_for("set up, last heard at")
        assert "3 in the last 24 hours" in health.words
