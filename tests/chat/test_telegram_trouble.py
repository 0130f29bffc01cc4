"""Telegram floods, fails, falls silent, goes away: nothing is lost, nothing is told twice for it."""

from pathlib import Path
from typing import Any

from bot.app import App
from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.campaigns.model import CampaignState
from tests.chat.shop import HALTING, enter, entered, open_campaign, open_shop
from tests.chat.stage import AYSE, DENIZ, Stage, eventually, stage


def panels(chat: SandboxChat) -> list[ShownMessage]:
    return [m for m in chat.newest_first() if m.from_bot and m.buttons]


async def calls_after(on: Stage, seq: int) -> list[str]:
    """What the bot put into chats since then, in order."""
    calls: list[dict[str, Any]] = await on.client.journal(after=seq)
    return [c["method"] for c in calls if c["method"].startswith(("send", "edit"))]


async def last_call(on: Stage) -> int:
    return int((await on.client.journal())[-1]["seq"])


async def test_a_flood_is_waited_out_and_never_answered_by_a_new_message(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        mark = await last_call(on)
        await on.client.fault("flood", "editMessageText", retry_after=1, times=1)
        await chat.tap("Help")
        await chat.wait_for("How it works", timeout=10)
        assert await calls_after(on, mark) == ["editMessageText", "editMessageText"]
        assert len(panels(chat)) == 1


async def test_a_flood_on_the_live_message_keeps_it_one_message(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        live = await chat.wait_for(lambda m: m.message_id in chat.pinned, fresh=False)
        mark = await last_call(on)
        await on.client.fault("flood", "editMessageText", retry_after=1, times=1)
        await chat.tap("Pause", message=live)
        await shop.until(id, CampaignState.PAUSED)
        shown = await chat.wait_for("paused (by an operator)", timeout=15)
        assert shown.message_id == live.message_id
        assert set(await calls_after(on, mark)) == {"editMessageText"}


async def test_a_panel_that_telegram_failed_to_take_is_shown_soon(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await on.client.fault("error", "sendMessage", status=502, times=1)
        await chat.say("/help")
        await chat.wait_for("How it works", timeout=10)


async def until_tried(on: Stage, method: str, times: int) -> None:
    async def tried() -> bool:
        calls = await on.client.journal(method)
        return len([c for c in calls if c["ok"] is not None or c["fault"]]) >= times

    await eventually(tried, f"{times} calls of {method}")


async def test_a_report_that_telegram_failed_to_take_comes_once_it_does(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await on.client.fault("error", "sendPhoto", status=500, times=1)
        await shop.start()
        await until_tried(on, "sendPhoto", 1)
        on.clock.advance(seconds=6)
        await chat.wait_for(lambda m: m.photo is not None and m.from_bot, fresh=False)


async def test_a_panel_whose_sending_was_cut_off_after_it_arrived_loses_nothing(tmp_path: Path) -> None:
    """It may stand there twice then; either works."""
    async with stage(tmp_path) as on, on.running() as app:
        shop, chat = await open_shop(on), on.ayse
        draft = await shop.draft()
        await enter(chat)
        await on.client.fault("drop_after", "sendMessage", times=1)
        await chat.say("/campaigns")
        first = await chat.wait_for("Campaigns")
        await app.chat.panels.show_left_over()
        await chat.tap("Spring", message=first)
        await chat.wait_for("Hello {name}")
        assert (await shop.campaign(draft.id)).state is CampaignState.DRAFT


async def test_one_chats_silence_holds_up_nobody_else(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on, members=(AYSE, DENIZ))
        ayse, deniz = on.client.chat(AYSE), on.client.chat(DENIZ)
        await enter(ayse)
        await enter(deniz)
        await on.client.fault("silence", "editMessageText", chat_id=AYSE, times=1)
        await ayse.tap("Help")
        await until_silent(on)
        await deniz.tap("Help")
        await deniz.wait_for("How it works", timeout=5)
        await ayse.wait_for("How it works", timeout=5)
        for hang_up in list(on.sandbox.sandbox.silenced):
            hang_up()


async def until_silent(on: Stage) -> None:
    async def silent() -> bool:
        return bool(on.sandbox.sandbox.silenced)

    await eventually(silent, "a call is held without an answer")


async def test_a_cut_poll_is_taken_up_again(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await on.client.fault("drop_before", "getUpdates", times=1)
        await chat.say("/help")
        await chat.wait_for("How it works")
        await chat.say("/contacts")
        await chat.wait_for("Contacts")


async def test_while_telegram_is_away_campaigns_go_on_and_afterwards_all_is_answered(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await on.client.fault("error", "*", status=502, times=None)
        await chat.say("/contacts")
        await chat.say("/help")
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        assert len(shop.got()) == 3
        await on.client.clear_faults()
        await chat.wait_for("How it works")
        await shows_again(on, app)
        await chat.wait_for(lambda m: "finished" in m.words and m.photo is None, fresh=False)
        await chat.wait_for(lambda m: m.photo is not None and m.from_bot, fresh=False)


async def shows_again(on: Stage, app: App) -> None:
    """The waits for Telegram are over."""
    on.clock.advance(minutes=10)
    app.notices.poke()
    async with on.store.read() as unit:
        for message in await unit.chat.progress_messages():
            app.progress.changed(message.campaign_id, at_once=True)


async def test_somebody_who_blocked_the_bot_holds_up_nobody_and_may_come_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on, members=(AYSE, DENIZ))
        ayse, deniz = on.client.chat(AYSE), on.client.chat(DENIZ)
        await enter(ayse)
        await enter(deniz)
        await ayse.block()
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        await deniz.wait_for(lambda m: m.photo is not None and m.from_bot, fresh=False)
        await ayse.say("/start")
        await ayse.wait_for("can be messaged")
        assert "finished" in (await open_campaign(ayse)).words


async def test_a_panel_that_its_reader_deleted_comes_anew(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on, members=(AYSE, DENIZ))
        ayse, deniz = on.client.chat(AYSE), on.client.chat(DENIZ)
        await enter(ayse)
        await enter(deniz)
        id = await shop.start(pacing=HALTING)
        await ayse.wait_for(lambda m: m.message_id in ayse.pinned, fresh=False)
        await open_campaign(ayse)
        panel = await open_campaign(deniz)
        sandbox = on.sandbox.sandbox
        for message in list(sandbox.chats[AYSE].messages.values()):
            sandbox.delete(sandbox.chats[AYSE], message)
        await deniz.tap("Pause", message=panel)
        await shop.until(id, CampaignState.PAUSED)
        fresh = await ayse.wait_for(
            lambda m: "paused (by an operator)" in m.words and "⬅ Back" in m.button_texts, fresh=False
        )
        live = await ayse.wait_for(
            lambda m: "▶️ Resume" in m.button_texts and "⬅ Back" not in m.button_texts, fresh=False
        )
        await ayse.tap("Resume", message=fresh)
        await shop.until(id, CampaignState.RUNNING)
        await ayse.wait_for(lambda m: m.message_id == live.message_id and "running" in m.words, fresh=False)


async def test_an_update_that_makes_no_sense_is_set_aside_and_the_others_go_on(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        push = on.sandbox.sandbox.updates.push
        push("message", {"message_id": "seven", "date": "yesterday", "chat": {"id": AYSE, "type": 5}})
        push("message", {"text": "nobody wrote this nowhere"})
        push("callback_query", {"id": 5})
        await chat.say("/help")
        await chat.wait_for("How it works")

        async def nothing_waits() -> bool:
            async with on.store.read() as unit:
                return not await unit.chat.waiting_updates(on.sandbox.sandbox.bot.id)

        await eventually(nothing_waits, "every update is done with")
        told = await chat.wait_for("Something went wrong on my side; nothing was lost", fresh=False)
        assert "Reference" in told.words
        await chat.say("/contacts")
        await chat.wait_for("Contacts")
